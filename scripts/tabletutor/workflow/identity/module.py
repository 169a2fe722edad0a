"""One source file as the units its code is reached by: what binds each name, and what happens when it is imported."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from tabletutor.workflow.identity.syntax import Facts, canonical, facts, imported_as, is_text, stored_names

AT_IMPORT = "(at import)"
_Import = ast.Import | ast.ImportFrom
# Statements with statements in them that run at once; a handler and a case are parts of one.
_COMPOUND = (ast.If, ast.Try, ast.TryStar, ast.With, ast.For, ast.While, ast.Match, ast.ExceptHandler, ast.match_case)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Imported:
    """What an import statement binds to a name: a module, or with `attribute` something (or a submodule) in it."""

    module: str
    attribute: str | None = None

    def __str__(self) -> str:
        return self.module if self.attribute is None else f"{self.module}:{self.attribute}"


@dataclass(frozen=True, eq=False)
class Unit:
    """Statements that are reached as one, all that bind a name or all that act at import."""

    module: str
    name: str
    nodes: Sequence[ast.stmt]
    package: str

    @property
    def key(self) -> str:
        """Its name within all code: `package.module.name`."""
        return f"{self.module}.{self.name}"

    @cached_property
    def facts(self) -> Facts:
        """What it needs and says."""
        return facts(self.nodes)

    @cached_property
    def local_imports(self) -> dict[str, list[Imported]]:
        """What import statements within it bind, by name."""
        return imported_names(self.facts.imports, self.package)

    @property
    def classes(self) -> list[ast.ClassDef]:
        """The classes it defines."""
        return [node for node in self.nodes if isinstance(node, ast.ClassDef)]

    @property
    def members(self) -> frozenset[str]:
        """Names of the methods of its classes, and of their keywords as in `metaclass=`."""
        methods = (part.name for node in self.classes for part in node.body if isinstance(part, _DEFINITIONS))
        keywords = (keyword.arg or "" for node in self.classes for keyword in node.keywords)
        return frozenset([*methods, *keywords])

    @property
    def is_late(self) -> bool:
        """Whether it is a function that evaluates nothing where it stands."""
        node = self.nodes[0] if self.nodes else None
        return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not (
            node.decorator_list or node.args.defaults or any(node.args.kw_defaults)
        )

    def text(self, docstrings: bool) -> str:
        """Its canonical text."""
        return canonical(self.nodes, docstrings)


@dataclass(frozen=True, eq=False)
class Module:
    """A module: `units` by the names they bind (imports are units of their own), `at_import` what acts by itself.

    `order` has its statements as they stand: a unit, or the text of an import, or None for what acts.
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
    def named(self) -> frozenset[str]:
        """Every plain name that occurs anywhere in it."""
        return frozenset(node.id for top in self.nodes for node in ast.walk(top) if isinstance(node, ast.Name))


@cache
def read_module(path: Path, name: str) -> Module:
    """Parse the module called `name` at `path`. Raises SyntaxError, naming the file, where it is not Python."""
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
        # Of what is bound twice the order counts, as it does for what acts.
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
    """What import statements bind, by name; `*` holds the modules of which all is imported."""
    found: dict[str, list[Imported]] = {}
    for node in statements:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = imported_as(alias)
                found.setdefault(bound, []).append(Imported(alias.name if alias.asname else bound))
                if not alias.asname and "." in alias.name:  # binds the first part, and loads them all
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
    """Whether a statement at the top of a module does nothing but bind plain names (its calls apart)."""
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
    """`if TYPE_CHECKING:`, which never runs."""
    return (
        isinstance(statement, ast.If)
        and isinstance(statement.test, ast.Name)
        and statement.test.id == "TYPE_CHECKING"
        and not statement.orelse
    )


def _top_level(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All statements that run when the module is imported, those in `try`, `if` and `with` included."""
    for node in body:
        yield node
        if isinstance(node, _COMPOUND):
            yield from _top_level(ast.iter_child_nodes(node))
