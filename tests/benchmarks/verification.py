"""Measure how well verification works: wrong answers are planted in questions, and engines and traces judge them.

python -m tests.benchmarks.verification [--questions 1000] [--seed 0]

It prints Markdown tables for `docs/verdicts.md`: how many errors are refused and how many right questions are lost, by
kind of error, and how many independent traces a student of a known error rate needs.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any, NamedTuple, get_args

from loguru import logger

from tabletutor.matching.vote import is_settled
from tabletutor.records.identity import rng
from tabletutor.records.question import Question
from tests.support.checkout import ROOT
from tests.support.planted.collect import collect
from tests.support.planted.errors import KINDS
from tests.support.planted.measure import (
    Case,
    Readers,
    Share,
    Student,
    both_verify,
    engines_refuse_one_wrong,
    engines_verify,
    error_share,
    read,
    traces_verify,
    with_wrong_program,
)
from tests.support.planted.student import chance_if_uneven, chance_of_verified

STUDENTS = (0.6, 0.8, 0.95)
NUMBERS = (2, 3, 5, 9, 17, 33)
MOST = 33  # traces
JUDGED = (9, 0.8)  # N and rate of the student whose traces are judged by kind of error
READ = (3, 5, 9)  # traces of readers
SHOWN = "traces, 50% shared"
SHARED = (0.0, 0.5, 1.0)  # shares of the student's wrong answers that are the gold's error
UNEVEN = 2.0  # weight of the beta distribution of a student that is better at some questions
GOAL_REFUSED, GOAL_LOST = 0.99, 0.02
SPARE = 1.3  # questions built for each that is judged


def main() -> None:
    """Build the questions, judge them, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    logger.remove()
    tables = sorted((ROOT / "resources" / "tables").glob("*.csv"))
    with tempfile.TemporaryDirectory() as folder:
        per_table = int(SPARE * asked.questions / len(tables)) + 1
        cases, rejects = collect(tables, per_table, Path(folder), asked.seed)
    faults = rejects["engines_disagree"] + rejects["engine_error"]
    built = len(cases)
    cases = rng(asked.seed, "questions").sample(cases, min(asked.questions, built))
    planted = plant_all(cases)
    errors = len(planted.answers)
    print(f"{len(cases)} questions on {len(tables)} tables, {errors} planted errors of {len(KINDS)} kinds.\n")
    print(f"Engines rejected {show(Share(faults, built + faults))} of the candidates that reached them.\n")
    print_methods(cases, planted, asked.seed)
    shares = [error_share(case, error) for case in cases for error in case.errors]
    print_numbers(shares)
    print_needed(shares)
    print_adaptive(cases, asked.seed)
    print_readers(cases, planted, asked.seed)


class Planted(NamedTuple):
    """All planted errors: each with its case, its place there, and the question with the wrong program."""

    cases: list[Case]
    places: list[int]
    questions: list[Question]
    answers: list[Any]

    def read(self, student: Student, seed: int) -> list[list[Any]]:
        """Return a student's answers to the question of each error."""
        pairs = zip(self.cases, self.places, strict=True)
        return [read(case, case.errors[place], student, seed) for case, place in pairs]

    def refused(self, verify: Callable[..., bool], *answers: Sequence[Any]) -> list[bool]:
        """Return which errors a method refuses. `answers` has those of the traces to each question, if any."""
        return [not verify(*each) for each in zip(self.questions, self.answers, *answers, strict=True)]


def plant_all(cases: Sequence[Case]) -> Planted:
    """Return the planted errors of all cases."""
    pairs = [(case, place) for case in cases for place in range(len(case.errors))]
    return Planted(
        [case for case, _ in pairs],
        [place for _, place in pairs],
        [with_wrong_program(*pair) for pair in pairs],
        [case.errors[place].answer for case, place in pairs],
    )


def print_methods(cases: Sequence[Case], planted: Planted, seed: int) -> None:
    """Print how each method fares over all errors, and by kind."""
    one_wrong = [
        engines_refuse_one_wrong(case, case.errors[place])
        for case, place in zip(planted.cases, planted.places, strict=True)
    ]
    program = planted.refused(engines_verify)
    answers = {shared: planted.read(Student(*JUDGED, shared), seed) for shared in SHARED}
    traces = {shared: planted.refused(traces_verify, answers[shared]) for shared in SHARED}
    both = planted.refused(partial(both_verify, readers="agree"), answers[0.5])
    right = [(case.question, case.gold, read(case, None, Student(*JUDGED), seed)) for case in cases]
    by_engines = [engines_verify(question, gold) for question, gold, _ in right]
    by_traces = [traces_verify(*each) for each in right]
    by_both = [both_verify(*each, "agree") for each in right]
    methods = [
        ("engines", "gold trace or one engine", one_wrong, by_engines),
        ("engines", "program", program, by_engines),
        *((f"traces, {shared:.0%} shared", "any", refused, by_traces) for shared, refused in traces.items()),
        ("both, 50% shared", "gold trace or one engine", one_wrong, by_both),
        ("both, 50% shared", "program", both, by_both),
    ]
    rows: list[tuple[str, ...]] = []
    for method, what, refused, kept in methods:
        lost = share([not each for each in kept])
        rows.append((method, what, show(share(refused)), show(lost), percent(precision(refused, kept))))
    print_table(("verified by", "wrong", "errors refused", "right ones lost", "precision"), rows)
    kept_by = dict(zip((case.question.question_id for case in cases), by_traces, strict=True))
    print_kinds(planted, {"gold or engine": one_wrong, "program": program} | named(traces), kept_by)


def named(traces: Mapping[float, list[bool]]) -> dict[str, list[bool]]:
    """Return the columns of the traces, by their heads."""
    return {"traces": traces[0.0], SHOWN: traces[0.5]}


def print_kinds(planted: Planted, columns: Mapping[str, Sequence[bool]], kept: Mapping[str, bool]) -> None:
    """Print the share of refused errors by kind. `kept` says which right questions the traces verify."""
    lines: list[tuple[str, ...]] = []
    kinds = [case.errors[place].kind for case, place in zip(planted.cases, planted.places, strict=True)]
    for kind in KINDS:
        chosen = [place for place, each in enumerate(kinds) if each == kind]
        if not chosen:
            lines.append((kind, "0"))
            continue
        cells = [show(share([refused[place] for place in chosen])) for refused in columns.values()]
        right = [kept[planted.cases[place].question.question_id] for place in chosen]
        purity = precision([columns[SHOWN][place] for place in chosen], right)
        lines.append((kind, str(len(chosen)), *cells, percent(purity)))
    print_table(("kind of error", "planted", *columns, "precision of these"), lines)


def print_readers(cases: Sequence[Case], planted: Planted, seed: int) -> None:
    """Print what is lost and refused if engines and traces judge wrong programs, by the setting `verdicts.readers`."""
    rows: list[tuple[str, ...]] = []
    for p in STUDENTS:
        for n in READ:
            student = Student(n, p, 0.5)
            right = [(case.question, case.gold, read(case, None, student, seed)) for case in cases]
            answers = planted.read(student, seed)
            cells: list[str] = []
            for readers in get_args(Readers):
                lost = share([not both_verify(*each, readers) for each in right])
                refused = share(planted.refused(partial(both_verify, readers=readers), answers))
                cells += [percent(lost.rate), percent(refused.rate)]
            rows.append((f"{p:.0%}", str(n), *cells))
    heads = [f"{readers}: {what}" for readers in get_args(Readers) for what in ("lost", "refused")]
    print_table(("student is right", "N", *heads), rows)


def precision(refused: Sequence[bool], kept: Sequence[bool]) -> float:
    """Return the share of right ones among the verified, if half of all questions have an error."""
    right, wrong = fmean(kept), 1 - fmean(refused)
    return right / (right + wrong) if right + wrong else 0.0


def wrong_rates(shares: Sequence[float], p: float, shared: float) -> list[float]:
    """Return, for each planted error, how often a student gives that answer.

    `shares` are those of the answer among the wrong answers to its question.
    """
    return [(1 - p) * (shared + (1 - shared) * each) for each in shares]


def refused_by(n: int, rates: Sequence[float]) -> float:
    """Return the share of errors that `n` traces refuse, if each error is given at one of the rates."""
    return 1 - fmean(chance_of_verified(n, rate) for rate in rates)


def print_numbers(shares: Sequence[float]) -> None:
    """Print what is lost and refused for each number of traces."""
    rows: list[tuple[str, ...]] = []
    for p in STUDENTS:
        rates = {shared: wrong_rates(shares, p, shared) for shared in SHARED}
        rows.append((f"{p:.0%}", "lost", *(percent(1 - chance_of_verified(n, p)) for n in NUMBERS)))
        uneven = (percent(1 - chance_if_uneven(n, p, UNEVEN)) for n in NUMBERS)
        rows.append((f"{p:.0%}", "lost, uneven", *uneven))
        for shared in SHARED:
            cells = (percent(refused_by(n, rates[shared])) for n in NUMBERS)
            rows.append((f"{p:.0%}", f"refused, {shared:.0%} shared", *cells))
    print_table(("student is right", "share", *(f"N = {n}" for n in NUMBERS)), rows)


def print_needed(shares: Sequence[float]) -> None:
    """Print the smallest number of traces that meets the goals."""
    losses: dict[str, Callable[[int, float], float]] = {
        "even": chance_of_verified,
        "uneven": lambda n, p: chance_if_uneven(n, p, UNEVEN),
    }
    rows: list[tuple[str, ...]] = []
    for name, kept in losses.items():
        for p in STUDENTS:
            cells: list[str] = []
            for shared in SHARED:
                rates = wrong_rates(shares, p, shared)
                refused = {n: refused_by(n, rates) for n in range(2, MOST + 1)}
                lost = {n: 1 - kept(n, p) for n in refused}
                fit = [n for n in refused if refused[n] >= GOAL_REFUSED and lost[n] <= GOAL_LOST]
                best = fit[0] if fit else min(lost, key=lost.__getitem__)
                reach = f"lost {percent(lost[best])}, refused {percent(refused[best])}"
                cells.append(f"**{best}** ({reach})" if fit else f"none (N = {best}: {reach})")
            rows.append((name, f"{p:.0%}", *cells))
    print_table(("student", "is right", *(f"{shared:.0%} shared" for shared in SHARED)), rows)


def print_adaptive(cases: Sequence[Case], seed: int) -> None:
    """Print how many traces run until the vote is settled."""
    rows: list[tuple[str, ...]] = []
    for p in STUDENTS:
        means = [
            fmean(traces_until_settled(case, p, cap, rng(seed, "vote", case.question.question_id, p)) for case in cases)
            for cap in NUMBERS
        ]
        rows.append((f"{p:.0%}", *(f"{mean:.1f}" for mean in means)))
    print_table(("student is right", *(f"cap {cap}" for cap in NUMBERS)), rows)


def traces_until_settled(case: Case, p: float, cap: int, source: Random) -> int:
    """Return how many traces of a student run until the vote is settled. Each kind of wrong answer is a cluster."""
    counts: Counter[int] = Counter()
    attempts = 0
    while not is_settled(counts, attempts, cap):
        attempts += 1
        counts[0 if source.random() < p else 1 + source.randrange(len(case.errors))] += 1
    return attempts


def share(flags: Sequence[bool]) -> Share:
    """Return the share of true ones."""
    return Share(sum(flags), len(flags))


def percent(rate: float) -> str:
    """Return a share in percent. Only a share of none or of all is written as 0% or 100%."""
    if rate in (0, 1):
        return f"{rate:.0%}"
    return "<0.1%" if rate < 0.0005 else ">99.9%" if rate >= 0.9995 else f"{rate:.1%}"


def show(each: Share) -> str:
    """Return a share with its interval."""
    low, high = each.interval()
    return f"{percent(each.rate)} ({low:.1%}–{high:.1%})"


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a Markdown table."""
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join((*row, *[''] * (len(head) - len(row))))} |")
    print()


if __name__ == "__main__":
    main()
