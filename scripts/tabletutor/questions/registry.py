"""All families of questions: every file of `questions/families/` is imported, and its `FAMILIES` are collected.

The code identity does not follow this module (`workflow/identity/code.py`): the rule `questions` has the digest of the
family files among its parameters.
"""

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, cast

from tabletutor.config.nearest import suggestion
from tabletutor.questions import families
from tabletutor.questions.family import Family

MIN_WORDINGS = 4


@cache
def all_families() -> tuple[Family, ...]:
    """Return every family, in a fixed order. Raises ValueError for a file that `collect` refuses."""
    names = [module.name for module in iter_modules(families.__path__) if not module.name.startswith("_")]
    return collect(import_module(f"{families.__name__}.{name}") for name in sorted(names))


def families_named(names: Iterable[str]) -> tuple[Family, ...]:
    """Return the families of these names. Raises ValueError for an unknown name, with the names there are."""
    by_name = {family.name: family for family in all_families()}
    names = tuple(names)
    if unknown := [name for name in names if name not in by_name]:
        raise ValueError(f"no question family {unknown[0]!r}; {suggestion(unknown[0], sorted(by_name))}")
    return tuple(by_name[name] for name in names)


def collect(modules: Iterable[Any]) -> tuple[Family, ...]:
    """Return the families of some modules, in order.

    Raises ValueError, naming the file, for a module without families, a family with too few or repeated wordings, and
    a family's name that is taken.
    """
    found: dict[str, Family] = {}
    for module in modules:
        defined = getattr(module, "FAMILIES", None)
        members: tuple[Any, ...] = defined if isinstance(defined, tuple) else ()
        if not members or not all(isinstance(member, Family) for member in members):
            raise ValueError(
                f"{module.__file__}: FAMILIES is missing or is not a tuple of Family. Add `FAMILIES = (Family(...),)`, "
                f"as docs/extending.md shows, or begin the file's name with `_` if it only holds helpers"
            )
        for family in cast("tuple[Family, ...]", members):
            if family.name in found:
                raise ValueError(f"{module.__file__}: there is a family {family.name!r} already. Choose another name")
            if isinstance(family.wordings, str):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise ValueError(
                    f"{module.__file__}: the wordings of family {family.name!r} are one text, not a tuple. Add a comma "
                    f"after it, and at least {MIN_WORDINGS - 1} more wordings"
                )
            if len(set(family.wordings)) < max(MIN_WORDINGS, len(family.wordings)):
                raise ValueError(
                    f"{module.__file__}: family {family.name!r} has {len(family.wordings)} wordings, of which "
                    f"{len(set(family.wordings))} are different. Give it at least {MIN_WORDINGS}, all different: the "
                    f"last quarter is kept out of training"
                )
            found[family.name] = family
    return tuple(found.values())
