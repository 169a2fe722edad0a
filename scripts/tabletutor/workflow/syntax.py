"""The canonical digest of a Python module: what it says, whatever its comments, formatting and order of imports.

The walk is our own, over node types and non-empty fields: `ast.dump` and `ast.unparse` differ between versions of
Python. Docstrings do not count, unless the module reads them (`__doc__`, `getdoc`).
"""

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_LEFT_OUT = frozenset({"ctx", "kind", "type_comment", "type_ignores"})


@dataclass(frozen=True)
class Module:
    """One source file: the digest of its syntax tree, every module name it imports, and its dotted string constants.

    `imports` holds absolute names; for `from a import b` both `a` and `a.b`, since `b` may be a module.
    """

    digest: str
    imports: frozenset[str]
    strings: frozenset[str]


def read_module(path: Path, name: str) -> Module:
    """Parse the module called `name` at `path`. Raises SyntaxError, naming the file, where it is not Python."""
    tree = ast.parse(path.read_bytes(), filename=str(path))
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    imports: set[str] = set()
    strings: set[str] = set()
    reads_docstrings = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.update(_imported(node, package))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            strings.add(node.value)
        elif isinstance(node, ast.Attribute | ast.Name):
            reads_docstrings |= (node.attr if isinstance(node, ast.Attribute) else node.id) in {"__doc__", "getdoc"}
    digest = hashlib.sha256("\n".join(_module(tree, reads_docstrings)).encode("utf-8", "surrogatepass")).hexdigest()
    return Module(digest, frozenset(imports), frozenset(strings))


def _imported(node: ast.Import | ast.ImportFrom, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    parts = package.split(".")
    base = parts[: len(parts) - node.level + 1] if node.level else []
    module = ".".join([*base, *([node.module] if node.module else [])])
    yield module
    yield from (f"{module}.{alias.name}" for alias in node.names)


def _module(tree: ast.Module, docstrings: bool) -> Iterator[str]:
    """The module's statements in order; its top-level imports first, sorted, since their order is formatting."""
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    yield from sorted(_import_text(node, alias) for node in imports for alias in node.names)
    yield from _walk(tree, docstrings)


def _import_text(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    source = f"{'.' * node.level}{node.module or ''}" if isinstance(node, ast.ImportFrom) else ""
    return f"import {source}:{alias.name}:{alias.asname or ''}"


def _walk(node: ast.AST, docstrings: bool) -> Iterator[str]:
    yield type(node).__name__
    if isinstance(node, ast.Constant):
        yield f"{type(node.value).__name__} {node.value!r}"
        return
    for field in node._fields:
        value = getattr(node, field, None)
        if value is None or value == [] or field in _LEFT_OUT:
            continue
        yield f".{field}"
        if isinstance(value, list):
            for item in _body(node, value, docstrings) if field == "body" else value:
                yield from _item(item, docstrings)
            yield "]"
        else:
            yield from _item(value, docstrings)


def _item(value: object, docstrings: bool) -> Iterator[str]:
    if isinstance(value, ast.AST):
        yield from _walk(value, docstrings)
    else:
        yield repr(value)


def _body(node: ast.AST, body: list[ast.stmt], docstrings: bool) -> list[ast.stmt]:
    if isinstance(node, _DOCUMENTED) and not docstrings and _is_text(body[0]):
        body = body[1:]
    if isinstance(node, ast.Module):
        return [statement for statement in body if not isinstance(statement, ast.Import | ast.ImportFrom)]
    return body


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
