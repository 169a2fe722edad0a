"""The whole workflow on hostile tables, whose headers and cells target the code, the prompt, the report and the shell.

The tables are `tests/data/hostile/*.csv` and, if the shared folder exists, four similar ones from there. They contain
`@CANARY_DIR@`, which is replaced by a folder that nothing may touch, and code that prints PWN and ED as one word, MARK.
The tables themselves never contain MARK, so if it is found in any output, code from a table was run.
"""

import ast
import csv
import html.parser
import os
import random
import re
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tabletutor.config.tables import TablesConfig
from tabletutor.models.chat import encode, opening_ids
from tabletutor.models.load import load_tokenizer
from tabletutor.models.parse import closes_block, parse_turn
from tabletutor.models.prompt import assistant, header_label, opening, table_card
from tabletutor.records.episode import Episode, Prediction, Turn
from tabletutor.records.question import Question
from tabletutor.records.record import read_record, read_records
from tabletutor.records.table import TableProfile
from tabletutor.reporting.render import make_visible
from tabletutor.rows.row import ConversationRow
from tabletutor.tables.errors import TableError
from tabletutor.tables.ingest import ingest

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("TABLETUTOR_SHARED", ROOT.parent / "shared")) / "attacks" / "hostile_csv" / "dev"
CHECKOUT = ("config", "envs", "profiles", "rules", "scripts", "Snakefile")
OWN = {
    "code_headers": "train", "prompts": "train", "templates": "train", "markup": "validation",
    "spreadsheet_and_terminal": "test", "sql_and_shell": "test",
}  # fmt: skip
GIVEN = {
    "h01_column_is_code": "train", "h02_template_braces": "test",
    "h03_formula_cells": "validation", "h04_prompt_text": "train",
}  # fmt: skip
FILE = "x; touch table $(touch PWN''ED) `id` & '.csv"  # the name of each table's file
TITLE = "<img src=x onerror=alert(1)> {{ 'PWN' ~ 'ED' }} ${HOME} %(x)s </title>"
PLACE, MARK = "@CANARY_DIR@", "PWNED"
ROWS = 42
# The elements of an ordinary report.
TAGS = {
    "html", "head", "meta", "title", "link", "style", "body", "div", "nav", "p", "ol", "li", "a", "main", "header", "b",
    "h1", "h2", "h3", "section", "span", "small", "table", "caption", "thead", "tbody", "tr", "th", "td", "svg", "defs",
    "marker", "path", "g", "text", "rect", "line", "clippath", "details", "summary", "code", "pre", "ul", "figure",
    "figcaption", "blockquote", "dl", "dt", "dd",
}  # fmt: skip
ATTRIBUTES = {
    "aria-hidden", "aria-label", "aria-roledescription", "charset", "class", "clip-path", "content", "d", "display",
    "fill", "font-family", "font-size", "font-weight", "height", "href", "http-equiv", "id", "lang", "marker-end",
    "markerheight", "markerwidth", "name", "opacity", "orient", "pointer-events", "refx", "refy", "rel", "role",
    "rowspan", "rx", "stroke", "stroke-dasharray", "stroke-miterlimit", "stroke-width", "style", "text-anchor", "title",
    "transform", "version", "viewbox", "width", "x", "x2", "xmlns", "xmlns:xlink", "y", "y2",
}  # fmt: skip
# The names and methods in the teacher's cells (`programs/pandas_source/`).
NAMES = {
    "df", "np", "hook", "submit", "len", "round", "sorted", "bool", "answer", "rows", "groups",
    "left", "left_rows", "left_groups", "right", "right_rows", "right_groups", "part_rows", "part_groups",
    "pd", "q1", "q3", "margin", "z", "hits", "best", "table", "name", "row",
    "stats", "matrix", "pairs", "fit", "first", "second", "samples", "values", "_", "counts", "test",
    "Decimal", "ROUND_HALF_UP", "float", "str", "print",
}  # fmt: skip

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"the shared hostile tables are not here: {SHARED}")


def read(table: Path) -> list[list[str]]:
    """Return the cells of a CSV, header first."""
    with table.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def repeat_rows(source: Path) -> list[list[str]]:
    """Return the header and rows of a small CSV, with rows repeated up to ROWS with other numbers."""
    header, *rows = read(source)
    draw = random.Random(source.name)
    number = re.compile(r"\d+(\.\d+)?")
    more = [
        [f"{float(cell) + draw.uniform(0, 90):.2f}" if number.fullmatch(cell) else cell for cell in rows[n % len(rows)]]
        for n in range(ROWS)
    ]
    return [header, *more]


@dataclass(frozen=True)
class Project:
    """A built project of hostile tables: split and cells by table, Snakemake's output, the canary folder."""

    root: Path
    splits: dict[str, str]
    cells: dict[str, list[list[str]]]
    output: str
    canary: Path

    @property
    def results(self) -> Path:
        return self.root / "results-hostile"

    def profile(self, table: str) -> TableProfile:
        return read_record(self.results / "tables" / table / "profile.json", TableProfile)

    def questions(self, table: str) -> list[Question]:
        return read_records(self.results / "questions" / "program" / f"{table}.jsonl", Question)

    def turns(self, table: str) -> Iterator[Turn]:
        """Return all turns of the teacher about one table."""
        for episode in read_records(self.results / "episodes" / "program" / f"{table}.jsonl", Episode):
            for trace in episode.traces:
                yield from trace.turns


def write_project(root: Path, canary: Path) -> tuple[dict[str, str], dict[str, list[list[str]]]]:
    """Write a checkout with the hostile tables and their configuration; return splits and cells by table."""
    for name in CHECKOUT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root / name)
    (root / "local").symlink_to("profiles/local")
    splits, cells = dict(OWN), {}
    for name in OWN:
        cells[name] = read(ROOT / "tests" / "data" / "hostile" / f"{name}.csv")
    if SHARED.is_dir():
        splits |= GIVEN
        cells |= {name: repeat_rows(SHARED / f"{name}.csv") for name in GIVEN}
    listed = ["table\tpath\tsplit\tlicence\ttitle"]
    for name, rows in cells.items():
        cells[name] = [[cell.replace(PLACE, str(canary)) for cell in row] for row in rows]
        path = root / "tables" / name / FILE
        path.parent.mkdir(parents=True)
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(cells[name])
        listed.append(f"{name}\t{path.relative_to(root)}\t{splits[name]}\t{TITLE}\t{TITLE}")
    (root / "config" / "hostile.tsv").write_text("\n".join(listed) + "\n", encoding="utf-8")
    config: dict[str, Any] = yaml.safe_load((root / "config" / "smoke.yaml").read_text(encoding="utf-8"))
    config |= {"project": "hostile", "results": "results-hostile", "table_list": "config/hostile.tsv"}
    config["models"]["tiny"]["positions"], config["runs"]["tuned"]["training"]["max_length"] = 8192, 4096
    config["questions"]["program"]["per_table"] = {"train": 14, "validation": 10, "test": 12}
    config["runs"]["tuned"]["training"] |= {"max_steps": 4, "eval_steps": 4, "save_steps": 4}
    config["evaluation"] |= {"max_context": 8192, "limit_per_table": 2}
    del config["runs"]["base"]
    config["runs"]["drawn"] = {"model": "tiny", "weights_from": "tuned", "sampling": {"samples": 2}}
    config["runs"]["base_lenient"]["lenient_of"] = "drawn"
    config["runs"]["voted"] = {"model": "tiny", "best_of": {"run": "drawn"}}
    config["reporting"]["baseline"] = "tuned"  # the report compares the run with itself, which saves an evaluation
    config["reporting"].pop("arms")
    (root / "config" / "hostile.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return splits, cells


class Page(html.parser.HTMLParser):
    """A page as a browser parses it: its elements with attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.other: list[str] = []
        self._text: list[str] = []
        self.feed(text)
        self.close()

    @property
    def text(self) -> str:
        return "".join(self._text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)

    def unknown_decl(self, data: str) -> None:
        self.other.append(data)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root, canary = tmp_path_factory.mktemp("hostile"), tmp_path_factory.mktemp("canary")
    (canary / "alive").write_text("yes", encoding="utf-8")
    splits, cells = write_project(root, canary)
    command = [Path(sys.executable).with_name("snakemake"), "--profile", "local", "--configfile", "config/hostile.yaml"]
    done = subprocess.run(
        command,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "scripts")},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return Project(root, splits, cells, done.stdout, canary)


def test_nothing_of_the_tables_was_run(built: Project) -> None:
    """No folder of the run contains an unexpected file, and MARK is in no uncompressed artefact."""
    assert [path.name for path in built.canary.rglob("*")] == ["alive"]
    assert (built.canary / "alive").read_text(encoding="utf-8") == "yes"
    made = {"results-hostile", "logs", "local", "tables", ".snakemake", ".tabletutor"}
    assert {path.name for path in built.root.iterdir()} <= made | set(CHECKOUT)
    assert [path.name for path in (built.root / "tables").rglob("*.csv")] == [FILE] * len(built.splits)
    files = [path for path in built.root.rglob("*") if path.is_file()]
    assert len([path for path in files if path.is_relative_to(built.results)]) > 8 * len(built.splits)
    assert [path for path in files if MARK in path.name or MARK.encode() in path.read_bytes()] == []
    assert MARK not in built.output


def test_logs_and_artefacts_hold_no_terminal_codes(built: Project) -> None:
    texts = [path for path in built.root.rglob("*") if path.suffix in (".log", ".jsonl", ".json", ".csv", ".html")]
    given = built.root / "tables"
    assert [path for path in texts if b"\x1b" in path.read_bytes() and not path.is_relative_to(given)] == []
    assert "\x1b" not in built.output


def test_no_cell_of_the_metrics_is_a_formula(built: Project) -> None:
    cells = [cell for row in read(built.results / "metrics" / "summary.csv") for cell in row]
    assert [cell for cell in cells if re.match(r"[=@\t\r]|[-+](?!\d)", cell)] == []


def visible_names(header: list[str]) -> list[str]:
    """Return the names of a header without invisible characters (direction, zero-width and byte-order marks)."""
    return ["".join(char for char in name if unicodedata.category(char) != "Cf") for name in header]


def test_every_table_goes_all_the_way(built: Project) -> None:
    """Visible headers are preserved, most are asked about, and each split's tables are used as that split is."""
    rows = {
        row.table
        for split in ("train", "validation")
        for row in read_records(built.results / "formats" / "sft-standard" / f"{split}.jsonl", ConversationRow)
    }
    predictions = read_records(built.results / "predictions" / "tuned" / "test.jsonl", Prediction)
    assert rows == {table for table, split in built.splits.items() if split != "test"}
    assert {row.table for row in predictions} == {table for table, split in built.splits.items() if split == "test"}
    for table, (header, *_) in built.cells.items():
        profile = built.profile(table)
        assert [column.name for column in profile.columns] == visible_names(header)
        text = "\n".join(question.text for question in built.questions(table)).casefold()
        asked = [name for name in visible_names(header) if header_label(name).casefold() in text]
        assert len(asked) >= 0.6 * len(header), (table, set(visible_names(header)) - set(asked))
        assert len(table_card(profile).splitlines()) == 1 + len(header)


def test_odd_headers_and_cells_stand_quoted_in_questions(built: Project) -> None:
    for table, (header, *rows) in built.cells.items():
        odd = [name for name in header if header_label(name) != name]
        quoted = [repr(text) for text in {*odd, *(cell for row in rows for cell in row)}]
        for question in built.questions(table):
            rest = question.text
            for text in sorted(quoted, key=len, reverse=True):
                rest = rest.replace(text, "")
            assert [name for name in odd if name in rest] == [], question.text


def test_headers_and_cells_stand_in_code_as_literals_only(built: Project) -> None:
    for table, (header, *_) in built.cells.items():
        literals: set[Any] = set()
        for turn in built.turns(table):
            tree = list(ast.walk(ast.parse(turn.code)))
            assert {node.id for node in tree if isinstance(node, ast.Name)} <= NAMES, turn.code
            assert [node for node in tree if isinstance(node, ast.Attribute) and node.attr.startswith("_")] == []
            assert [node for node in tree if isinstance(node, ast.Import | ast.JoinedStr)] == []
            assert {node.module for node in tree if isinstance(node, ast.ImportFrom)} <= {"scipy", "decimal"}
            literals |= {node.value for node in tree if isinstance(node, ast.Constant)}
        assert len(literals & set(header)) >= 0.6 * len(header), (table, set(header) - literals)


def test_no_token_of_structure_comes_from_a_table(built: Project) -> None:
    """Each chat marker has as many tokens as there are messages, whatever the messages contain."""
    tokenizer = load_tokenizer(built.results / "models" / "tiny")
    markers = ("<|im_start|>", "<|im_end|>", "<|endoftext|>")
    ids = [tokenizer.convert_tokens_to_ids(marker) for marker in markers]
    held = 0
    for split in ("train", "validation"):
        for row in read_records(built.results / "formats" / "sft-standard" / f"{split}.jsonl", ConversationRow):
            tokens, _ = encode(tokenizer, row.messages)
            assert [tokens.count(marker) for marker in ids] == [len(row.messages), len(row.messages), 0]
            held += any(marker in message["content"] for message in row.messages for marker in markers)
    assert held >= 10
    for table in built.splits:
        for question in built.questions(table):
            tokens = opening_ids(tokenizer, opening(built.profile(table), question.text))
            assert [tokens.count(marker) for marker in ids] == [3, 2, 0]


def test_what_the_teacher_says_is_read_back_as_it_was_said(built: Project) -> None:
    """If a student repeats a trained turn exactly, the trained cell is run, not a fence from a table."""
    turns = {(turn.reasoning, turn.code) for table in built.splits for turn in built.turns(table)}
    texts = {turn: assistant(*turn)["content"] for turn in turns}
    assert sum("```" in reasoning + code for reasoning, code in turns) >= 5
    assert [text for text in texts.values() if not closes_block(text)] == []
    assert {text: parse_turn(text) for turn, text in texts.items() if parse_turn(text) != turn} == {}


def test_the_report_has_no_element_and_no_attribute_from_a_table(built: Project) -> None:
    source = (built.results / "report" / "index.html").read_text(encoding="utf-8")
    page = Page(source)
    assert {tag for tag, _ in page.elements} <= TAGS
    assert {name for _, attributes in page.elements for name in attributes} <= ATTRIBUTES
    assert page.other == []
    links = [attributes["href"] for _, attributes in page.elements if "href" in attributes]
    assert [link for link in links if not link.startswith(("#", "data:,"))] == []
    texts = {TITLE, *(cell for rows in built.cells.values() for row in rows for cell in row)}
    odd = {text for text in texts if set(text) & set("<>\"'`{}$=|;") and len(text) > 2}
    values = {value for _, attributes in page.elements for value in attributes.values()}
    assert [(text, value) for text in odd for value in values if text in value] == []
    assert [text for text in odd if "<" in text and text in source] == []
    for table, (header, *_) in built.cells.items():
        assert [name for name in visible_names(header) if str(make_visible(name)) not in page.text] == [], table
    assert TITLE in page.text
    hidden = {character for character in source if unicodedata.category(character) in ("Cc", "Cf", "Cs")}
    assert hidden <= {"\n", "\t"}


@needs_shared
def test_the_shared_tables_took_part(built: Project) -> None:
    assert set(GIVEN) <= set(built.splits)
    assert {path.stem for path in SHARED.glob("*.csv")} <= set(GIVEN), "a new table: assign it a split in GIVEN"


@needs_shared
@pytest.mark.parametrize("name", GIVEN)
def test_the_shared_tables_as_they_are_are_too_small(name: str, tmp_path: Path) -> None:
    """This is why the project repeats their rows."""
    with pytest.raises(TableError, match="too few to ask about"):
        ingest(
            SHARED / f"{name}.csv",
            table=name,
            source_path=name,
            config=TablesConfig(),
            parquet=tmp_path / "table.parquet",
            profile=tmp_path / "p.json",
        )
    assert list(tmp_path.iterdir()) == []
