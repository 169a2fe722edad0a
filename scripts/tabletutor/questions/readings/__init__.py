"""Other readings of a question: other meanings of its words, their programs, and the clauses that rule them out.

`registry.other_readings` lists the readings of a program, `settle.settle` runs them. One module per topic has the rules
that make readings. A rule never reads a value of the table: an engine decides whether a reading gives another answer.
"""
