"""When two answers are the same. Ground: questions, verdicts and evaluation all grade with it."""
