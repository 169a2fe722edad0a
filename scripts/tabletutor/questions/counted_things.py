"""Tell plurals that count things ("fewer than 550 voters") from those that measure them, such as what books cost."""

from tabletutor.questions.lexicon import EVENTS, is_participle, singular_word, word_set
from tabletutor.records.table import ColumnProfile

LEAST_COUNT = 5  # counts of things begin near 0; "Books" from 96 to 2340 are what they cost
PERSONAL_ENDS = ("er", "or", "ent", "ant", "ee", "ist")
PEOPLE = word_set("man woman child person people household family vote case")
OF_MONEY = frozenset({"raised", "spent", "paid", "owed", "earned", "gross", "net", "invested", "budgeted"})


def begins_low(column: ColumnProfile) -> bool:
    """Return whether the least value of a column is about 0, as of most counts, or unknown."""
    return not isinstance(column.min, int | float) or column.min <= LEAST_COUNT


def is_surely_counted(column: ColumnProfile, said: str, head: str) -> bool:
    """Return whether a plural counts: from about 0, events, people, or what was done ("petitions received").

    `said` has the words of the header, and `head` is their noun.
    """
    one, last = singular_word(head), said.split()[-1]
    people = one in PEOPLE or (one.endswith(PERSONAL_ENDS) and not one.endswith("ment"))
    done = last != head and is_participle(last) and last not in OF_MONEY
    return begins_low(column) or one in EVENTS or people or done
