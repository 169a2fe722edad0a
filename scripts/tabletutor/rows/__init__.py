"""Training rows: written by formats, read by training and evaluation."""
