"""The report is complete, has the same bytes each time, and displays hostile text as text."""

import re
from collections import Counter
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tabletutor.config.reporting import ReportingConfig
from tabletutor.records.episode import Score
from tabletutor.records.record import read_records
from tabletutor.reporting.arms import compare_arms
from tabletutor.reporting.inputs import ReportFiles, ReportInputs, TableEntry, read_inputs
from tabletutor.reporting.render import LONGEST_TEXT, build_report, make_visible, p_value, write_report

ENTRIES = {"planes": {"licence": "CC0-1.0", "title": "Aircraft"}}


def read(project: Any) -> ReportInputs:
    entries = {name: TableEntry(**entry) for name, entry in ENTRIES.items()}
    return read_inputs(project.files(), "A title", "tiny", entries, project.settings, {}, project.root)


class Page:
    """Tags, attributes and text of a page. All text is escaped, so every `<...>` is a tag."""

    def __init__(self, html: str) -> None:
        tags = re.findall(r"<([a-zA-Z][^\s>/]*)([^>]*)>", html)
        self.tags = {tag.lower() for tag, _ in tags}
        self.attributes = [pair for _, rest in tags for pair in re.findall(r'\s([-:\w]+)="([^"]*)"', rest)]
        self.text = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


@pytest.fixture(scope="module")
def html(project: Any) -> str:
    return build_report(read(project))


def test_the_report_is_complete(html: str, project: Any) -> None:
    text = Page(html).text
    correct = sum(row.correct for row in read_records(project.root / "scores/tuned/test.jsonl", Score))
    for expected in (
        "Tuning helped.",
        "60 questions",
        f"{100 * correct / 60:.1f} %",
        "compositions never trained",
        "seattle_weather",
        "CC0-1.0",
        "engines disagree",
        "wrong column",
        "KeyError: 'wnd'",
        "final loss",
        "turn limit",
        "runs.tuned.seed",
        "checkpoints/tuned/metrics.ndjson",
        "Stopped cells",
        "predictions of tuned",
        "2 arms with 2 runs each that differ only in their seed, all asked the same 60 questions. "
        "tuned is better than base .",
        "Comparison of arms",
        "tuned, tuned-1",
    ):
        assert expected in text, expected
    assert re.search(r">models<.*>tiny<.*>checkpoints<|>checkpoints<.*>tuned<.*>models<.*>tiny<", html, re.DOTALL)
    assert html.count("<svg ") == 9  # the picture, questions by family, loss, and six groupings


def test_the_page_needs_nothing_from_outside(html: str) -> None:
    page = Page(html)
    assert "script" not in page.tags
    assert not [entry for entry in page.attributes if entry[0].startswith("on")]
    links = [value for name, value in page.attributes if name in ("href", "src", "xlink:href", "action", "data")]
    assert links
    assert all(link.startswith(("#", "data:,")) for link in links)
    assert "default-src 'none'" in html
    ids = Counter(value for name, value in page.attributes if name == "id")
    assert [name for name, count in ids.items() if count > 1] == []


@pytest.mark.slow
def test_the_same_project_in_another_folder_gives_the_same_bytes(
    project: Any, make_project: Any, tmp_path: Path
) -> None:
    for name, source in (("a", project), ("b", make_project(tmp_path / "elsewhere"))):
        write_report(source.files(), "A title", "tiny", ENTRIES, source.settings, source.root / "report/index.html")
        (tmp_path / name).write_bytes((source.root / "report/index.html").read_bytes())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("points", "baseline", "sentence"),
    [
        (0.0, {"training": None}, "No significant difference."),
        (-40.0, {"training": None}, "Tuning made results worse."),
        (-40.0, {"training": {"method": "sft"}}, "tuned is worse."),
        (40.0, {"training": None, "weights_from": "tuned"}, "tuned is better."),
    ],
)
def test_the_headline_follows_p_and_interval(
    project: Any, points: float, baseline: dict[str, Any], sentence: str
) -> None:
    runs = {**project.settings["runs"], "base": {"model": "tiny", **baseline}}
    inputs = replace(read(project), settings={"runs": runs})
    p = 1.0 if points == 0 else 1e-9
    overall = inputs.comparison.overall
    changed = type(overall)(
        **{name: getattr(overall, name) for name in overall.__struct_fields__}
        | {"points": points, "points_low": points - 5, "points_high": points + 5, "p": p}
    )
    comparison = inputs.comparison
    new = type(comparison)(
        **{name: getattr(comparison, name) for name in comparison.__struct_fields__} | {"overall": changed}
    )
    assert sentence in build_report(replace(inputs, comparison=new))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("points", "low", "p", "sentence"),
    [
        (3.0, 1.0, 0.01, "tuned is better than base ."),
        (-3.0, -5.0, 0.01, "tuned is worse than base ."),
        (3.0, -1.0, 0.01, "No significant difference between tuned and base ."),
        (3.0, 1.0, 0.06, "No significant difference between tuned and base ."),
    ],
)
def test_an_arm_is_better_or_worse_by_corrected_p_and_interval(
    project: Any, points: float, low: float, p: float, sentence: str
) -> None:
    inputs = read(project)
    assert inputs.arms is not None
    changes = {"points": points, "points_low": low, "points_high": low + 4, "p": p / 2, "p_holm": p}
    overall, *others = inputs.arms.differences
    differences = (msgspec.structs.replace(overall, **changes), *others)
    html = build_report(replace(inputs, arms=msgspec.structs.replace(inputs.arms, differences=differences)))
    assert sentence in Page(html).text


@pytest.mark.slow
def test_arms_of_one_run_say_nothing_about_seeds_and_arms_are_optional(project: Any) -> None:
    inputs = read(project)
    config = ReportingConfig(arms={"base": ("base",), "tuned": ("tuned",)}, bootstrap=100, permutations=999)
    scores = [
        row for run in ("base", "tuned") for row in read_records(project.root / f"scores/{run}/test.jsonl", Score)
    ]
    text = Page(build_report(replace(inputs, arms=compare_arms(scores, config, 0)))).text
    assert "2 arms with 1 run each, all asked the same 60 questions." in text
    assert "these figures say nothing about other seeds" in text
    assert "standard deviation" not in text
    assert 'id="arms"' not in build_report(replace(inputs, arms=None))
    assert read_inputs(replace(project.files(), arms=()), "t", "p", {}, {}, {}, project.root).arms is None


def test_names_of_arms_are_text(project: Any) -> None:
    inputs = read(project)
    assert inputs.arms is not None
    name = "<img src=x onerror=y>"
    first, second = inputs.arms.arms
    hostile = msgspec.structs.replace(
        inputs.arms,
        arms=(first, msgspec.structs.replace(second, arm=name, runs=(name, name))),
        differences=tuple(msgspec.structs.replace(row, arm=name, against=name) for row in inputs.arms.differences),
    )
    html = build_report(replace(inputs, arms=hostile))
    assert name not in html
    assert f"{name} is better than {name} ." in Page(html).text


def test_a_project_with_nothing_trained_verified_or_rejected_still_has_a_report(project: Any) -> None:
    bare = replace(read(project), losses=(), rejects=(), episodes=(), verdicts=(), predictions=(), error_kinds={})
    html = build_report(bare)
    for sentence in ("Nothing was trained", "No candidate was rejected", "This project has no verified question"):
        assert sentence in html


def test_files_are_named_as_in_snakemake() -> None:
    named: dict[str, Any] = {
        name: ["a"] for name in ("profiles", "questions", "rejects", "episodes", "verdicts", "scores")
    }
    files = ReportFiles.of(
        named
        | {
            "formats": "f",
            "losses": [],
            "splits": "s",
            "predictions": "p",
            "summary": "m",
            "comparison": "c",
            "arms": [],
        }
    )
    assert (files.profiles, files.formats, files.losses) == ([Path("a")], [Path("f")], [])
    assert files.arms == []
    assert (files.splits, files.predictions) == (Path("s"), Path("p"))


def test_a_malformed_line_is_named(project: Any, tmp_path: Path) -> None:
    losses = tmp_path / "metrics.ndjson"
    losses.write_text('{"step": 1, "split": "train", "loss": 0.5}\n{"step": 2}\n')
    with pytest.raises(ValueError, match=r"metrics\.ndjson:2"):
        read_inputs(replace(project.files(), losses=[losses]), "t", "p", {}, {}, {}, project.root)


def test_invisible_characters_are_made_visible() -> None:
    assert make_visible("a\x00b\u202ec\ud800\n") == "a⟨U+0000⟩b⟨U+202E⟩c⟨U+D800⟩\n"
    assert make_visible("x" * (LONGEST_TEXT + 10)).endswith("(10 more characters)")
    assert make_visible(7) == 7


def test_p_values_are_written_with_two_digits() -> None:
    assert [p_value(p) for p in (None, 0.0, 0.0423, 1.0)] == ["–", "<\u202f10⁻³⁰⁰", "0.042", "1"]
    assert p_value(1.234e-12) == "1.2\u202f×\u202f10⁻¹²"
