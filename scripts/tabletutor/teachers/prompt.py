"""The prompts of teachers. Rows for students are made with the student's own prompt (`models/prompt.py`), not these."""

from tabletutor.config.teachers import Prompt
from tabletutor.models.prompt import FENCE, Message, opening

ANALYST = f"""You are a careful data analyst. One table is already loaded as the pandas DataFrame `df`; `pd` and `np` \
are imported. There are no files, so never read one and never make up data.
Work in turns. In each turn, write one short thought and then exactly one {FENCE}python block. It runs in one session, \
and you are shown its output.
Look at the columns you need before you compute. Call hook(name, value) for each intermediate value that matters.
When your code has computed the answer, call submit(answer): a number, a text, True or False, a date as YYYY-MM-DD, a \
list or a dictionary, as the question asks. Do not round unless the question says so. Never submit a value that your \
code did not compute.
A last turn, about another table:
I keep the sold items and take the median of their price.
{FENCE}python
sold = df[df['status'] == 'sold']
hook('sold', len(sold))
submit(sold['price'].median())
{FENCE}"""


def teacher_opening(card: str, question: str, style: Prompt, hint: str = "") -> list[Message]:
    """Return the messages before a teacher's first turn. Only a gold trace is given the `hint`."""
    start = opening(card, question)
    if style == "teacher":
        start[0] = {"role": "system", "content": ANALYST}
    if hint:
        start[-1]["content"] += f"\n\nHint, which you must not mention: {hint}"
    return start
