"""The families of questions, one module a category; `catalogue.py` lists them all."""
