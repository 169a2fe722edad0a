"""The role of a column and the reason for it."""

from dataclasses import dataclass

from tabletutor.records.table import Role


@dataclass(frozen=True)
class Finding:
    """The role of a column and the reason.

    `levels` are ordered categories, `separator` is that of lists, and `unit` is what the header's words declare.
    `weak`: only the spread of the values speaks for the role.
    """

    role: Role
    reason: str
    levels: tuple[str, ...] = ()
    separator: str | None = None
    unit: str | None = None
    weak: bool = False
