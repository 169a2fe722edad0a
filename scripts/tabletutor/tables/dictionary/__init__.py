"""Data dictionaries beside a CSV: Frictionless Table Schema, Data Package and CSVW metadata."""
