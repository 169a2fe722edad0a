"""The training stage: trains a model on the rows of a format by a method; runs can be resumed bit for bit."""
