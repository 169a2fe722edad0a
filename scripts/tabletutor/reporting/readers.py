"""Build the report's section on language models that answered questions: verdicts, hint uplift, right answers."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any, NamedTuple

from tabletutor.records.episode import Episode, Taxonomy, Trace, Verdict
from tabletutor.records.question import Question
from tabletutor.reporting.statistics import wilson

TAXONOMY: tuple[Taxonomy, ...] = ("verified", "ambiguous", "hint_necessary", "too_hard", "execution_failure")
PROGRAM = "program"  # the teacher that writes traces from programs


class _Case(NamedTuple):
    """A question that language models answered."""

    question: Question
    verdict: Verdict
    gold: Trace | None  # by a language model that saw the hint
    independent: tuple[Trace, ...]


class Uplift(NamedTuple):
    """The use of the hint: shares of traces that reach the question's answer, with it and without it."""

    questions: int
    with_hint: float
    without: float


def readers_section(
    questions: Sequence[Question], episodes: Sequence[Episode], verdicts: Sequence[Verdict], confidence: float
) -> dict[str, Any] | None:
    """Return the figures on language models that answered questions; None if none did."""
    cases = _cases(questions, episodes, verdicts)
    if not cases:
        return None
    turns = [turn for case in cases for trace in _traces(case) for turn in trace.turns]
    return {
        "taxonomy": TAXONOMY,
        "questions": len(cases),
        "traces": sum(len(_traces(case)) for case in cases),
        "turns": len(turns),
        "turns_without_code": sum(not turn.code for turn in turns),
        "groups": [
            ("source", _by(cases, lambda case: case.question.source)),
            ("difficulty", _by(cases, lambda case: case.question.difficulty)),
            ("table", _by(cases, lambda case: case.question.table)),
            ("family", _by(cases, lambda case: case.question.family)),
        ],
        "uplift": hint_uplift(cases),
        "readers": _readers(cases, confidence),
    }


def hint_uplift(cases: Sequence[_Case]) -> Uplift | None:
    """Return the share of gold traces that reach the question's answer, and the mean share of independent ones, over
    questions that have both; None if there is none.

    Where a question states no answer, its answer is that of the gold trace, so a gold trace that submits reaches it.
    """
    both = [case for case in cases if case.gold is not None and case.independent]
    if not both:
        return None
    with_hint = fmean(case.verdict.trace_correct[case.gold.trace_id] for case in both if case.gold is not None)
    without = fmean(case.verdict.agreeing / case.verdict.independent for case in both)
    return Uplift(len(both), with_hint, without)


def _cases(questions: Sequence[Question], episodes: Sequence[Episode], verdicts: Sequence[Verdict]) -> list[_Case]:
    asked = {question.question_id: question for question in questions}
    judged = {verdict.question_id: verdict for verdict in verdicts}
    cases = [
        _case(asked[each.question_id], judged[each.question_id], each)
        for each in episodes
        if each.question_id in asked and each.question_id in judged
    ]
    return [case for case in cases if _traces(case)]


def _case(question: Question, verdict: Verdict, episode: Episode) -> _Case:
    gold = next((trace for trace in episode.traces if trace.role == "gold" and trace.teacher != PROGRAM), None)
    return _Case(question, verdict, gold, tuple(trace for trace in episode.traces if trace.role == "independent"))


def _traces(case: _Case) -> tuple[Trace, ...]:
    return (*([case.gold] if case.gold else []), *case.independent)


def _by(cases: Sequence[_Case], key: Callable[[_Case], str]) -> list[tuple[str, Counter[str], float | None]]:
    """Return for each group its name, its questions by taxonomy, and the mean entropy of the answers."""
    groups: defaultdict[str, list[_Case]] = defaultdict(list)
    for case in cases:
        groups[key(case)].append(case)
    rows: list[tuple[str, Counter[str], float | None]] = []
    for name, members in sorted(groups.items()):
        entropies = [case.verdict.entropy for case in members if case.verdict.entropy is not None]
        taxonomy = Counter[str](case.verdict.taxonomy for case in members)
        rows.append((name, taxonomy, fmean(entropies) if entropies else None))
    return rows


def _readers(cases: Sequence[_Case], confidence: float) -> list[dict[str, Any]]:
    """Return for each teacher how many of its independent traces are right on questions whose engines agree."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for case in cases:
        if case.question.source != PROGRAM:
            continue
        for trace in case.independent:
            total[trace.teacher] += 1
            right[trace.teacher] += case.verdict.trace_correct[trace.trace_id]
    return [
        {
            "teacher": name,
            "right": right[name],
            "n": total[name],
            "interval": wilson(right[name], total[name], confidence),
        }
        for name in sorted(total)
    ]
