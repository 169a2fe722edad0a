"""Arms: figures over their runs, and comparisons of arms on the same questions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import stdev

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabletutor.config.reporting import ReportingConfig
from tabletutor.records.episode import Score
from tabletutor.records.identity import rng
from tabletutor.records.record import read_record, write_records
from tabletutor.reporting.arms import Arms, compare_arms, write_arms

DIFFICULTY, NOVELTY = ("easy", "medium", "hard"), ("trained", "new_wording", "new_composition")
Answers = Mapping[str, Sequence[bool]]  # by run, whether each question is answered right


def score(run: str, number: int, correct: bool) -> Score:
    return Score(
        question_id=f"q{number:03}",
        table=f"t{number % 4}",
        run=run,
        sample=0,
        correct=correct,
        answer_type="number",
        family="mean",
        category="aggregate",
        difficulty=DIFFICULTY[number % 3],
        novelty=NOVELTY[number % 2],
        turns=2,
        cells=2,
        cells_failed=0 if correct else 1,
        tokens=50,
        error_kind=None if correct else "wrong_answer",
    )


def scores(answers: Answers) -> list[Score]:
    return [score(run, number, right) for run, rights in answers.items() for number, right in enumerate(rights)]


def config(**arms: tuple[str, ...]) -> ReportingConfig:
    return ReportingConfig(arms=arms, bootstrap=200, permutations=999)


def sample(run: str, chance: float, n: int = 60) -> list[bool]:
    return [rng(0, run, number).random() < chance for number in range(n)]


TWO = config(old=("old-0", "old-1"), new=("new-0", "new-1"))
MIXED = {"old-0": sample("a", 0.4), "old-1": sample("b", 0.5), "new-0": sample("c", 0.7), "new-1": sample("d", 0.6)}


def test_the_figures_of_an_arm_are_means_over_its_runs() -> None:
    result = compare_arms(scores(MIXED), TWO, 0)
    assert [arm.arm for arm in result.arms] == ["old", "new"]
    overall, *groups = result.arms[0].groups
    shares = {run: sum(MIXED[run]) / 60 for run in ("old-0", "old-1")}
    assert overall.accuracies == pytest.approx(shares)
    assert overall.accuracy == pytest.approx(sum(shares.values()) / 2)
    assert overall.spread == pytest.approx(stdev(shares.values()))
    assert overall.execution_rate == pytest.approx(1 - (1 - overall.accuracy) / 2)
    assert overall.mean_turns == 2
    expected = [("difficulty", name) for name in DIFFICULTY] + [("novelty", name) for name in NOVELTY[:2]]
    assert [(group.group_by, group.group) for group in groups] == expected
    assert [group.n for group in groups] == [20, 20, 20, 30, 30]


def test_the_difference_is_that_of_the_means_overall_and_by_difficulty() -> None:
    result = compare_arms(scores(MIXED), TWO, 0)
    assert [(row.arm, row.group) for row in result.differences] == [("new", "all"), *(("new", d) for d in DIFFICULTY)]
    for row in result.differences:
        old, new = (
            next(g for g in arm.groups if (g.group_by, g.group) == (row.group_by, row.group)) for arm in result.arms
        )
        assert row.points == pytest.approx(100 * (new.accuracy - old.accuracy))
        assert row.points_low <= row.points <= row.points_high
        assert row.tables == 4
    overall, *others = result.differences
    assert overall.p_holm == overall.p  # one arm is compared: nothing to correct
    assert min(row.p_holm for row in others) == pytest.approx(min(1, 3 * min(row.p for row in others)))


def test_equal_arms_differ_by_nothing() -> None:
    same = dict.fromkeys(MIXED, MIXED["old-0"])
    for row in compare_arms(scores(same), TWO, 0).differences:
        assert (row.points, row.points_low, row.points_high, row.p, row.p_holm) == (0, 0, 0, 1, 1)
    # The runs differ but the arms do not: the difference is 0, and the seeds make the interval wide.
    crosswise = {**MIXED, "new-0": MIXED["old-1"], "new-1": MIXED["old-0"]}
    overall = compare_arms(scores(crosswise), TWO, 0).differences[0]
    assert (overall.points, overall.p) == (0, 1)
    assert overall.points_low < 0 < overall.points_high


def test_an_arm_better_on_every_question_has_the_smallest_p_there_is() -> None:
    answers = {run: [run.startswith("new")] * 60 for run in MIXED}
    overall = compare_arms(scores(answers), TWO, 0).differences[0]
    assert (overall.points, overall.points_low, overall.points_high) == (100, 100, 100)
    assert overall.p == pytest.approx(2 / 1000)
    few = {run: rights[:8] for run, rights in answers.items()}
    assert compare_arms(scores(few), TWO, 0).differences[0].p == pytest.approx(2 / 2**8)


@pytest.mark.slow
@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(*[st.booleans()] * 4), min_size=1, max_size=9), st.randoms())
def test_swapping_arms_turns_the_sign_and_order_changes_nothing(rows: list[tuple[bool, ...]], source: object) -> None:
    answers = dict(zip(MIXED, map(list, zip(*rows, strict=True)), strict=True))
    result = compare_arms(scores(answers), TWO, 0)
    swapped = compare_arms(scores(answers), config(new=TWO.arms["new"], old=TWO.arms["old"]), 0)
    for there, back in zip(result.differences, swapped.differences, strict=True):
        assert (there.points, there.p) == (-back.points, back.p)
    shuffled = scores(answers)
    source.shuffle(shuffled)  # pyright: ignore[reportAttributeAccessIssue]
    other = config(**{arm: tuple(reversed(runs)) for arm, runs in TWO.arms.items()})
    assert compare_arms(shuffled, other, 0) == result


def test_later_arms_are_corrected_together() -> None:
    answers = {"a": sample("a", 0.5), "b": sample("b", 0.75), "c": sample("c", 0.6)}
    result = compare_arms(scores(answers), config(first=("a",), second=("b",), third=("c",)), 0)
    smaller, larger = sorted(result.differences[:2], key=lambda row: row.p)
    assert {smaller.arm, larger.arm} == {"second", "third"}
    assert smaller.p_holm == pytest.approx(min(1, 2 * smaller.p))
    assert larger.p_holm == pytest.approx(max(larger.p, smaller.p_holm))
    assert result.arms[0].groups[0].spread is None


def test_an_arm_may_be_compared_with_another_than_the_first() -> None:
    answers = {"a": sample("a", 0.5), "b": sample("b", 0.75), "c": sample("c", 0.6)}
    arms = {"first": ("a",), "second": ("b",), "third": ("c",)}
    set_against = ReportingConfig(arms=arms, compare_with={"third": "second"}, bootstrap=200, permutations=999)
    second, third = compare_arms(scores(answers), set_against, 0).differences[:2]
    assert [(row.arm, row.against) for row in (second, third)] == [("second", "first"), ("third", "second")]
    alone = compare_arms(scores(answers), config(second=("b",), third=("c",)), 0).differences[0]
    assert msgspec.structs.replace(third, p_holm=alone.p_holm) == alone
    assert third.p_holm == pytest.approx(max(min(1, 2 * min(second.p, third.p)), third.p))


def test_samples_of_a_question_count_as_one_question() -> None:
    """The other run has one sample per question."""
    first, second = scores({"a": [True] * 8, "b": [False] * 8}), scores({"a": [False] * 8})
    second = [msgspec.structs.replace(row, sample=1) for row in second]
    result = compare_arms([*first, *second], config(x=("a",), y=("b",)), 0)
    assert (result.differences[0].n, result.differences[0].points) == (8, -50)
    assert result.arms[0].groups[0].accuracy == 0.5
    assert result.differences[0].p == pytest.approx(2 / 2**8)


def test_runs_with_different_questions_are_not_compared() -> None:
    with pytest.raises(ValueError, match=r"runs a and b .*1 only the first, 0 only the second, 2 both"):
        compare_arms(scores({"a": [True] * 3, "b": [True] * 2}), config(x=("a",), y=("b",)), 0)
    with pytest.raises(ValueError, match=r"runs a and b .*3 only the first"):
        compare_arms(scores({"a": [True] * 3}), config(x=("a",), y=("b",)), 0)
    with pytest.raises(ValueError, match=r"no arms to compare; name them in reporting\.arms"):
        compare_arms(scores({"a": [True]}), config(), 0)


def test_the_file_is_a_record(tmp_path: Path) -> None:
    for run, rights in MIXED.items():
        write_records(tmp_path / f"{run}.jsonl", scores({run: rights}))
    write_arms([tmp_path / f"{run}.jsonl" for run in MIXED], TWO, 0, tmp_path / "arms.json")
    assert read_record(tmp_path / "arms.json", Arms) == compare_arms(scores(MIXED), TWO, 0)
