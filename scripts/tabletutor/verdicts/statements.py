"""Analyse cells statement by statement: which names each sets and reads, and on which names the answer depends.

A name is a variable, such as `rows`, or one column that is assigned to, such as `df['x']`.
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
    """Return the statements of a cell. A cell that is not valid Python is one statement that sets nothing."""
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return [Statement(code, (), frozenset(), False)]
    return [_statement(node) for node in body]


def variable_of(name: str) -> str:
    """Return the variable of a name: `df` for `df['x']`."""
    return name.partition("[")[0]


def dependencies(cells: Iterable[str]) -> frozenset[str]:
    """Return the names that the submitted answer depends on, directly or through other names.

    A statement that reads a variable counts as reading all its columns.
    """
    needed: set[str] = set()
    for statement in reversed([statement for code in cells for statement in statements(code)]):
        if statement.submits or any(_is_needed(name, needed) for name in statement.sets):
            needed |= statement.reads | set(statement.sets)
    return frozenset(needed)


def _is_needed(name: str, needed: set[str]) -> bool:
    return (
        name in needed
        or variable_of(name) in needed
        or (variable_of(name) == name and name in map(variable_of, needed))
    )


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
