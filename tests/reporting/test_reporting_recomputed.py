"""Recompute every figure of the metrics from the files, with pandas and scipy and without code of the package."""

import hashlib
import json
from math import isclose, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, norm, permutation_test

GROUPINGS = ("novelty", "family", "category", "difficulty", "table", "answer_type")
DIFFICULTIES, NOVELTIES = ("easy", "medium", "hard"), ("trained", "new_wording", "new_composition")
LABELS = {
    "trained": "trained compositions and wordings",
    "new_wording": "new wordings",
    "new_composition": "compositions never trained",
}
ARMS = {"base": ["base", "base-1"], "tuned": ["tuned", "tuned-1"]}
SPLITS = ("train", "validation", "test")
RESAMPLES, PERMUTATIONS, SEED = 500, 999, 0
Z = norm.ppf(0.975)


def lines(folder: Path, pattern: str) -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted(folder.glob(pattern)) for line in path.read_text().split("\n") if line]


def read_questions(folder: Path) -> list[dict[str, Any]]:
    return [row for row in lines(folder, "questions/program/*.jsonl") if "question_id" in row]


@pytest.fixture(scope="module")
def attempts(project: Any) -> pd.DataFrame:
    """One row per attempt, computed from predictions and questions only."""
    questions = {row["question_id"]: row for row in read_questions(project.root)}
    rows: list[dict[str, Any]] = []
    for row in lines(project.root, "predictions/*/test.jsonl"):
        question, trace = questions[row["question_id"]], row["trace"]
        turns = trace["turns"]
        submitted = trace["ended"] == "submit"
        right = submitted and same(question["answer"], trace["answer"], question["answer_type"])
        rows.append(
            {name: question[name] for name in ("question_id", *GROUPINGS)}
            | {name: row[name] for name in ("run", "sample", "tokens")}
            | {"correct": right, "answered": submitted, "turns": len(turns)}
            | {"cells": len([turn for turn in turns if turn["code"] != ""])}
            | {"cells_failed": len([turn for turn in turns if turn["error"] is not None])}
            | {"error_kind": None if right else fault(trace)}
        )
    return pd.DataFrame(rows)


def same(answer: Any, given: Any, kind: str) -> bool:
    """Return whether an answer is correct. The project asks only for numbers with two decimals and for categories."""
    if kind == "category":
        return answer == given
    return isinstance(given, float) and abs(answer - given) <= 0.005


def fault(trace: dict[str, Any]) -> str:
    if trace["ended"] == "submit":
        return "wrong_type" if isinstance(trace["answer"], dict) else "wrong_answer"
    if trace["ended"] == "time":
        return "time"
    if {turn["code"] for turn in trace["turns"]} == {""}:
        return "no_code"
    return "cell_error" if trace["turns"][-1]["error"] else "unanswered"


def figures(rows: pd.DataFrame) -> dict[str, float]:
    n, correct, cells = len(rows), int(rows["correct"].sum()), rows["cells"].sum()
    middle, half = correct + Z**2 / 2, Z * sqrt(correct * (n - correct) / n + Z**2 / 4)
    return {
        "n": n,
        "correct": correct,
        "accuracy": correct / n,
        "wilson_low": max(0.0, (middle - half) / (n + Z**2)),
        "wilson_high": min(1.0, (middle + half) / (n + Z**2)),
        "answered": int(rows["answered"].sum()),
        "execution_rate": (cells - rows["cells_failed"].sum()) / cells,
        "mean_turns": rows["turns"].mean(),
        "mean_tokens": rows["tokens"].mean(),
    }


def generator(*item: Any) -> np.random.Generator:
    text = json.dumps([SEED, *item], separators=(",", ":"), ensure_ascii=False)
    return np.random.Generator(np.random.Philox(key=int(hashlib.sha256(text.encode()).hexdigest()[:32], 16)))


def bootstrap(sides: list[list[pd.DataFrame]], item: str) -> np.ndarray:
    """Return the interval of the first side's accuracy minus the second's, in points. Resamples tables and runs."""
    counts = sides[0][0].groupby("table").size().to_numpy()
    source = generator("bootstrap", item)
    tables = source.integers(0, len(counts), (RESAMPLES, len(counts)))
    total = np.zeros(RESAMPLES)
    for sign, side in zip((1, -1), sides, strict=False):
        right = [run.groupby("table")["correct"].sum().to_numpy(dtype=float) for run in side]
        runs = source.integers(0, len(side), (RESAMPLES, len(side)))
        for resample in range(RESAMPLES):
            total[resample] += sign * np.mean([right[run][tables[resample]].sum() for run in runs[resample]])
    return 100 * np.quantile(total / counts[tables].sum(axis=1), [0.025, 0.975])


def exchange(differences: pd.Series, item: str) -> float:
    decisive = np.sort(differences[differences != 0].to_numpy())
    source = generator("permutations", item)
    kind = {"permutation_type": "samples", "n_resamples": PERMUTATIONS, "batch": 1000, "vectorized": True}
    return permutation_test((decisive,), lambda x, axis: x.mean(axis=axis).round(9), rng=source, **kind).pvalue


def holm(values: list[float]) -> list[float]:
    corrected, largest = [0.0] * len(values), 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=lambda place: values[place])):
        largest = max(largest, (len(values) - rank) * values[place])
        corrected[place] = min(1.0, largest)
    return corrected


def detectable(n: int, discordant: int) -> float | None:
    """Return the detectable effect by Connor's formula, n e² = (z √d + z' √(d - e²))², solved as a quadratic."""
    if not discordant:
        return None
    d, power = discordant / n, norm.ppf(0.8)
    effect = sqrt(n * d) * Z + sqrt(n * Z**2 * d - (n + power**2) * (Z**2 - power**2) * d)
    effect /= n + power**2
    return 100 * effect if effect < d else None


def run_of(rows: pd.DataFrame, run: str) -> pd.DataFrame:
    return rows[rows["run"] == run].sort_values("question_id").reset_index(drop=True)


def compare_runs(rows: pd.DataFrame, group: str) -> dict[str, Any]:
    base, tuned = run_of(rows, "base"), run_of(rows, "tuned")
    first, second = base["correct"], tuned["correct"]
    n, lost, won = len(base), int((first & ~second).sum()), int((second & ~first).sum())
    differences = tuned.assign(correct=second.astype(int) - first.astype(int))
    low, high = bootstrap([[differences]], group)
    return {
        "group": group,
        "n": n,
        "tables": base["table"].nunique(),
        "both": int((first & second).sum()),
        "only_baseline": lost,
        "only_candidate": won,
        "neither": int((~first & ~second).sum()),
        "accuracy_baseline": first.mean(),
        "accuracy_candidate": second.mean(),
        "points": 100 * (second.mean() - first.mean()),
        "points_low": low,
        "points_high": high,
        "p": binomtest(won, won + lost).pvalue if won + lost else 1.0,
        "p_holm": None,
        "minimum_detectable_points": detectable(n, won + lost),
    }


def comparison(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the comparison over all questions, then by novelty."""
    groups = [compare_runs(rows[rows["novelty"] == name], name) for name in NOVELTIES]
    corrected = holm([group["p"] for group in groups])
    return [compare_runs(rows, "all"), *(group | {"p_holm": p} for group, p in zip(groups, corrected, strict=True))]


def groups_of(rows: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    named = (("difficulty", DIFFICULTIES), ("novelty", NOVELTIES))
    return [("overall", "all", rows)] + [(by, name, rows[rows[by] == name]) for by, names in named for name in names]


def arm_groups(rows: pd.DataFrame, arm: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for by, name, members in groups_of(rows):
        runs = {run: figures(run_of(members, run)) for run in ARMS[arm]}
        shares = {run: values["accuracy"] for run, values in runs.items()}
        found.append(
            {"group_by": by, "group": name, "n": members["question_id"].nunique(), "accuracies": shares}
            | {"accuracy": np.mean(list(shares.values())), "spread": np.std(list(shares.values()), ddof=1)}
            | {key: np.mean([run[key] for run in runs.values()]) for key in ("execution_rate", "mean_turns")}
        )
    return found


def arm_differences(rows: pd.DataFrame) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for by, name, members in groups_of(rows)[:4]:
        sides = [[run_of(members, run) for run in ARMS[arm]] for arm in ("tuned", "base")]
        ours, theirs = (pd.concat(side).groupby("question_id")["correct"].mean() for side in sides)
        item = f"arms\nbase\ntuned\n{name}"
        low, high = bootstrap(sides, item)
        row = {"arm": "tuned", "against": "base", "group_by": by, "group": name, "n": len(ours)}
        row |= {"tables": members["table"].nunique(), "points": 100 * (ours - theirs).mean()}
        found.append(row | {"points_low": low, "points_high": high, "p": exchange(ours - theirs, item)})
    corrected = [found[0]["p"], *holm([row["p"] for row in found[1:]])]
    return [row | {"p_holm": p} for row, p in zip(found, corrected, strict=True)]


def assert_equal(found: Any, expected: Any, where: str = "") -> None:
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), where
        for key, value in expected.items():
            assert_equal(found[key], value, f"{where} {key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for place, value in enumerate(expected):
            assert_equal(found[place], value, f"{where} {place}")
    elif isinstance(expected, float):
        assert isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9), f"{where}: {found}, recomputed {expected}"
    else:
        assert found == expected, f"{where}: {found}, recomputed {expected}"


def test_scores_are_what_predictions_and_questions_say(project: Any, attempts: pd.DataFrame) -> None:
    key = ["run", "question_id"]
    found = pd.DataFrame(lines(project.root, "scores/*/test.jsonl")).sort_values(key)
    expected = attempts.drop(columns="answered").sort_values(key)
    assert sorted(found.columns) == sorted(expected.columns)
    assert found[sorted(found.columns)].to_dict("records") == expected[sorted(found.columns)].to_dict("records")
    assert set(found["error_kind"].dropna()) == {
        "wrong_answer",
        "wrong_type",
        "unanswered",
        "cell_error",
        "no_code",
        "time",
    }


def test_the_summary(project: Any, attempts: pd.DataFrame) -> None:
    expected = {
        (run, "test", by, name): figures(rows)
        for by in ("overall", *GROUPINGS)
        for (run, name), rows in attempts.assign(overall="all").groupby(["run", by])
    }
    found = pd.read_csv(project.root / "metrics/summary.csv").set_index(["run", "split", "group_by", "group"])
    assert set(found.index) == set(expected)
    for key, values in expected.items():
        assert found.loc[key].to_dict() == pytest.approx(values, abs=6e-7), key


def test_the_paired_comparison(project: Any, attempts: pd.DataFrame) -> None:
    overall, *groups = comparison(attempts)
    expected = {"baseline": "base", "candidate": "tuned", "confidence": 0.95, "bootstrap": RESAMPLES}
    found = json.loads((project.root / "metrics/comparison.json").read_text())
    assert_equal(found, expected | {"overall": overall, "groups": groups})


def test_the_arms(project: Any, attempts: pd.DataFrame) -> None:
    arms = [{"arm": arm, "runs": runs, "groups": arm_groups(attempts, arm)} for arm, runs in ARMS.items()]
    expected = {"confidence": 0.95, "bootstrap": RESAMPLES, "permutations": PERMUTATIONS, "arms": arms}
    found = json.loads((project.root / "metrics/arms.json").read_text())
    assert_equal(found, expected | {"differences": arm_differences(attempts)})
