"""The report counts clauses against other readings, and candidates that no clause settles."""

from dataclasses import replace
from typing import Any

from msgspec.structs import replace as replace_fields

from tabletutor.records.question import Reject
from tabletutor.reporting.data_context import readings_section
from tabletutor.reporting.inputs import ReportInputs, read_inputs
from tabletutor.reporting.render import build_report


def inputs(project: Any, tags: list[tuple[str, ...]], readings: list[tuple[str, ...]]) -> ReportInputs:
    read = read_inputs(project.files(), "A title", "tiny", {}, project.settings, {}, project.root)
    questions = [replace_fields(question, tags=tag) for question, tag in zip(read.questions, tags, strict=False)]
    rejects = [
        Reject("planes", "spread", "What is it?", "ambiguous", "needs 3 clauses", readings=each) for each in readings
    ]
    return replace(read, questions=questions, rejects=[*rejects, Reject("planes", "mean", "What?", "tie")])


def test_readings_are_counted(project: Any) -> None:
    tags = [("clause:half_away", "clause:population_deviation"), ("binary_choice",), ("clause:half_away",)]
    read = inputs(project, tags, [("fraction", "half_away"), ("fraction",)])
    assert readings_section(read) == {
        "rows": [("half_away", 2, 1), ("population_deviation", 1, 0), ("fraction", 0, 2)],
        "added": 2,
        "rejected": 2,
    }
    html = build_report(read)
    assert "<th>population deviation</th>" in html
    assert "2 candidates were rejected because no clause settles them" in html


def test_a_report_without_other_readings_has_no_table_of_them(project: Any) -> None:
    assert "Other readings" not in build_report(inputs(project, [()], []))
