"""Find ungrammatical questions (`make quality`). Not a test:

python -m tests.prose.questions [FILE ...]

Reads the questions of the named files: `.jsonl` files of the stage `questions`, or text with one question per line.
Without files it generates `COUNT` questions about the tables of the default project. Harper, an offline grammar
checker, and the rules in `questions.toml` read each question. Prints `rule: text → suggestion` and the question for
each finding, and exits with 1 if there are any.
"""

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import msgspec
from harper import Linter

from tabletutor.questions.english import a_or_an, is_mass
from tabletutor.questions.lexicon import grammatical_number
from tests.prose.sample import sample_texts, table_words

RULES = Path(__file__).with_name("questions.toml")
COUNT = 2000
SEED = 20
LITERAL = re.compile(r"""(?<!\w)'(?:[^'\\]|\\.)*'(?!\w)|(?<!\w)"(?:[^"\\]|\\.)*"|“[^”]*”""")
VALUE = "Paris"  # stands for each quoted value or header
BRACKETS = {")": "(", "]": "[", "}": "{"}


class Finding(NamedTuple):
    """A fault: the rule, the text that breaks it, and what to write."""

    rule: str
    text: str
    suggestion: str


class _Asked(msgspec.Struct):
    """The field of a `Question` that is read here."""

    text: str


class Rule(NamedTuple):
    """A pattern that no question may match.

    `number`: only if the noun, a group of the pattern, is "singular", "plural" or "mass". `article`: only if the group
    `noun` takes the other article. `measure` "balance": a bracket or quote has no partner. `quoted`: read values too.
    """

    name: str
    suggestion: str
    hits: list[str]
    misses: list[str]
    pattern: str = ""
    number: str = ""
    article: bool = False
    measure: str = ""
    quoted: bool = False

    def findings(self, question: str) -> Iterator[Finding]:
        """Yield the violations in a question."""
        text = question if self.quoted else LITERAL.sub(VALUE, question)
        if self.measure:
            if fault := unbalanced(text):
                yield Finding(self.name, fault, self.suggestion)
            return
        for match in re.finditer(self.pattern, text):
            if self.number and not any(is_number(noun.lower(), self.number) for noun in match.groups() if noun):
                continue
            if self.article and a_or_an(match["noun"]).split()[0] == match["article"].lower():
                continue
            yield Finding(self.name, match[0].strip() or match[0], self.suggestion)


def is_number(noun: str, number: str) -> bool:
    """Return whether the last word of a phrase is "singular", "plural" or "mass". A singular phrase holds no plural."""
    if number == "mass":
        return is_mass(noun)
    *others, last = (grammatical_number(word) for word in noun.split())
    return last == number and not (number == "singular" and "plural" in others)


def unbalanced(text: str) -> str:
    """Return a bracket or quote that is not opened or not closed, or an empty text."""
    opened: list[str] = []
    for sign in re.findall(r"[()\[\]{}\"]|(?<!\w)'|(?<!s)'(?!\w)", text):
        if sign in BRACKETS:
            if not opened or opened.pop() != BRACKETS[sign]:
                return sign
        elif sign in "\"'" and sign in opened:
            opened.remove(sign)
        else:
            opened.append(sign)
    return opened[-1] if opened else ""


class Checker:
    """Harper and the rules of `questions.toml`. `words` of headers are no spelling mistakes."""

    def __init__(self, words: Iterable[str] | None = None) -> None:
        settings = tomllib.loads(RULES.read_text(encoding="utf-8"))
        harper = settings.pop("harper")
        self._off: list[str] = harper["off"]
        self.rules = [Rule(name, **rule) for name, rule in settings.items()]
        self._words = None if words is None else sorted({*words, *harper["words"]})

    @cached_property
    def _linter(self) -> Linter:
        linter = Linter()
        off = self._off if self._words is not None else [*self._off, "SpellCheck"]
        rules = linter.get_default_lint_config()
        linter.set_lint_config({name: rules[name] and not any(fnmatch(name, each) for each in off) for name in rules})
        linter.import_words(self._words or [])
        return linter

    def findings(self, question: str) -> list[Finding]:
        """Return all faults of a question."""
        text = LITERAL.sub(VALUE, question)
        lints = self._linter.organized_lints(text, language="plaintext")
        found = [Finding(name, lint.problem_text, lint.message) for name, each in lints.items() for lint in each]
        return found + [finding for rule in self.rules for finding in rule.findings(question)]


def read_questions(path: Path) -> list[str]:
    """Return the questions of a file."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [msgspec.json.decode(line, type=_Asked).text for line in lines] if path.suffix == ".jsonl" else lines


def main(files: list[str]) -> int:
    if files:
        checker, texts = Checker(), [text for file in files for text in read_questions(Path(file))]
    else:
        checker, texts = Checker(table_words()), sample_texts(COUNT, SEED)
    faulty = 0
    for text in texts:
        findings = checker.findings(text)
        faulty += bool(findings)
        for finding in findings:
            print(f"{finding.rule}: {finding.text!r} → {finding.suggestion}\n    {text}")
    print(f"{faulty} of {len(texts)} questions have a fault", file=sys.stderr)
    return int(faulty > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
