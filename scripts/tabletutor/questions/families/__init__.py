"""The families of questions: each file lists its own in `FAMILIES`, and `questions/registry.py` finds the files."""
