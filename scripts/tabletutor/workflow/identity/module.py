"""Parse a source file into units: the statements that bind each name, and those that act when it is imported."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from tabletutor.workflow.identity.syntax import Facts, canonical, facts, imported_as, is_text, stored_names

AT_IMPORT = "(at import)"
_Import = ast.Import | ast.ImportFrom
# Statements whose inner statements run at import; handlers and cases are parts of such statements.
_COMPOUND = (ast.If, ast.Try, ast.TryStar, ast.With, ast.For, ast.While, ast.Match, ast.ExceptHandler, ast.match_case)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Imported:
    """The target that an import statement binds to a name: a module or, with `attribute`, a name or submodule in it."""

    module: str
    attribute: str | None = None

    def __str__(self) -> str:
        return self.module if self.attribute is None else f"{self.module}:{self.attribute}"


@dataclass(frozen=True, eq=False)
class Unit:
    """Statements that are reached together: those that bind a name, or all of a module that act at import."""

    module: str
    name: str
    nodes: Sequence[ast.stmt]
    package: str

    @property
    def key(self) -> str:
        """The full name: `package.module.name`."""
        return f"{self.module}.{self.name}"

    @cached_property
    def facts(self) -> Facts:
        """The names, calls, strings and imports in it."""
        return facts(self.nodes)

    @cached_property
    def local_imports(self) -> dict[str, list[Imported]]:
        """The targets that import statements inside it bind, by name."""
        return imported_names(self.facts.imports, self.package)

    @property
    def classes(self) -> list[ast.ClassDef]:
        """The classes it defines."""
        return [node for node in self.nodes if isinstance(node, ast.ClassDef)]

    @property
    def members(self) -> frozenset[str]:
        """The names of its classes' methods and class keywords, such as `metaclass`."""
        methods = (part.name for node in self.classes for part in node.body if isinstance(part, _DEFINITIONS))
        keywords = (keyword.arg or "" for node in self.classes for keyword in node.keywords)
        return frozenset([*methods, *keywords])

    @property
    def is_position_independent(self) -> bool:
        """Return whether it is a function without decorators and defaults, whose position is irrelevant."""
        node = self.nodes[0] if self.nodes else None
        return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not (
            node.decorator_list or node.args.defaults or any(node.args.kw_defaults)
        )

    def text(self, docstrings: bool) -> str:
        """Return its canonical text."""
        return canonical(self.nodes, docstrings)


@dataclass(frozen=True, eq=False)
class Module:
    """A parsed module.

    Attributes:
        units: Units by the names they bind, except imports.
        imports: What import statements bind, by name.
        at_import: The statements that act at import.
        nodes: All top-level statements.
        order: The top-level statements in order: a unit, the text of an import, or None for a statement that acts.
    """

    name: str
    path: Path
    package: str
    units: dict[str, Unit]
    imports: dict[str, list[Imported]]
    at_import: Unit
    nodes: Sequence[ast.stmt]
    order: Sequence[Unit | str | None]

    @cached_property
    def plain_names(self) -> frozenset[str]:
        """Every plain name that occurs in the module."""
        return frozenset(node.id for top in self.nodes for node in ast.walk(top) if isinstance(node, ast.Name))


@cache
def read_module(path: Path, name: str) -> Module:
    """Parse the module `name` at `path`. Raises SyntaxError with the file's name if it is not valid Python."""
    tree = ast.parse(path.read_bytes(), filename=str(path))
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    body = [statement for statement in tree.body if not is_text(statement) and not _only_for_types(statement)]
    imports = imported_names((node for node in _top_level(body) if isinstance(node, _Import)), package)
    times = Counter(name for statement in body for name in stored_names([statement]))
    units: dict[str, Unit] = {}
    acting: list[ast.stmt] = []
    order: list[Unit | str | None] = []
    for statement in body:
        if isinstance(statement, _Import):
            order.append(canonical([statement], docstrings=False).replace("\n", " "))
            continue
        names = stored_names([statement]) if _binds_only(statement) else []
        # The order of repeated bindings matters, as it does for statements that act.
        if not names or any(times[name] > 1 for name in names):
            acting.append(statement)
            order.append(None)
        else:
            unit = Unit(name, names[0], (statement,), package)
            units.update(dict.fromkeys(names, unit))
            order.append(unit)
    at_import = Unit(name, AT_IMPORT, acting, package)
    units.update({bound: at_import for bound in stored_names(acting) if bound not in imports})
    return Module(
        name=name,
        path=path,
        package=package,
        units=units,
        imports=imports,
        at_import=at_import,
        nodes=tree.body,
        order=order,
    )


def imported_names(statements: Iterable[_Import], package: str) -> dict[str, list[Imported]]:
    """Return what import statements bind, by name; `*` has the modules that are imported with a star."""
    found: dict[str, list[Imported]] = {}
    for node in statements:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = imported_as(alias)
                found.setdefault(bound, []).append(Imported(alias.name if alias.asname else bound))
                if not alias.asname and "." in alias.name:  # binds the first part, but loads all of them
                    found.setdefault("", []).append(Imported(alias.name))
            continue
        parts = package.split(".")
        base = parts[: len(parts) - node.level + 1] if node.level else []
        module = ".".join([*base, *([node.module] if node.module else [])])
        for alias in node.names:
            whole = alias.name == "*"
            found.setdefault("*" if whole else imported_as(alias), []).append(
                Imported(module, None if whole else alias.name)
            )
    return found


def _binds_only(statement: ast.stmt) -> bool:
    """Return whether a top-level statement only binds plain names, apart from calls in its value."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return True
        case ast.Assign(targets=targets):
            return all(_is_plain(target) for target in targets)
        case ast.AnnAssign(target=target):
            return _is_plain(target)
        case _:
            return False


def _is_plain(target: ast.expr) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return all(_is_plain(part) for part in target.elts)
    return isinstance(target, ast.Name)


def _only_for_types(statement: ast.stmt) -> bool:
    """Return whether a statement is `if TYPE_CHECKING:`, which never runs."""
    return (
        isinstance(statement, ast.If)
        and isinstance(statement.test, ast.Name)
        and statement.test.id == "TYPE_CHECKING"
        and not statement.orelse
    )


def _top_level(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield all statements that run at import, including those inside `try`, `if` and `with`."""
    for node in body:
        yield node
        if isinstance(node, _COMPOUND):
            yield from _top_level(ast.iter_child_nodes(node))
