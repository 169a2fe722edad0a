"""One module per training format: a pure function `rows` from a case to rows, and `FORMAT`, which declares it."""
