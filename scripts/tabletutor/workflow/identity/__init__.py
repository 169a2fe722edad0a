"""What identifies the code of a rule: the functions, constants, data files and locked versions that it reaches."""
