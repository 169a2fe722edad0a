"""Find rows among the data that repeat the header in part: "Island,,Facility,Parking Lot,,Fee"."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import eq

from tabletutor.tables.shapes import is_absent

MIN_EQUAL = 3
RARE = 4


@dataclass(frozen=True)
class RepeatedHeader:
    """Finds rows that repeat the header.

    `names`: the headings of the columns in which a cell that equals the heading is rare, by column index; None for the
    other columns.
    """

    names: tuple[str | None, ...]

    def counts(self, cells: Sequence[str]) -> tuple[int, int] | None:
        """Return how many cells equal the heading of their column and how many are filled, or None for a row of data.

        A row repeats the header if at least half of its filled cells equal their heading, and at least three.
        """
        equal = sum(map(eq, cells, self.names))
        if equal < MIN_EQUAL:
            return None
        filled = sum(1 for cell in cells if cell.strip())
        return (equal, filled) if 2 * equal >= filled else None


def find_repeatable(headings: Sequence[str], sample: Sequence[Sequence[str]]) -> RepeatedHeader:
    """Return what finds the rows that repeat the header, from a sample of all rows.

    A column counts only if at most a quarter of its values equal its heading. In the answers to a question with several
    choices, each column has the name of a choice as its heading and as its only value: such rows are data.
    """
    names: list[str | None] = []
    for index, heading in enumerate(headings):
        cells = [row[index] for row in sample if not is_absent(row[index])] if heading.strip() else []
        names.append(heading if cells and RARE * cells.count(heading) <= len(cells) else None)
    return RepeatedHeader(tuple(names))
