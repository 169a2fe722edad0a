"""Training rows as formats write them and as training and evaluation read them."""
