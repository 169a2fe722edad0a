"""Decide which definitions do more than bind a name when their module is imported, because they run code of ours.

A decorator or call of a library or of Python itself only produces a value. A function of ours may do anything, such as
add what it decorates to a registry. Creating an instance of one of our classes has no effect if it runs none of our
methods.
"""

import ast
import builtins

from tabletutor.workflow.identity.module import AT_IMPORT, Module, Unit
from tabletutor.workflow.identity.sources import Sources
from tabletutor.workflow.identity.syntax import Chain, chain_of

# Builtins that may access any name of the module.
ANY_NAME = frozenset({"eval", "exec", "globals", "locals", "vars", "__import__"})
_HARMLESS = frozenset(dir(builtins)) - ANY_NAME - {"setattr", "delattr", "map", "filter"}
_BUILDING = frozenset({"__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__", "metaclass"})
_AT_SUBCLASS = frozenset({"__init_subclass__", "metaclass"})


def has_import_effect(sources: Sources, module: Module, unit: Unit) -> bool:
    """Return whether executing a definition of `module` runs code of ours or unknown code."""
    hooked = any(_has_class_hook(sources, module, node) for node in unit.classes)
    return hooked or any(not _is_harmless(sources, module, call) for call in unit.facts.calls)


def _is_harmless(sources: Sources, module: Module, call: Chain | None) -> bool:
    if call is None:
        return False
    if _is_ours(sources, module, call):
        return _is_plain_class(sources, module, call)
    bound = module.imports.get(call[0], [])
    words = [*call, *(imported.attribute or "" for imported in bound)]
    if any(word.startswith("register") for word in words):  # a library's registry, such as `atexit.register`
        return False
    return bool(bound) or call[0] in _HARMLESS


def _is_ours(sources: Sources, module: Module, chain: Chain) -> bool:
    return chain[0] in module.units or any(sources.owns(item) for item in module.imports.get(chain[0], []))


def _is_plain_class(sources: Sources, module: Module, chain: Chain) -> bool:
    """Return whether the name is one of our classes, and creating an instance runs no code of ours."""
    found = _definition(sources, module, chain)
    if found is None or not found[1].classes or not found[1].members.isdisjoint(_BUILDING):
        return False
    home, unit = found
    ours = [base for node in unit.classes for base in _bases(sources, home, node)]
    return all(_is_plain_class(sources, home, base) for base in ours)


def _has_class_hook(sources: Sources, module: Module, node: ast.ClassDef) -> bool:
    """Return whether defining a class runs a metaclass or an `__init_subclass__` of ours, or unknown code."""
    if any(
        _is_ours(sources, module, chain_of(word.value) or ("",)) for word in node.keywords if word.arg == "metaclass"
    ):
        return True
    for base in _bases(sources, module, node):
        found = _definition(sources, module, base)
        if found is None or not found[1].members.isdisjoint(_AT_SUBCLASS):
            return True
        home, unit = found
        if any(_has_class_hook(sources, home, above) for above in unit.classes):
            return True
    return False


def _bases(sources: Sources, module: Module, node: ast.ClassDef) -> list[Chain]:
    """Return the bases of a class that are ours, with `Base[int]` as `Base`."""
    plain = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
    chains = [chain for chain in map(chain_of, plain) if chain]
    return [chain for chain in chains if _is_ours(sources, module, chain)]


def _definition(sources: Sources, module: Module, chain: Chain) -> tuple[Module, Unit] | None:
    """Return the definition of ours that a name refers to, with its module; None unless it is unambiguous."""
    if unit := module.units.get(chain[0]):
        return None if len(chain) > 1 or unit.name == AT_IMPORT else (module, unit)
    bound = module.imports.get(chain[0], [])
    if len(bound) != 1:
        return None
    home = sources.module(sources.submodule(bound[0]) or bound[0].module)
    inside = () if bound[0].attribute is None or sources.submodule(bound[0]) else (bound[0].attribute,)
    rest = (*inside, *chain[1:])
    return _definition(sources, home, rest) if home and rest else None
