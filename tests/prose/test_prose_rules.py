"""Each prose rule finds its own examples, and the linter reads the prose of each kind of file."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.prose.lint import Paragraph, Rule, read_paragraphs, read_rules

SOURCES = {
    "page.md": "Some `code` is\nshown.\n\n```bash\nskip this\n```\n\n| one | two |\n|---|---|\n\n- An item",
    "module.py": '''"""A summary

with more."""

TIMEOUT = 3  # seconds
# A comment
# of two lines
# fmt: skip


def work(value: int) -> None:
    raise ValueError(f"{value}: too large")
''',
    "rules.smk": 'rule work:\n    """Do it."""\n    threads: 2  # cores\n',
    "config.yaml": "# One\n# sentence.\nseed: 0 # of all choices\n",
}
PROSE = {
    "page.md": [
        (1, "Some `x` is\nshown.", "document"),
        (8, "one", "cell"),
        (8, "two", "cell"),
        (11, "- An item", "document"),
    ],
    "module.py": [
        (1, "A summary", "summary"),
        (3, "with more.", "docstring"),
        (5, "seconds", "comment"),
        (6, "A comment\nof two lines", "comment"),
        (12, "`x`: too large", "message"),
    ],
    "rules.smk": [(2, "Do it.", "summary"), (3, "cores", "comment")],
    "config.yaml": [(1, "One\nsentence.", "comment"), (3, "of all choices", "comment")],
}


@pytest.mark.parametrize("rule", read_rules(), ids=lambda rule: rule.name)
def test_a_rule_finds_its_hits_and_none_of_its_misses(rule: Rule) -> None:
    assert rule.hits
    assert rule.misses
    scope = rule.scopes[0]
    assert [text for text in rule.hits if not list(rule.findings(Paragraph(1, text, scope)))] == []
    assert [text for text in rule.misses if list(rule.findings(Paragraph(1, text, scope)))] == []


@pytest.mark.parametrize("name", SOURCES)
def test_the_prose_of_a_file_is_read_with_its_lines(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(SOURCES[name], encoding="utf-8")
    assert sorted(read_paragraphs(path)) == PROSE[name]


def test_findings_are_printed_and_fail_the_command(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Title\n\nEvery setting.\nEvery\nknob.\n", encoding="utf-8")
    command = [sys.executable, "tests/prose/lint.py", str(page)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (1, f"{page}:5: knob: knob → setting\n")
    page.write_text("# Title\n\nEvery setting.\n", encoding="utf-8")
    assert subprocess.run(command, check=False).returncode == 0
