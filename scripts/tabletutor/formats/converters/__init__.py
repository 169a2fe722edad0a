"""One file a training format: a small pure function from a case to rows, and `FORMAT`, which says what it makes."""
