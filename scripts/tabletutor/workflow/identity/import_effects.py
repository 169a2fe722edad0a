"""Which definitions do more than bind a name when their module is imported: those that run code of ours then.

A decorator or a call of a library or of Python itself makes a value and no more. A function of ours may do anything,
such as enter what it decorates in a registry. Making an instance of a class of ours does nothing if no method of ours
runs for it.
"""

import ast
import builtins

from tabletutor.workflow.identity.module import AT_IMPORT, Module, Unit
from tabletutor.workflow.identity.sources import Sources
from tabletutor.workflow.identity.syntax import Chain, chain_of

# Builtins through which code may reach any name of its module.
ANY_NAME = frozenset({"eval", "exec", "globals", "locals", "vars", "__import__"})
_HARMLESS = frozenset(dir(builtins)) - ANY_NAME - {"setattr", "delattr", "map", "filter"}
_BUILDING = frozenset({"__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__", "metaclass"})
_AT_SUBCLASS = frozenset({"__init_subclass__", "metaclass"})


def acts(sources: Sources, module: Module, unit: Unit) -> bool:
    """Whether a definition of `module` runs code of ours, or code that is not known, when it is made."""
    enters = any(_enters_itself(sources, module, node) for node in unit.classes)
    return enters or any(not _is_harmless(sources, module, call) for call in unit.facts.calls)


def _is_harmless(sources: Sources, module: Module, call: Chain | None) -> bool:
    if call is None:
        return False
    if _is_ours(sources, module, call):
        return _is_plain_class(sources, module, call)
    bound = module.imports.get(call[0], [])
    words = [*call, *(imported.attribute or "" for imported in bound)]
    if any(word.startswith("register") for word in words):  # another's registry, as `atexit.register`
        return False
    return bool(bound) or call[0] in _HARMLESS


def _is_ours(sources: Sources, module: Module, chain: Chain) -> bool:
    return chain[0] in module.units or any(sources.owns(item) for item in module.imports.get(chain[0], []))


def _is_plain_class(sources: Sources, module: Module, chain: Chain) -> bool:
    """Whether the name is that of a class of ours whose making runs no code of ours."""
    found = _definition(sources, module, chain)
    if found is None or not found[1].classes or not found[1].members.isdisjoint(_BUILDING):
        return False
    home, unit = found
    ours = [base for node in unit.classes for base in _bases(sources, home, node)]
    return all(_is_plain_class(sources, home, base) for base in ours)


def _enters_itself(sources: Sources, module: Module, node: ast.ClassDef) -> bool:
    """Whether making a class runs a metaclass or an `__init_subclass__` of ours, or what is not known."""
    if any(
        _is_ours(sources, module, chain_of(word.value) or ("",)) for word in node.keywords if word.arg == "metaclass"
    ):
        return True
    for base in _bases(sources, module, node):
        found = _definition(sources, module, base)
        if found is None or not found[1].members.isdisjoint(_AT_SUBCLASS):
            return True
        home, unit = found
        if any(_enters_itself(sources, home, above) for above in unit.classes):
            return True
    return False


def _bases(sources: Sources, module: Module, node: ast.ClassDef) -> list[Chain]:
    """The bases of a class that are ours, `Base[int]` as `Base`."""
    plain = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
    chains = [chain for chain in map(chain_of, plain) if chain]
    return [chain for chain in chains if _is_ours(sources, module, chain)]


def _definition(sources: Sources, module: Module, chain: Chain) -> tuple[Module, Unit] | None:
    """The one definition of ours that a name means, and where it is; None where it is not that plain."""
    if unit := module.units.get(chain[0]):
        return None if len(chain) > 1 or unit.name == AT_IMPORT else (module, unit)
    bound = module.imports.get(chain[0], [])
    if len(bound) != 1:
        return None
    home = sources.module(sources.submodule(bound[0]) or bound[0].module)
    inside = () if bound[0].attribute is None or sources.submodule(bound[0]) else (bound[0].attribute,)
    rest = (*inside, *chain[1:])
    return _definition(sources, home, rest) if home and rest else None
