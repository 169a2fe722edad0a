"""Lay out the pipeline diagram: boxes and arrows on a fixed grid."""

from collections.abc import Mapping
from typing import NamedTuple

BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y, MARGIN = 116, 54, 26, 46, 4


class Box(NamedTuple):
    """A kind of artefact: its label `name`, its place on the grid and in pixels, and the text `amount` below it."""

    name: str
    column: int
    row: int
    x: int
    y: int
    amount: str


class Picture(NamedTuple):
    """Boxes, the paths between them as SVG path data, and the size in pixels."""

    boxes: tuple[Box, ...]
    paths: tuple[str, ...]
    width: int
    height: int


_PLACES = {
    "tables": (0, 0),
    "questions": (1, 0),
    "episodes": (2, 0),
    "verdicts": (3, 0),
    "training rows": (4, 0),
    "checkpoints": (5, 0),
    "models": (4, 1),
    "evaluation": (5, 1),
    "report": (6, 1),
}
_ARROWS = (
    ("tables", "questions"),
    ("questions", "episodes"),
    ("episodes", "verdicts"),
    ("verdicts", "training rows"),
    ("training rows", "checkpoints"),
    ("models", "checkpoints"),
    ("models", "evaluation"),
    ("checkpoints", "evaluation"),
    ("questions", "evaluation"),
    ("evaluation", "report"),
)


def picture(counts: Mapping[str, str]) -> Picture:
    """Return the diagram. `counts`: the text below each label, by label."""
    boxes = {
        name: Box(
            name,
            column,
            row,
            MARGIN + column * (BOX_WIDTH + GAP_X),
            MARGIN + row * (BOX_HEIGHT + GAP_Y),
            counts.get(name, ""),
        )
        for name, (column, row) in _PLACES.items()
    }
    paths = tuple(_path(boxes[start], boxes[end]) for start, end in _ARROWS)
    width = 2 * MARGIN + 7 * BOX_WIDTH + 6 * GAP_X
    return Picture(tuple(boxes.values()), paths, width, 2 * MARGIN + 2 * BOX_HEIGHT + GAP_Y + 30)


def _path(start: Box, end: Box) -> str:
    """Return the SVG path between two boxes.

    Straight to the right within a row, straight down within a column, an S-curve upwards, or a lane below the boxes.
    """
    right, middle = start.x + BOX_WIDTH, start.y + BOX_HEIGHT // 2
    if start.row == end.row:
        return f"M{right} {middle}H{end.x - 2}"
    if start.column == end.column:
        return f"M{start.x + BOX_WIDTH // 2} {start.y + BOX_HEIGHT}V{end.y - 2}"
    if end.row < start.row:
        centre, target = right + GAP_X // 2, end.y + BOX_HEIGHT - 12
        return (
            f"M{right} {middle - 12}H{centre - 4}Q{centre} {middle - 12} {centre} {middle - 16}"
            f"V{target + 4}Q{centre} {target} {centre + 4} {target}H{end.x - 2}"
        )
    left, lane, under = start.x + BOX_WIDTH // 2, end.y + BOX_HEIGHT + 20, end.x + BOX_WIDTH // 2
    return (
        f"M{left} {start.y + BOX_HEIGHT}V{lane - 8}Q{left} {lane} {left + 8} {lane}"
        f"H{under - 8}Q{under} {lane} {under} {lane - 8}V{end.y + BOX_HEIGHT + 2}"
    )
