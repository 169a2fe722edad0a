"""Cells read statement by statement: what each sets and what it reads, and what an answer depends on.

A name stands for a variable, `df['x']` for one column that is set by itself.
"""

import ast
from collections.abc import Iterable
from typing import NamedTuple


class Statement(NamedTuple):
    """One statement at the top of a cell: its source, the names it sets and those it reads."""

    source: str
    sets: tuple[str, ...]
    reads: frozenset[str]
    submits: bool


def statements(code: str) -> list[Statement]:
    """The statements of a cell. A cell that is no Python is one statement that sets nothing."""
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return [Statement(code, (), frozenset(), False)]
    return [_statement(node) for node in body]


def base(name: str) -> str:
    """The variable that a name is of: `df` of `df['x']`."""
    return name.partition("[")[0]


def needed(cells: Iterable[str]) -> frozenset[str]:
    """The names that the submitted answer depends on, through all that set them: the dependency graph from its end.

    Whoever reads a variable reads all columns of it, so a name that is needed may stand for more than is set.
    """
    wanted: set[str] = set()
    for statement in reversed([statement for code in cells for statement in statements(code)]):
        if statement.submits or any(_concerns(name, wanted) for name in statement.sets):
            wanted |= statement.reads | set(statement.sets)
    return frozenset(wanted)


def _concerns(name: str, wanted: set[str]) -> bool:
    return name in wanted or base(name) in wanted or (base(name) == name and any(base(each) == name for each in wanted))


def _statement(node: ast.stmt) -> Statement:
    sets: list[str] = []
    reads: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Subscript) and isinstance(part.ctx, ast.Store) and isinstance(part.value, ast.Name):
            sets.append(_column(part) or part.value.id)
        elif isinstance(part, ast.Name):
            (sets.append if isinstance(part.ctx, ast.Store) else reads.add)(part.id)
    return Statement(ast.unparse(node), tuple(dict.fromkeys(sets)), frozenset(reads), _submits(node))


def _column(node: ast.Subscript) -> str | None:
    if isinstance(node.value, ast.Name) and isinstance(node.slice, ast.Constant):
        return f"{node.value.id}[{node.slice.value!r}]"
    return None


def _submits(node: ast.stmt) -> bool:
    return any(
        isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "submit"
        for part in ast.walk(node)
    )
