"""Each rule for questions finds its own examples, and Harper and the rules read the questions of files."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.prose.questions import Checker, Rule

CHECKER = Checker(["gdpPercap"])


@pytest.mark.parametrize("rule", CHECKER.rules, ids=lambda rule: rule.name)
def test_a_rule_finds_its_hits_and_none_of_its_misses(rule: Rule) -> None:
    assert rule.hits
    assert rule.misses
    assert [text for text in rule.hits if not list(rule.findings(text))] == []
    assert [text for text in rule.misses if list(rule.findings(text))] == []


@pytest.mark.parametrize("rule", CHECKER.rules, ids=lambda rule: rule.name)
def test_the_content_of_a_quoted_value_is_no_fault(rule: Rule) -> None:
    values = ["the the (", "1 rows has {a}", "what is it. ?"]
    assert [text for text in values if list(rule.findings(f"How many rows have the type {text!r}?"))] == []


def test_harper_finds_what_no_rule_names_and_knows_the_headers() -> None:
    found = [CHECKER.findings(f"What is the {word} of gdpPercap?") for word in ("avarage", "average")]
    assert [[finding.rule for finding in findings] for findings in found] == [["SpellCheck"], []]


def test_findings_are_printed_and_fail_the_command(tmp_path: Path) -> None:
    records, lines = tmp_path / "questions.jsonl", tmp_path / "questions.txt"
    records.write_text(
        '{"text": "What is the mean wind.", "table": "t"}\n{"text": "What is the mean wind?"}\n', encoding="utf-8"
    )
    lines.write_text("How many rows are there?\nRound to 1 decimals.\n", encoding="utf-8")
    command = [sys.executable, "-m", "tests.prose.questions"]
    result = subprocess.run([*command, str(records), str(lines)], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        "question-mark: 'What is the mean wind.' → end a question with a question mark",
        "    What is the mean wind.",
        "one-with-plural: '1 decimals' → use the singular after 1",
        "    Round to 1 decimals.",
    ]
    lines.write_text("How many rows are there?\n", encoding="utf-8")
    assert subprocess.run([*command, str(lines)], check=False).returncode == 0
