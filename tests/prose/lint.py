"""Find hard-to-read prose in documents, docstrings, comments and messages (`make quality`). Not a test:

python tests/prose/lint.py [FILE ...]

Reads the named files, or all files of the checkout that git tracks. The rules and their examples are in `rules.toml`.
Prints `file:line: rule: text → suggestion` for each finding and exits with 1 if there are any.
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

RULES = Path(__file__).with_name("rules.toml")
SUFFIXES = (".md", ".py", ".pyi", ".sh", ".smk", ".toml", ".yaml", "Makefile", "Snakefile")
COMMENT = re.compile(r"(?:^|\s)@?#+:? +(.*)$")
DIRECTIVE = re.compile(r"#\s*(fmt:|noqa|type:|pyright:|!)")
SNAKEMAKE_DOCSTRING = re.compile(r'^ *"""(.*?)"""', re.MULTILINE | re.DOTALL)
# Lines that start a paragraph: headings, list items, rows of tables, labelled lines, examples.
OPENING = re.compile(r"#+ |[-*+>] |\d+\. |\||\S+ {2,}\S|[\w`.*]+: |>>> |\$ ")
SENTENCE_END = re.compile(r"""(?<=[.!?])["')\]*]*\s+(?=["'(\[*]*[A-Z0-9`])""")
LOGGING = {"debug", "info", "success", "warning", "error", "echo"}
WORD = re.compile(r"\S*\w\S*")

Lines = Iterable[tuple[int, str]]  # with their numbers in the file


class Paragraph(NamedTuple):
    """A paragraph of prose, with inline code replaced by `x`.

    `scope` is "document", "cell" (of a table), "summary" (a docstring's first paragraph), "docstring", "comment" or
    "message".
    """

    line: int
    text: str
    scope: str


class Rule(NamedTuple):
    """A pattern that no paragraph may match, or a measure that each sentence keeps within a limit."""

    name: str
    suggestion: str
    hits: list[str]
    misses: list[str]
    pattern: str = ""
    measure: str = ""
    limit: int = 0
    scopes: Sequence[str] = ("document", "cell", "summary", "docstring", "comment", "message")

    def findings(self, paragraph: Paragraph) -> Iterator[tuple[int, str]]:
        """Yield the line and the text of each violation in a paragraph."""
        if paragraph.scope not in self.scopes:
            return
        if self.pattern:
            for match in re.finditer(self.pattern.replace(" ", r"\s+"), paragraph.text):
                yield _line(paragraph, match.start()), " ".join(match[0].split())
        elif self.measure == "ending":
            if paragraph.text[-1] not in ".:?!…":
                yield paragraph.line, " ".join(paragraph.text.split())
        else:
            start = 0
            for end in [*(match.end() for match in SENTENCE_END.finditer(paragraph.text)), len(paragraph.text)]:
                sentence = paragraph.text[start:end]
                size = sentence.count(";") if self.measure == "semicolons" else len(WORD.findall(sentence))
                if size > self.limit:
                    yield _line(paragraph, start), f"{size} {self.measure} in “{' '.join(sentence.split())[:50]} …”"
                start = end


def main(files: list[str]) -> int:
    rules = read_rules()
    count = 0
    for file in files or _tracked():
        for paragraph in sorted(read_paragraphs(Path(file))):
            for rule in rules:
                for line, text in rule.findings(paragraph):
                    print(f"{file}:{line}: {rule.name}: {text} → {rule.suggestion}")
                    count += 1
    return int(count > 0)


def read_rules() -> list[Rule]:
    """Return the rules of `rules.toml`."""
    return [Rule(name, **rule) for name, rule in tomllib.loads(RULES.read_text(encoding="utf-8")).items()]


def _tracked() -> list[str]:
    result = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True)
    return [file for file in result.stdout.splitlines() if file.endswith(SUFFIXES) and Path(file).exists()]


def read_paragraphs(path: Path) -> Iterator[Paragraph]:
    """Yield the prose of a file: all of a document, else docstrings, comments and messages."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        yield from _paragraphs("document", enumerate(source.splitlines(), 1))
    elif path.suffix in {".py", ".pyi"}:
        for node in ast.walk(ast.parse(source)):
            yield from _strings(node)
        tokens = tokenize.generate_tokens(io.StringIO(source).readline)
        comments = [token for token in tokens if token.type == tokenize.COMMENT and not DIRECTIVE.match(token.string)]
        yield from _comments((token.start[0], token.line, token.string.lstrip("#: ")) for token in comments)
    else:
        for match in SNAKEMAKE_DOCSTRING.finditer(source):
            yield from _docstring(source.count("\n", 0, match.start()) + 1, match[1])
        matches = ((number, line, COMMENT.search(line)) for number, line in enumerate(source.splitlines(), 1))
        yield from _comments((number, line, match[1]) for number, line, match in matches if match)


def _strings(node: ast.AST) -> Iterator[Paragraph]:
    """Yield the prose of a docstring, an error's message, a log line, or a help text or description."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        yield from _docstring(node.lineno, node.value.value)
    elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        for argument in node.exc.args:
            yield from _message(argument)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOGGING:
        for argument in node.args:
            yield from _message(argument)
    elif isinstance(node, ast.keyword) and node.arg in {"help", "description", "epilog"}:
        yield from _message(node.value)


def _message(node: ast.expr) -> Iterator[Paragraph]:
    pieces = node.values if isinstance(node, ast.JoinedStr) else [node]
    text = "".join(str(piece.value) if isinstance(piece, ast.Constant) else "`x`" for piece in pieces)
    yield from _paragraphs("message", [(node.lineno, text.replace("\n", " "))])


def _docstring(line: int, text: str) -> Iterator[Paragraph]:
    summary, *rest = _paragraphs("docstring", enumerate(text.splitlines(), line))
    yield summary._replace(scope="summary")
    yield from rest


def _comments(comments: Iterable[tuple[int, str, str]]) -> Iterator[Paragraph]:
    """Yield the paragraphs of comments, given as line number, line and text. One beside code stands for itself."""
    whole: list[tuple[int, str]] = []
    for number, line, text in comments:
        if line.lstrip("\t @").startswith("#"):
            whole.append((number, text))
        else:
            yield from _paragraphs("comment", [(number, text)])
    yield from _paragraphs("comment", whole)


def _paragraphs(scope: str, lines: Lines) -> Iterator[Paragraph]:
    """Yield the paragraphs of numbered lines, without fenced code. Each cell of a table is one."""
    pending: list[tuple[int, str]] = []
    fenced = False
    for number, line in [*lines, (0, "")]:
        text = line.strip()
        fence = text.startswith(("```", "~~~"))
        if pending and (not text or fence or number != pending[-1][0] + 1 or OPENING.match(text)):
            whole = re.sub(r"`[^`]+`", "`x`", "\n".join(part for _, part in pending))
            yield Paragraph(pending[0][0], re.sub(r"\]\([^)]*\)", "]", whole), scope)
            pending = []
        fenced ^= fence
        if text.startswith("|"):
            for cell in re.split(r"(?<!\\)\|", text):
                yield from _paragraphs("cell", [(number, cell)] if cell.strip(" -:") else [])
        elif text and not fence and not fenced:
            pending.append((number, text))


def _line(paragraph: Paragraph, offset: int) -> int:
    return paragraph.line + paragraph.text.count("\n", 0, offset)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
