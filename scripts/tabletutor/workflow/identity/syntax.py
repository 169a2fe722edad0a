"""Compute the canonical text of Python syntax, and the outside names that it needs.

The text is independent of comments and formatting. It is built from node types and non-empty fields, because `ast.dump`
and `ast.unparse` differ between versions of Python.
"""

import ast
import contextlib
import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Chain = tuple[str, ...]  # `a.b.c` as ("a", "b", "c")
Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_DOCUMENTED = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_WITHOUT_CONTENT = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop)
_BINDING = frozenset(
    {
        *(ast.Name, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom),
        *(ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping),
    }
)
_IGNORED_FIELDS = frozenset({"ctx", "kind", "type_comment", "type_ignores"})


def canonical(nodes: Iterable[ast.AST], docstrings: bool) -> str:
    """Return the text of some statements; statements that differ only in formatting have the same text.

    Docstrings, and `description` of `Field(…)`, are included only if `docstrings` is true.
    """
    text: list[str] = []
    for node in nodes:
        _write(node, docstrings, text)
    return "\n".join(text)


def _write(node: ast.AST, docstrings: bool, text: list[str]) -> None:
    text.append(type(node).__name__)
    if isinstance(node, ast.Constant):
        text.append(f"{type(node.value).__name__} {node.value!r}")
        return
    for name in node._fields:
        value = getattr(node, name, None)
        if value is None or value == [] or name in _IGNORED_FIELDS:
            continue
        text.append(f".{name}")
        if not isinstance(value, list):
            _write_item(value, docstrings, text)
            continue
        if name == "body" and not docstrings and isinstance(node, _DOCUMENTED) and is_text(value[0]):
            value = value[1:]
        elif name == "keywords" and not docstrings and isinstance(node, ast.Call) and _is_field(node):
            value = [keyword for keyword in value if keyword.arg != "description"]
        for item in value:
            _write_item(item, docstrings, text)
        text.append("]")


def _write_item(value: object, docstrings: bool, text: list[str]) -> None:
    if isinstance(value, ast.AST):
        _write(value, docstrings, text)
    else:
        text.append(repr(value))


def _is_field(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "Field"


def is_text(statement: ast.stmt) -> bool:
    """Return whether a statement is only a string, as a docstring is."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


@dataclass
class Facts:
    """The names and files that some statements read and mention.

    Attributes:
        names: Names read from the module's scope, with the attributes accessed on them. Names that a function, lambda
        or
            comprehension binds itself are left out; those that a class body binds are not, as its methods do not see
            them.
        calls: The callees of all calls and decorators outside function bodies. For `f(x)[0].g()` it is `f`; None stands
            for a callee that does not begin with a name. Methods of literals are left out.
        attributes: All attributes accessed.
        strings: All string constants except docstrings.
        imports: All import statements.
    """

    names: set[Chain] = field(default_factory=set[Chain])
    calls: set[Chain | None] = field(default_factory=set["Chain | None"])
    attributes: set[str] = field(default_factory=set[str])
    strings: set[str] = field(default_factory=set[str])
    imports: list[ast.Import | ast.ImportFrom] = field(default_factory=list["ast.Import | ast.ImportFrom"])


def facts(nodes: Iterable[ast.AST]) -> Facts:
    """Return the facts of some top-level statements of a module."""
    found = Facts()
    for node in nodes:
        _read(node, frozenset(), True, found)
    return found


def _read(node: ast.AST, bound: frozenset[str], at_import: bool, found: Facts) -> None:
    if isinstance(node, ast.Name | ast.Attribute):
        chain = chain_of(node)
        if chain is not None:
            found.attributes.update(chain[1:])
            if chain[0] not in bound:
                found.names.add(chain)
            return
        found.attributes.add(node.attr)  # pyright: ignore[reportAttributeAccessIssue] - names always have a chain
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            found.strings.add(node.value)
        return
    elif isinstance(node, ast.Import | ast.ImportFrom):
        found.imports.append(node)
        return
    elif isinstance(node, ast.Call):
        if at_import:
            found.calls.update(_callee(node.func))
    elif isinstance(node, _DOCUMENTED) and at_import:
        for decorator in node.decorator_list:
            found.calls.update(_callee(decorator))
    if isinstance(node, _DOCUMENTED) and is_text(node.body[0]):  # docstrings are ignored
        node = copy.copy(node)
        node.body = node.body[1:]
    for part in _quoted_types(node, at_import):
        _read(part, bound, False, found)
    if isinstance(node, Scope):
        for part in _outer_parts(node):
            _read(part, bound, at_import, found)
        body = node.body if isinstance(node.body, list) else [node.body]
        inner = _inner_names(bound, node, body)
        for part in body:
            _read(part, inner, False, found)
        return
    if isinstance(node, _COMPREHENSIONS):
        _read(node.generators[0].iter, bound, at_import, found)  # evaluated in the outer scope
        targets = [generator.target for generator in node.generators]
        bound = bound | set(stored_names(targets))
    for child in _children(node):
        _read(child, bound, at_import, found)


def _quoted_types(node: ast.AST, at_import: bool) -> list[ast.AST]:
    """Return types written as strings in annotations and in brackets (`list["Row"]`), which libraries evaluate."""
    match node:
        case ast.AnnAssign() if at_import:
            places = [node.annotation]
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            places = [*(argument.annotation for argument in _arguments(node.args)), node.returns]
        case ast.Subscript() if at_import and (chain_of(node.value) or ("",))[-1] != "Literal":
            places = [node.slice]
        case _:
            return []
    found: list[ast.AST] = []
    waiting: list[ast.AST] = [place for place in places if place]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            with contextlib.suppress(SyntaxError, ValueError):
                found.append(ast.parse(part.value.strip(), mode="eval").body)
        elif not isinstance(part, ast.Subscript):
            waiting += _children(part)
        elif (chain_of(part.value) or ("",))[-1] != "Literal":
            waiting.append(part.slice)
    return found


def _children(node: ast.AST) -> list[ast.AST]:
    children: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            children += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST) and not isinstance(value, _WITHOUT_CONTENT):
            children.append(value)
    return children


def chain_of(node: ast.AST) -> Chain | None:
    """Return `a.b.c` as a chain; None if a node is not a name with attributes."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    return (node.id, *reversed(attributes)) if isinstance(node, ast.Name) else None


def _callee(node: ast.expr) -> list[Chain | None]:
    while isinstance(node, ast.Subscript | ast.Call) or (isinstance(node, ast.Attribute) and chain_of(node) is None):
        node = node.func if isinstance(node, ast.Call) else node.value
    literal = isinstance(node, ast.Constant | ast.JoinedStr | ast.Dict | ast.List | ast.Set | ast.Tuple)
    return [] if literal else [chain_of(node)]


def _outer_parts(scope: Scope) -> list[ast.AST]:
    """Return the parts of a function that are evaluated at its definition: decorators, defaults, annotations."""
    arguments = scope.args
    parts: list[ast.AST | None] = [*arguments.defaults, *arguments.kw_defaults]
    parts += [argument.annotation for argument in _arguments(arguments)]
    if not isinstance(scope, ast.Lambda):
        parts += [*scope.decorator_list, scope.returns]
    return [part for part in parts if part is not None]


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    rest = [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *rest]


def _inner_names(bound: frozenset[str], scope: Scope, body: list[Any]) -> frozenset[str]:
    """Return the names bound inside a function, including `bound`, those bound around it."""
    names = {argument.arg for argument in _arguments(scope.args)}
    shared: set[str] = set()
    for node in _nodes_in_scope(body):
        if isinstance(node, ast.Global):
            shared.update(node.names)
        elif isinstance(node, ast.Import | ast.ImportFrom):  # an import inside a function still refers to outside code
            shared.update(imported_as(alias) for alias in node.names)
        else:
            names.update(_bound_by(node))
    return (bound | names) - shared


def imported_as(alias: ast.alias) -> str:
    """Return the name that one part of an import statement binds."""
    return alias.asname or alias.name.split(".")[0]


def stored_names(nodes: list[Any]) -> list[str]:
    """Return the names that these nodes bind in their own scope, including inside compound statements."""
    return [name for node in _nodes_in_scope(nodes) for name in _bound_by(node)]


def _bound_by(node: ast.AST) -> list[str]:
    if type(node) not in _BINDING:  # faster than matching, as most nodes bind nothing
        return []
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return [name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return [name]
        case ast.MatchMapping(rest=str(name)):
            return [name]
        case ast.Import() | ast.ImportFrom():
            return [imported_as(alias) for alias in node.names]
        case _:
            return []


def _nodes_in_scope(nodes: list[Any]) -> list[ast.AST]:
    """Return the nodes and their descendants in the same scope; of a comprehension, only what `:=` binds."""
    found: list[ast.AST] = []
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        if isinstance(node, _COMPREHENSIONS):
            found += [part.target for part in ast.walk(node) if isinstance(part, ast.NamedExpr)]
            continue
        found.append(node)
        if not isinstance(node, (*_DOCUMENTED, ast.Lambda, ast.Name, ast.Constant)):
            waiting += reversed(_children(node))
    return found
