"""Find columns whose cells hold several values, and what separates them."""

from collections.abc import Sequence

SEPARATORS = (";", "|", ",", " / ")
LONGEST_PART = 40
MOST_WORDS = 4
MIN_SHARE = 0.2
FOUND_ALONE = 0.8
SHARED_PARTS = 0.5
RECURRING = 0.5


def list_separator(values: Sequence[str]) -> str | None:
    """Return the separator of a column of lists, with a space if one always follows, or None.

    `values` are distinct. Cells are lists if enough hold the separator, their parts are short, and the parts recur: a
    later part of one cell is the first part of another ("Action;Comedy", "Comedy"). "Paris, France" is no list, since
    towns and countries do not change places.
    """
    for separator in SEPARATORS:
        if _is_list(values, separator):
            spaced = all(f"{separator} " in value for value in values if separator in value)
            return f"{separator} " if spaced and not separator.endswith(" ") else separator
    return None


def _is_list(values: Sequence[str], separator: str) -> bool:
    cells = [[part.strip() for part in value.split(separator)] for value in values]
    several = [cell for cell in cells if len(cell) > 1]
    if len(several) < 3 or len(several) < MIN_SHARE * len(cells):
        return False
    parts = [part for cell in several for part in cell if part]
    if not parts or any(len(part) > LONGEST_PART or len(part.split()) > MOST_WORDS for part in parts):
        return False
    first = {cell[0] for cell in cells}
    later = {part for cell in several for part in cell[1:] if part}
    distinct, alone = set(parts), {cell[0] for cell in cells if len(cell) == 1}
    if all(part.replace(".", "").isdigit() for part in parts):
        codes = len(distinct & alone) >= SHARED_PARTS * len(distinct)  # "6", beside "6,17,23"
        return separator != "," or codes or all(", " in value for value in values if "," in value)
    if len(distinct & alone) >= FOUND_ALONE * len(distinct):
        return True
    if separator in (",", " / "):
        return len(later & first) >= SHARED_PARTS * len(later) and len(distinct) <= RECURRING * len(parts)
    return len(distinct) <= 0.8 * len(parts) or len(later & first) >= SHARED_PARTS * len(later)
