"""The families of questions: each file lists its own in `FAMILIES`, and `questions/registry.py` finds the files."""

# `generate.candidates` shuffles the families, so their order decides which questions a table gets. These files keep
# their places; files that are not named here follow in alphabetical order.
FIRST = ("conditions", "aggregate", "group", "breakdown", "rank", "compare", "relate", "dates", "texts", "missing")
