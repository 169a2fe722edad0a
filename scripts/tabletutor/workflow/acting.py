"""Which definitions do more than bind a name when their module is imported: those that run code of ours then.

A decorator or a call of a library or of Python itself makes a value and no more. A function of ours may do anything,
such as enter what it decorates in a registry. Making an instance of a class of ours does nothing if no method of ours
runs for it.
"""

import builtins

from tabletutor.workflow.module import Module, Unit
from tabletutor.workflow.sources import Sources
from tabletutor.workflow.syntax import Chain, chain_of

# Builtins through which code may reach any name of its module.
ANY_NAME = frozenset({"eval", "exec", "globals", "locals", "vars", "__import__"})
_HARMLESS = frozenset(dir(builtins)) - ANY_NAME - {"setattr", "delattr"}
_BUILDING = frozenset({"__init__", "__new__", "__post_init__", "__init_subclass__", "metaclass"})


def acts(sources: Sources, module: Module, unit: Unit) -> bool:
    """Whether a definition of `module` runs code of ours, or code that is not known, when it is made."""
    return any(not _is_harmless(sources, module, call) for call in unit.facts.calls)


def _is_harmless(sources: Sources, module: Module, call: Chain | None) -> bool:
    if call is None:
        return False
    if _is_ours(sources, module, call):
        return _is_plain_class(sources, module, call)
    return call[0] in module.imports or call[0] in _HARMLESS


def _is_ours(sources: Sources, module: Module, chain: Chain) -> bool:
    return chain[0] in module.units or any(sources.owns(item) for item in module.imports.get(chain[0], []))


def _is_plain_class(sources: Sources, module: Module, chain: Chain) -> bool:
    """Whether the name is that of a class of ours whose making runs no code of ours."""
    unit = module.units.get(chain[0])
    if unit is None:
        bound = module.imports.get(chain[0], [])
        if len(bound) != 1 or bound[0].attribute is None or sources.submodule(bound[0]):
            return False
        home = sources.module(bound[0].module)
        return home is not None and _is_plain_class(sources, home, (bound[0].attribute, *chain[1:]))
    if len(chain) > 1 or not unit.classes or not unit.members.isdisjoint(_BUILDING):
        return False
    bases = [chain_of(base) for node in unit.classes for base in node.bases]
    ours = [base for base in bases if base and _is_ours(sources, module, base)]
    return all(_is_plain_class(sources, module, base) for base in ours)
