"""Infer what each column is to an analyst (its role), and which rows are totals over others."""
