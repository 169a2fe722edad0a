"""A program in words: `describe` for the plan that a teacher states, `outline` for the hint of a question.

For "count the rows with wind above 5":

    describe   Keep rows where 'wind' > 5, then count the rows.
    outline    in_this_order: do_where(column_given 'wind', comparison_given '>', value_given 5); do_count()

In a plan, columns and values are the Python literals of the code that follows, so a small model copies them character
by character and need not spell a header that it read as prose.

A hint is for teachers only. If a student's row repeats words of the hint, a teacher has recited it
(`formats/hint_leak.py`). Every word of an outline is therefore two or three words joined by `_`: a header, a plan or a
cell of code is unlikely to hold such a word beside the same header or value.
"""

from tabletutor.programs.describe.hint import outline
from tabletutor.programs.describe.plan import describe, join_words, step_words

__all__ = ["describe", "join_words", "outline", "step_words"]
