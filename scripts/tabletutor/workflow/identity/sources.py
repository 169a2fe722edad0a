"""Find the package's source files: modules by name, and data files beside them."""

import os
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from tabletutor.workflow.identity.module import Imported, Module, read_module

_NEVER_DATA = (".pyc", "~")
_NO_DATA = (".py", ".pyi", *_NEVER_DATA)


class Sources:
    """The files of the package `package` in `folder`. Modules in `excluded` are never read.

    `read` collects the files of all modules returned so far.
    """

    def __init__(self, folder: Path, package: str, excluded: frozenset[str]) -> None:
        self.folder = folder
        self.package = package
        self.excluded = excluded
        self.read: set[Path] = set()
        # Scripts may import each other by their plain names.
        self._scripts = {path.stem: path for path in folder.glob("*.py")}
        self._modules: dict[str, Path] = {}
        self._data: dict[str, list[Path]] = {}  # by folder, relative to `folder`
        for place, folders, files in os.walk(folder / package):
            folders[:] = sorted(name for name in folders if not name.startswith((".", "__pycache__")))
            path = Path(place)
            within = path.relative_to(folder).as_posix()
            # Outside a package, Python files may be data.
            not_data = _NO_DATA if "__init__.py" in files else _NEVER_DATA
            self._data[within] = sorted(path / name for name in files if not name.endswith(not_data) and name[0] != ".")
            for name in files:
                if name.endswith(".py"):
                    parts = [*within.split("/"), *([] if name == "__init__.py" else [name[:-3]])]
                    self._modules[".".join(parts)] = path / name

    def owns(self, imported: Imported) -> bool:
        """Return whether an import refers to the package or a script."""
        return imported.module.split(".")[0] == self.package or imported.module in self._scripts

    def includes(self, imported: Imported) -> bool:
        """Return whether an import refers to a module that is not excluded."""
        return not {imported.module, f"{imported.module}.{imported.attribute}"} & self.excluded

    def module(self, name: str) -> Module | None:
        """Return the module with that name; None if it is not in the package, does not exist or is excluded."""
        path = None if name in self.excluded else self._modules.get(name, self._scripts.get(name))
        if path is None:
            return None
        self.read.add(path)
        return read_module(path, name)

    def submodule(self, imported: Imported) -> str | None:
        """Return the name of the module that `from a import b` binds; None if `b` is defined in `a`."""
        name = f"{imported.module}.{imported.attribute}"
        if name not in self._modules:
            return None
        package = self.module(imported.module)
        return None if package is not None and imported.attribute in package.units else name

    def contains(self, name: str) -> bool:
        """Return whether there is a module of that name, or a package without `__init__.py`."""
        return name in self._modules or name.replace(".", "/") in self._data

    def named_in(self, text: str) -> Iterator[Module]:
        """Yield the modules that a string mentions, as in `python -m a.b`, `a.b.Class` or `from a import b`."""
        for name in re.findall(rf"\b{re.escape(self.package)}\.[\w.]+", re.sub(r"\s+import\s+", ".", text)):
            parts = name.split(".")
            names = (".".join(parts[:end]) for end in range(len(parts), 1, -1))
            if module := next(filter(None, map(self.module, names)), None):
                yield module

    def modules_below(self, package: str) -> Iterator[Module]:
        """Yield all modules of a package and its subpackages."""
        for name in sorted(self._modules):
            if (module := self.module(name)) and package and f"{name}.".startswith(f"{package}."):
                yield module

    def data(self, module: Module, text: str) -> list[Path]:
        """Return the data files that a string in a module names: a file or folder relative to the module."""
        place = module.package.replace(".", "/")
        named = posixpath.normpath(f"{place}/{text}")
        if not text or named == place or place not in self._data:
            return []
        if named in self._data:
            return [] if self._is_package(named) else self._below(named)
        folder, _, name = named.rpartition("/")
        return [path for path in self._data.get(folder, []) if path.name == name]

    def data_by_suffix(self, text: str) -> list[Path]:
        """Return the package's data files whose path ends with `text`."""
        return [path for paths in self._data.values() for path in paths if text and f"/{path}".endswith(f"/{text}")]

    def all_data(self, module: Module) -> list[Path]:
        """Return all data files in a module's folder, and in folders below it that are not packages."""
        place = module.package.replace(".", "/")
        return self._below(place) if place in self._data else []

    def _below(self, place: str) -> list[Path]:
        inner = [name for name in sorted(self._data) if name.rpartition("/")[0] == place and not self._is_package(name)]
        below = [path for name in inner for path in self._below(name)]
        return [*self._data[place], *below]

    def _is_package(self, place: str) -> bool:
        return place.replace("/", ".") in self._modules
