"""Check every figure in the tables of the page: against the metrics files, which `test_reporting_recomputed.py` checks,
or against counts of the records.
"""

import csv
import hashlib
import html
import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from tabletutor.reporting.render import write_report

SPLITS = ("train", "validation", "test")
NOVELTY = {
    "trained": "trained compositions and wordings",
    "new_wording": "new wordings",
    "new_composition": "compositions never trained",
}
RUNS = ("base", "tuned")
# An earlier version of a run that the report shows, a run that is gone, and a look at what is no test table now.
OTHER_LOOKS = [
    '{"run":"tuned","answers":"0","questions":"1","tables":["housing","old"]}',
    '{"run":"gone","answers":"0","questions":"1","tables":["planes"]}',
    '{"run":"gone","answers":"2","questions":"3","tables":["penguins"]}',
]
DASH = "–"


@pytest.fixture(scope="module")
def page(project: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("shown") / "results/report/index.html"
    write_report(project.files(), "A title", "tiny", {}, project.settings, out, other_looks=OTHER_LOOKS)
    return out.read_text("utf-8")


@pytest.fixture(scope="module")
def tables(page: str) -> list[list[list[str]]]:
    return [rows(body) for body in re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)]


def rows(body: str) -> list[list[str]]:
    """Return the rows of a table as text, bars as their style. Cells that span rows are repeated in each row."""
    found: list[list[str]] = []
    spanning: list[str] = []
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.DOTALL):
        cells = re.findall(r"<t[hd]([^>]*)>(.*?)</t[hd]>", row, re.DOTALL)
        if any("rowspan" in tag for tag, _ in cells):
            spanning = [plain(text) for tag, text in cells if "rowspan" in tag]
            found.append([plain(text) for _, text in cells])
        else:
            found.append(spanning + [plain(text) for _, text in cells])
    return found


def plain(text: str) -> str:
    text = re.sub(r'<[^>]*style="([^"]*)"[^>]*>', r" \1 ", text)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def records(project: Any, pattern: str) -> list[dict[str, Any]]:
    paths = sorted(project.root.glob(pattern))
    return [json.loads(line) for path in paths for line in path.read_text().split("\n") if line]


def document(project: Any, name: str) -> dict[str, Any]:
    return json.loads((project.root / name).read_text())


def questions(project: Any) -> list[dict[str, Any]]:
    return [row for row in records(project, "questions/program/*.jsonl") if "question_id" in row]


def split_of(project: Any) -> dict[str, str]:
    return {row["table"]: row["split"] for row in document(project, "splits.json")["tables"]}


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def signed(points: float) -> str:
    return f"{points:+.1f}".replace("-", "−")


def interval(row: dict[str, Any]) -> str:
    return f"[{signed(row['points_low'])}, {signed(row['points_high'])}]"


def p_value(p: float | None) -> str:
    if p is None:
        return DASH
    if p >= 0.001:
        return f"{p:.2g}"
    mantissa, exponent = f"{p:.1e}".split("e-")
    return f"{mantissa} × 10⁻{str(int(exponent)).translate(str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def count_cells(values: Iterable[Any]) -> list[str]:
    return [str(value) if value else DASH for value in values]


def by_split(project: Any, named: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return a row for each name with its count in each split, from pairs of a name and a table."""
    splits = split_of(project)
    counts = Counter((name, splits[table]) for name, table in named)
    return [[name, *count_cells(counts[name, split] for split in SPLITS)] for name in {name for name, _ in counts}]


def test_the_tables_of_the_comparison_and_of_the_arms(project: Any, tables: list[list[list[str]]]) -> None:
    comparison, arms = document(project, "metrics/comparison.json"), document(project, "metrics/arms.json")
    paired = [("all questions", comparison["overall"])]
    paired += [(NOVELTY[group["group"]], group) for group in comparison["groups"]]
    counts = ("n", "both", "only_candidate", "only_baseline", "neither")
    assert tables[0] == [
        [
            label,
            *(str(row[name]) for name in counts),
            f"{signed(row['points'])} {interval(row)}",
            p_value(row["p"]),
            p_value(row["p_holm"]),
            f"{row['minimum_detectable_points']:.1f}" if row["minimum_detectable_points"] else DASH,
        ]
        for label, row in paired
    ]
    assert tables[2] == [
        [f"{arm['arm']} {', '.join(arm['runs'])}"]
        + [f"{percent(group['accuracy'])} ± {100 * group['spread']:.1f}" for group in arm["groups"][:4]]
        + [percent(arm["groups"][0]["execution_rate"]), f"{arm['groups'][0]['mean_turns']:.1f}"]
        for arm in arms["arms"]
    ]
    assert tables[3] == [
        [
            "tuned",
            "base",
            row["group"],
            str(row["n"]),
            signed(row["points"]),
            interval(row),
            p_value(row["p"]),
            p_value(row["p_holm"]),
        ]
        for row in arms["differences"]
    ]
    assert tables[4] == [
        [
            NOVELTY.get(group["group"], group["group"]),
            arm["arm"],
            str(group["n"]),
            percent(group["accuracy"]),
            f"{100 * group['spread']:.1f}",
            percent(group["execution_rate"]),
            f"{group['mean_turns']:.1f}",
        ]
        for place in range(1, 7)
        for arm in arms["arms"]
        for group in [arm["groups"][place]]
    ]


def test_the_tables_of_the_data(project: Any, tables: list[list[list[str]]]) -> None:
    asked, splits = questions(project), split_of(project)
    profiles = [json.loads(path.read_text()) for path in project.root.glob("tables/*/profile.json")]
    each = Counter(row["table"] for row in asked)
    assert sorted(tables[5]) == sorted(
        [
            row["table"],
            splits[row["table"]],
            f"{row['rows']:,}".replace(",", " "),
            str(len(row["columns"])),
            str(each[row["table"]]),
            "",
            row["sha256"][:12],
        ]
        for row in profiles
    )
    assert sorted(tables[6]) == sorted(by_split(project, ((NOVELTY[row["novelty"]], row["table"]) for row in asked)))
    wordings = Counter(family for family, _ in {(row["family"], row["wording"]) for row in asked})
    categories = {row["family"]: row["category"] for row in asked}
    assert sorted(tables[7]) == sorted(
        [name, categories[name], str(wordings[name]), *counts]
        for name, *counts in by_split(project, ((row["family"], row["table"]) for row in asked))
    )
    rejects = Counter(row["reason"].replace("_", " ") for row in records(project, "questions/program/*.rejects.jsonl"))
    assert {name: count for name, count, _ in tables[8]} == {name: str(count) for name, count in rejects.items()}
    verdicts = records(project, "verdicts/program/*.jsonl")
    assert sorted(tables[9]) == sorted(by_split(project, ((row["taxonomy"], row["table"]) for row in verdicts)))


def test_the_table_of_mistakes(project: Any, tables: list[list[list[str]]]) -> None:
    """Four of eight traces end wrong, and one is corrected. In one the teacher corrects a result that does not change,
    and in two nothing is corrected.
    """
    assert tables[10] == [["wrong aggregate", "38", DASH, DASH], ["wrong column", DASH, "8", "30"]]
    verdicts = records(project, "verdicts/program/*.jsonl")
    right = {name: value for row in verdicts for name, value in row["trace_correct"].items()}
    traces = [trace for row in records(project, "episodes/program/*.jsonl") for trace in row["traces"]]
    mistaken = [trace for trace in traces if trace["mistake"]]
    changed = {
        trace["trace_id"]
        for trace in mistaken
        for turn in trace["turns"]
        if turn["corrects_turn"] is not None
        and turn["hooks"][-1]["value"] != trace["turns"][turn["corrects_turn"]]["hooks"][-1]["value"]
    }
    counts = Counter((right[trace["trace_id"]], trace["trace_id"] in changed) for trace in mistaken)
    assert counts == {(False, False): 38, (True, True): 8, (True, False): 30}


def test_the_tables_of_results_by_group(project: Any, tables: list[list[list[str]]]) -> None:
    with (project.root / "metrics/summary.csv").open() as stream:
        summary = [row for row in csv.DictReader(stream) if row["run"] in RUNS]
    for place, by in enumerate(("novelty", "difficulty", "answer_type", "table", "category", "family"), start=11):
        expected: list[list[str]] = []
        for row in summary:
            if row["group_by"] != by:
                continue
            low, high, share = (float(row[name]) for name in ("wilson_low", "wilson_high", "accuracy"))
            bar = f"left:{100 * low:.1f}%;width:{100 * (high - low):.1f}% left:{100 * share:.1f}%"
            label = NOVELTY[row["group"]] if by == "novelty" else row["group"]
            expected.append(
                [
                    label,
                    row["run"],
                    row["n"],
                    row["correct"],
                    percent(share),
                    bar,
                    row["answered"],
                    percent(float(row["execution_rate"])),
                    f"{float(row['mean_turns']):.1f}",
                    f"{float(row['mean_tokens']):.0f}",
                ]
            )
        assert sorted(tables[place]) == sorted(expected), by


def test_the_tables_of_errors_incidents_and_files(project: Any, tables: list[list[list[str]]]) -> None:
    scores = records(project, "scores/*/test.jsonl")
    wrong = Counter((row["error_kind"].replace("_", " "), row["run"]) for row in scores if not row["correct"])
    kinds = {kind for kind, run in wrong if run in RUNS}
    assert sorted(tables[17]) == sorted([kind, *count_cells(wrong[kind, run] for run in RUNS)] for kind in kinds)
    predictions = records(project, "predictions/tuned/test.jsonl")
    ended = Counter(row["trace"]["ended"] for row in predictions)
    interrupted = sum("interrupted" in turn for row in predictions for turn in row["trace"]["turns"])
    stopped = count_cells((interrupted, *(ended[cause] for cause in ("time", "memory", "crash"))))
    rejected = sum("incident" in row for row in records(project, "questions/program/*.rejects.jsonl"))
    assert tables[18] == [
        ["candidates of questions", str(rejected), *[DASH] * 3],
        ["episodes", *[DASH] * 4],
        ["predictions of tuned", *stopped],
    ]
    assert ended["time"]
    assert interrupted
    assert rejected
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in project.files().all()}
    assert {row[0].split("/")[-1]: row[1] for row in tables[19]} == found
    assert len(tables) == 20, "a table of the report is proved by no test"


def test_the_table_of_runs(project: Any, page: str, tables: list[list[list[str]]]) -> None:
    with (project.root / "metrics/summary.csv").open(newline="") as stream:
        overall = {row["run"]: row for row in csv.DictReader(stream) if row["group_by"] == "overall"}
    validated = [row["correct"] for row in records(project, "scores/tuned/validation.jsonl")]
    expected = [
        ("base", "not trained", DASH, 1),
        ("base-1", "not trained, 2 worked examples, 3 attempts", DASH, 1),
        ("gone", "not in the project now", DASH, 1),
        ("tuned-1", "tuned, read leniently", DASH, 1),
        ("tuned", "trained by sft", percent(sum(validated) / len(validated)), 2),
    ]
    assert [[*row[:4], row[-2], row[-1]] for row in tables[1]] == [
        [
            run,
            answers,
            validation,
            percent(float(overall[run]["accuracy"])) if run in overall else DASH,
            percent(int(overall[run]["answered"]) / int(overall[run]["n"])) if run in overall else DASH,
            str(looks),
        ]
        for run, answers, validation, looks in expected
    ]
    assert [bool(row[4]) for row in tables[1]] == [run in overall for run, *_ in expected]
    sentence = "The test tables were looked at 6 times : 4 for this report, 2 before or by other runs."
    assert sentence in plain(page)


def test_the_figures_in_sentences_and_boxes(project: Any, page: str) -> None:
    comparison = document(project, "metrics/comparison.json")
    overall, text = comparison["overall"], plain(page)
    sentences = [
        f"On {overall['n']} questions about 3 tables not used in training, tuned answers "
        f"{percent(overall['accuracy_candidate'])} correctly and base {percent(overall['accuracy_baseline'])}: "
        f"{signed(overall['points'])} points {interval(overall)}, p = {p_value(overall['p'])}.",
        "Brackets show the 95 % interval of the difference, from 500 bootstrap resamples",
        "20 candidates were rejected.",
        "8 train rows (2 too long dropped), 7 validation rows.",
    ]
    sentences += [
        f"{percent(group['accuracy_candidate'])} tuned {percent(group['accuracy_baseline'])} base · "
        f"{signed(group['points'])} points · n = {group['n']}"
        for group in comparison["groups"]
    ]
    wordings = {(row["family"], row["wording"]) for row in questions(project)}
    sentences.append(f"{len({family for family, _ in wordings})} question families with {len(wordings)} wordings.")
    losses = records(project, "checkpoints/tuned/metrics.ndjson")
    last = {row["split"]: row["loss"] for row in sorted(losses, key=lambda row: row["step"])}
    sentences.append(
        f"80 steps; final loss: train {last['train']:.3f} , validation {last['validation']:.3f}".replace(" ,", ",")
    )
    for sentence in sentences:
        assert sentence in text, sentence
    traces = [trace for row in records(project, "episodes/program/*.jsonl") for trace in row["traces"]]
    verified = sum(row["verified"] for row in records(project, "verdicts/program/*.jsonl"))
    boxes = re.findall(r'class="name"[^>]*>([^<]*)</text><text class="count"[^>]*>([^<]*)<', page)
    assert dict(boxes) == {
        "tables": "5",
        "questions": str(len(questions(project))),
        "episodes": f"{sum(len(trace['turns']) for trace in traces)} turns",
        "verdicts": f"{verified} verified",
        "training rows": "8",
        "checkpoints": "tuned",
        "models": "tiny",
        "evaluation": f"{overall['n']} questions",
        "report": "this page",
    }
