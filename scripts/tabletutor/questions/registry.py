"""All families of questions: every file of `questions/families/` is imported, and its `FAMILIES` are collected.

The code identity does not follow this module (`workflow/identity/code.py`): the rule `questions` has the digest of the
family files among its parameters.
"""

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, cast

from tabletutor.questions import families
from tabletutor.questions.family import Family

MIN_WORDINGS = 4


@cache
def all_families() -> tuple[Family, ...]:
    """Return every family, in a fixed order. Raises ValueError for a file that `collect` refuses."""
    names = [module.name for module in iter_modules(families.__path__) if not module.name.startswith("_")]
    first = {name: place for place, name in enumerate(families.FIRST)}
    ordered = sorted(names, key=lambda name: (first.get(name, len(first)), name))
    return collect(import_module(f"{families.__name__}.{name}") for name in ordered)


def collect(modules: Iterable[Any]) -> tuple[Family, ...]:
    """Return the families of some modules, in order.

    Raises ValueError, naming the file, for a module without families, a family with too few or repeated wordings, and
    a family's name that is taken.
    """
    found: dict[str, Family] = {}
    for module in modules:
        defined = getattr(module, "FAMILIES", None)
        if not isinstance(defined, tuple) or not defined or not all(isinstance(item, Family) for item in defined):  # pyright: ignore[reportUnknownVariableType]
            raise ValueError(
                f"{module.__file__}: FAMILIES is missing or is not a tuple of Family. Add `FAMILIES = (Family(...),)`, "
                f"as docs/extending.md shows, or begin the file's name with `_` if it only holds helpers"
            )
        for family in cast(tuple[Family, ...], defined):
            if family.name in found:
                raise ValueError(f"{module.__file__}: there is a family {family.name!r} already. Choose another name")
            if len(set(family.wordings)) < max(MIN_WORDINGS, len(family.wordings)):
                raise ValueError(
                    f"{module.__file__}: family {family.name!r} has {len(set(family.wordings))} different wordings of "
                    f"{len(family.wordings)}. Give it at least {MIN_WORDINGS}, all different: the last quarter is kept "
                    f"out of training"
                )
            found[family.name] = family
    return tuple(found.values())
