"""The tests: one folder for each package of the library, and `support` for the code that they share."""
