"""Identify the code of a rule by the functions, constants, data files and locked package versions that it reaches."""
