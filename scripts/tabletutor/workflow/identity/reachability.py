"""Find all code that a script reaches, unit by unit: functions, classes, constants, and effects of importing modules.

A unit is reached if a reached unit names it, directly or through imports. Where names cannot be followed, more is
reached: all of a module that is passed around or run by its file name, the whole package if modules are imported
by computed name, and all classes if `__subclasses__` or a metaclass may find them. Importing a module reaches every
statement in it that has an effect (`import_effects.py`). A class is reached with all its methods, because the source
does not show which of them are called.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tabletutor.workflow.identity.import_effects import ANY_NAME, has_import_effect
from tabletutor.workflow.identity.module import AT_IMPORT, Imported, Module, Unit
from tabletutor.workflow.identity.sources import Sources
from tabletutor.workflow.identity.syntax import Chain, canonical, is_text

_BY_COMPUTED_NAME = frozenset(
    {
        *(("__import__",), ("importlib",), ("importlib", "import_module"), ("importlib", "machinery")),
        *(("importlib", "util", "spec_from_file_location"), ("pkgutil", "iter_modules"), ("pkgutil", "walk_packages")),
        *(("pkgutil",), ("runpy",), ("runpy", "run_module"), ("runpy", "run_path"), ("pkgutil", "resolve_name")),
    }
)
_READS_DATA = frozenset({("importlib", "resources"), ("pkgutil", "get_data")})
_READS_DOCSTRINGS = frozenset({"__doc__", "getdoc", "description", "json_schema", "model_json_schema"})
_NAMESPACES = frozenset({"__globals__", "f_globals"})
_READS_SOURCE = frozenset({"getsource", "getsourcelines", "getsourcefile", "findsource"})
_FINDS_CLASSES = frozenset({"__subclasses__", "__init_subclass__", "metaclass"})


@dataclass
class Reachable:
    """Everything that was reached.

    Attributes:
        units: Units by key.
        imports: What imports bind, as text, by key.
        files: Data files by key.
        packages: Top-level third-party packages, with what imports them.
        reasons: For each key, what reached it first.
        docstrings: Whether any reached code reads docstrings.
    """

    units: dict[str, Unit] = field(default_factory=dict[str, Unit])
    imports: dict[str, str] = field(default_factory=dict[str, str])
    files: dict[str, Path] = field(default_factory=dict[str, Path])
    packages: dict[str, str] = field(default_factory=dict[str, str])
    reasons: dict[str, str] = field(default_factory=dict[str, str])
    docstrings: bool = False


def reach(start: Module, sources: Sources, always: Iterable[str]) -> Reachable:
    """Return everything reached by the module `start`, a rule's script, and by the modules named in `always`."""
    search = _Search(sources)
    search.reach_module(start, "the rule")
    for module in filter(None, map(sources.module, always)):
        search.reach_module(module, "every rule")
    search.run()
    return search.reached


class _Search:
    def __init__(self, sources: Sources) -> None:
        self.reached = Reachable()
        self._sources = sources
        self._waiting: deque[tuple[Module, Unit]] = deque()
        self._loaded: dict[str, Module] = {}
        self._whole_modules: set[str] = set()
        self._with_effects: set[str] = set()
        self._all_classes = False
        self._reads_source = False

    def run(self) -> None:
        """Follow all names until nothing new is reached."""
        while self._waiting:
            self._follow(*self._waiting.popleft())
        for module in self._loaded.values():
            self._reach_unused(module)
            self._reach_text(module)
            if order := self._effect_order(module):
                key = f"{module.name}.(order)"
                self.reached.imports[key] = order
                self.reached.reasons[key] = f"import of {module.name}"

    def reach_module(self, module: Module, reason: str) -> None:
        """Reach everything in a module."""
        if module.name in self._whole_modules:
            return
        self._whole_modules.add(module.name)
        self._load(module, reason)
        for unit in module.units.values():
            self._add(module, unit, reason)
        for name in module.imports:
            self._bind(module, (name,), module.imports[name], reason)

    def _load(self, module: Module, reason: str) -> None:
        """Reach what importing a module executes: its packages, its imports, and its statements with effects."""
        if module.name in self._loaded:
            return
        self._loaded[module.name] = module
        parts = module.name.split(".")
        for package in filter(None, (self._sources.module(".".join(parts[:end])) for end in range(1, len(parts)))):
            self._load(package, reason)
        for name, bound in module.imports.items():
            for imported in bound:
                self._load_imported(imported, module.name)
                if imported.module == "__future__":  # affects all code of the module
                    self._bind(module, (name,), bound, reason)
        if module.at_import.nodes:
            self._add(module, module.at_import, reason)
        for unit in module.units.values():
            if has_effect := has_import_effect(self._sources, module, unit):
                self._with_effects.add(unit.key)
            if has_effect or (self._all_classes and unit.classes):
                self._add(module, unit, f"import of {module.name}")

    def _effect_order(self, module: Module) -> str:
        """Return the order of a module's statements with effects, and of the reached values computed between them.

        Values before the first effect and position-independent functions are left out: they may be anywhere.
        """
        effects: list[str] = []
        between: set[str] = set()
        for part in module.order:
            if isinstance(part, Unit) and part.key not in self._with_effects:
                if effects and part.key in self.reached.units and not part.is_position_independent:
                    between.add(part.name)
            elif not isinstance(part, str) or effects:
                effects += sorted(between)
                effects.append(part.name if isinstance(part, Unit) else part or AT_IMPORT)
                between = set()
        return " ".join([*effects, *sorted(between)])

    def _reach_text(self, module: Module) -> None:
        """Reach a module's docstring if docstrings are read, and its whole file if source text is read."""
        if self.reached.docstrings and module.nodes and is_text(module.nodes[0]):
            key = f"{module.name}.__doc__"
            self.reached.imports[key] = canonical(module.nodes[:1], docstrings=True).replace("\n", " ")
            self.reached.reasons[key] = f"import of {module.name}"
        if self._reads_source:
            key = module.path.relative_to(self._sources.folder).as_posix()
            self.reached.files[key] = module.path
            self.reached.reasons[key] = f"import of {module.name}"

    def _reach_unused(self, module: Module) -> None:
        """Reach packages that a module imports but never names, since they are imported for their effects."""
        for name, bound in module.imports.items():
            for imported in bound:
                known = imported.module.split(".")[0] in self.reached.packages or self._sources.owns(imported)
                if not known and imported.attribute is None and name not in module.plain_names:
                    self._third_party(imported, module.name)

    def _load_imported(self, imported: Imported, reason: str) -> None:
        for name in (imported.module, f"{imported.module}.{imported.attribute}"):
            if module := self._sources.module(name):
                self._load(module, reason)

    def _add(self, module: Module, unit: Unit, reason: str) -> None:
        if unit.key not in self.reached.units:
            self.reached.units[unit.key] = unit
            self.reached.reasons[unit.key] = reason
            self._waiting.append((module, unit))
            self._load(module, reason)

    def _follow(self, module: Module, unit: Unit) -> None:
        for bound in unit.local_imports.values():
            for imported in bound:
                self._load_imported(imported, unit.key)
        for chain in sorted(unit.facts.names):
            if chain[0] in unit.local_imports:
                self._bind(module, chain, unit.local_imports[chain[0]], unit.key)
            self._resolve(module, chain, unit.key)
        full_names = set(_full_names(module, unit))
        self._follow_strings(module, unit, full_names)
        any_name = {*((name,) for name in ANY_NAME), *(("builtins", name) for name in ANY_NAME), ("sys", "modules")}
        if not (full_names.isdisjoint(any_name) and unit.facts.attributes.isdisjoint(_NAMESPACES)):
            self.reach_module(module, unit.key)
        # `importlib.metadata` imports no modules; bare `importlib` may.
        bare = {chain[0] for chain in unit.facts.names if len(chain) == 1}
        computed = {chain for chain in full_names if chain != ("importlib",) or _is_bare(module, unit, bare)}
        if not computed.isdisjoint(_BY_COMPUTED_NAME):
            for found in self._sources.modules_below(self._sources.package):
                self.reach_module(found, unit.key)
        asked = unit.facts.attributes | unit.facts.strings | {part for chain in full_names for part in chain}
        self._reads_source |= not asked.isdisjoint(_READS_SOURCE)
        self.reached.docstrings |= not asked.isdisjoint(_READS_DOCSTRINGS)
        if not self._all_classes and not (asked | unit.members).isdisjoint(_FINDS_CLASSES):
            self._all_classes = True
            for loaded in list(self._loaded.values()):
                for definition in loaded.units.values():
                    if definition.classes:
                        self._add(loaded, definition, unit.key)

    def _follow_strings(self, module: Module, unit: Unit, full_names: set[Chain]) -> None:
        """Reach modules that strings mention by full name or file name, and data files beside the module."""
        files: list[Path] = []
        places = [module]
        by_path = ("__file__",) in full_names
        reads_data = not {chain[:2] for chain in full_names}.isdisjoint(_READS_DATA)
        for text in sorted(unit.facts.strings):
            beside = f"{module.package}.{text[:-3]}".replace("/", ".") if text.endswith(".py") else text
            exact = [self._sources.module(beside)] if "." in beside or beside == self._sources.package else []
            for found in filter(None, (*exact, *self._sources.named_in(text))):
                self.reach_module(found, unit.key)
                places.append(found)
            if by_path and "parents" in unit.facts.attributes:
                files += self._sources.data_by_suffix(text)
        if reads_data:
            places += self._named_modules(module, unit)
        files += [path for place in places for text in unit.facts.strings for path in self._sources.data(place, text)]
        if not files and (reads_data or (by_path and len(places) == 1)):
            files = [path for place in places for path in self._sources.all_data(place)]
        for path in files:
            key = path.relative_to(self._sources.folder).as_posix()
            self.reached.files[key] = path
            self.reached.reasons.setdefault(key, unit.key)

    def _named_modules(self, module: Module, unit: Unit) -> list[Module]:
        """Return the package's modules that a unit names."""
        names = [chain[0] for chain in unit.facts.names]
        bound = [item for name in names for item in (*module.imports.get(name, []), *unit.local_imports.get(name, []))]
        found = [self._sources.module(self._sources.submodule(item) or item.module) for item in bound]
        return [passed for passed in found if passed]

    def _resolve(self, module: Module, chain: Chain, reason: str) -> None:
        """Reach what a name refers to in a module."""
        if unit := module.units.get(chain[0]):
            self._add(module, unit, reason)
        if chain[0] in module.imports:
            self._bind(module, chain, module.imports[chain[0]], reason)
        if "*" in module.imports:  # may override the module's own binding
            self._bind(module, ("*",), module.imports["*"], reason)

    def _bind(self, module: Module, chain: Chain, bound: list[Imported], reason: str) -> None:
        """Follow an import, and record what it binds, since the same code means something else if the name does."""
        included = [imported for imported in bound if self._sources.includes(imported)]
        if included:
            key = f"{module.name}.{chain[0]}"
            self.reached.imports[key] = " or ".join(str(imported) for imported in included)
            self.reached.reasons.setdefault(key, reason)
        for imported in included:
            if not self._sources.owns(imported):
                self._third_party(imported, reason)
            elif submodule := self._sources.submodule(imported):
                self._resolve_in(submodule, chain[1:], reason)
                package = self._sources.module(imported.module)
                if package and imported.attribute in package.imports:  # which of the two it is depends on import order
                    self._resolve(package, (imported.attribute, *chain[1:]), reason)
            else:
                inside = (imported.attribute,) if imported.attribute else ()
                self._resolve_in(imported.module, (*inside, *chain[1:]), reason)

    def _resolve_in(self, name: str, chain: Chain, reason: str) -> None:
        """Reach `chain` in the package's module `name`, or all of the module if `chain` is no unit of it."""
        module = self._sources.module(name)
        if module:
            self._load(module, reason)
        if module and chain and (chain[0] in module.units or chain[0] in module.imports):
            self._resolve(module, chain, reason)
        elif chain and self._sources.contains(f"{name}.{chain[0]}"):
            self._resolve_in(f"{name}.{chain[0]}", chain[1:], reason)
        elif module:
            self.reach_module(module, reason)

    def _third_party(self, imported: Imported, reason: str) -> None:
        if not self._sources.owns(imported):
            self.reached.packages.setdefault(imported.module.split(".")[0], reason)


def _is_bare(module: Module, unit: Unit, names: set[str]) -> bool:
    bound = [
        imported for name in names for imported in (*module.imports.get(name, []), *unit.local_imports.get(name, []))
    ]
    return Imported("importlib") in bound


def _full_names(module: Module, unit: Unit) -> Iterator[Chain]:
    """Yield the names that a unit reads, by their full names where they are defined."""
    for chain in unit.facts.names:
        bound = [*module.imports.get(chain[0], []), *unit.local_imports.get(chain[0], [])]
        for imported in bound:
            origin = (*imported.module.split("."), *([imported.attribute] if imported.attribute else []))
            for length in range(len(chain)):  # with all prefixes
                yield (*origin, *chain[1 : length + 1])
        if not bound:
            yield chain
            yield chain[:1]
