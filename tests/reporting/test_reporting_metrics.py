"""The summary and the comparison, from scores to files."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from tabletutor.config.reporting import ReportingConfig
from tabletutor.records.episode import Prediction, Score, Trace
from tabletutor.records.record import read_record, read_records, write_records
from tabletutor.reporting.comparison import Comparison, compare
from tabletutor.reporting.inputs import read_summary
from tabletutor.reporting.render import percent
from tabletutor.reporting.summary import RunFiles, summarise, write_summary

CONFIG = ReportingConfig(bootstrap=200)


def score(name: str, correct: bool, table: str = "planes", novelty: str = "trained", **other: Any) -> Score:
    values = {"turns": 2, "cells": 2, "cells_failed": 0, "tokens": 50, "difficulty": "easy", "family": "mean"} | other
    return Score(
        question_id=name,
        table=table,
        run="tuned",
        sample=0,
        correct=correct,
        answer_type="number",
        category="aggregate",
        novelty=novelty,
        error_kind=None if correct else "wrong_answer",
        **values,
    )


def prediction(name: str, ended: Any = "submit") -> Prediction:
    return Prediction(name, "planes", "tuned", 0, Trace(f"t{name}", "student", "tuned", (), ended, 1), 50)


def test_an_unanswered_question_stays_in_the_denominator() -> None:
    scores = [score("a", True), score("b", False, turns=4, cells=3, cells_failed=3), score("c", False)]
    rows = summarise("tuned", "test", scores, [prediction("a"), prediction("b", "turn_limit"), prediction("c")], 0.95)
    overall = rows[0]
    assert (overall.group_by, overall.group) == ("overall", "all")
    assert (overall.n, overall.correct, overall.answered) == (3, 1, 2)
    assert overall.accuracy == pytest.approx(1 / 3)
    assert overall.execution_rate == pytest.approx(1 - 3 / 7), "a turn without code has no cell"
    assert overall.mean_turns == pytest.approx(8 / 3)
    assert overall.wilson_low < overall.accuracy < overall.wilson_high


def test_a_student_that_writes_no_code_has_no_share_of_cells_that_ran(tmp_path: Path) -> None:
    write_records(tmp_path / "scores.jsonl", [score("a", False, cells=0)])
    write_records(tmp_path / "predictions.jsonl", [prediction("a", "turn_limit")])
    files = RunFiles(tmp_path / "scores.jsonl", tmp_path / "predictions.jsonl")
    write_summary({"tuned": files}, "test", 0.95, tmp_path / "summary.csv")
    assert {row.execution_rate for row in read_summary(tmp_path / "summary.csv")} == {None}
    assert percent(None) == "–"


def test_more_attempts_do_not_narrow_the_interval() -> None:
    once = [score(str(k), k < 4) for k in range(10)]
    asked = [prediction(str(k)) for k in range(10)]
    thrice = [replace(row, sample=sample) for row in once for sample in range(3)]
    sampled = [replace(row, sample=sample) for row in asked for sample in range(3)]
    (single, *_), (several, *_) = (
        summarise("tuned", "test", *both, 0.95) for both in ((once, asked), (thrice, sampled))
    )
    assert (several.n, several.correct, several.accuracy) == (30, 12, single.accuracy)
    assert (several.wilson_low, several.wilson_high) == (single.wilson_low, single.wilson_high)


def test_every_grouping_counts_every_question_once() -> None:
    scores = [score(str(k), k % 2 == 0, f"t{k % 3}", difficulty="hard" if k % 4 else "easy") for k in range(12)]
    rows = summarise("tuned", "test", scores, [prediction(str(k)) for k in range(12)], 0.95)
    for grouping in {row.group_by for row in rows}:
        assert sum(row.n for row in rows if row.group_by == grouping) == 12
    assert [row.group for row in rows if row.group_by == "table"] == ["t0", "t1", "t2"]


def test_a_score_without_its_prediction_is_an_error() -> None:
    with pytest.raises(ValueError, match="do not cover the same questions"):
        summarise("tuned", "test", [score("a", True)], [prediction("b")], 0.95)


def test_the_summary_file_reads_back_and_does_not_depend_on_the_order_of_scores(tmp_path: Path, project: Any) -> None:
    scores, predictions = project.root / "scores/tuned/test.jsonl", project.root / "predictions/tuned/test.jsonl"
    shuffled = tmp_path / "scores.jsonl"
    write_records(shuffled, reversed(read_records(scores, Score)))
    for name, source in (("one.csv", scores), ("two.csv", shuffled)):
        write_summary({"tuned": RunFiles(source, predictions)}, "test", 0.95, tmp_path / name)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    rows = read_summary(tmp_path / "one.csv")
    assert rows[0].n == 60
    assert rows[0].correct == sum(row.correct for row in read_records(scores, Score))
    (tmp_path / "bad.csv").write_text("run,n\ntuned,1\n")
    with pytest.raises(ValueError, match=r"bad\.csv:1"):
        read_summary(tmp_path / "bad.csv")


def test_pairs_are_counted_and_classes_corrected() -> None:
    base = [score(f"{k:02}", k < 3, f"t{k % 3}", "trained" if k < 20 else "new_composition") for k in range(30)]
    tuned = [msgspec.structs.replace(row, correct=k < 24 and k != 1) for k, row in enumerate(base)]
    result = compare(base, tuned, CONFIG, 0)
    overall = result.overall
    assert (overall.both, overall.only_baseline, overall.only_candidate, overall.neither) == (2, 1, 21, 6)
    assert (overall.n, overall.tables) == (30, 3)
    assert overall.points == pytest.approx(100 * 20 / 30)
    assert overall.points_low <= overall.points <= overall.points_high
    assert overall.p_holm is None
    assert [group.group for group in result.groups] == ["trained", "new_composition"]
    assert sum(group.n for group in result.groups) == 30
    smaller, larger = sorted(result.groups, key=lambda group: group.p)
    assert smaller.p_holm == pytest.approx(2 * smaller.p)
    assert larger.p_holm == pytest.approx(max(larger.p, 2 * smaller.p))
    assert compare(base[::-1], tuned[::-1], CONFIG, 0) == result


def test_runs_with_different_questions_are_not_compared() -> None:
    with pytest.raises(ValueError, match="1 only the first, 0 only the second, 1 both"):
        compare([score("a", True), score("b", True)], [score("a", True)], CONFIG, 0)
    with pytest.raises(ValueError, match="cannot be compared"):
        compare([], [], CONFIG, 0)


def test_the_comparison_file_is_a_record(project: Any) -> None:
    comparison = read_record(project.root / "metrics/comparison.json", Comparison)
    assert comparison.overall.n == 60
    assert comparison.overall.accuracy_candidate > comparison.overall.accuracy_baseline
