"""A user's own questions and answers: read from CSV and JSON Lines, checked by type, and used by the stages after."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tabletutor.questions.mix import mix_questions
from tabletutor.questions.pairs import build_pairs, infer_type
from tabletutor.records.question import Question, Reject
from tabletutor.records.record import read_records, write_record, write_records
from tabletutor.records.table import Split
from tests.support.cases import PROFILE


def build(folder: Path, text: str, suffix: str = "csv", split: Split = "train") -> list[Question]:
    (folder / f"pairs.{suffix}").write_text(text, encoding="utf-8")
    write_record(folder / "profile.json", PROFILE)
    build_pairs(
        folder / f"pairs.{suffix}",
        profile_path=folder / "profile.json",
        split=split,
        questions=folder / "questions.jsonl",
        rejects=folder / "rejects.jsonl",
    )
    assert read_records(folder / "rejects.jsonl", Reject) == []
    return read_records(folder / "questions.jsonl", Question)


def test_the_same_pairs_in_both_kinds_of_file(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"question": "What is the mean wind?", "answer": "2.1", "decimals": 1, "tolerance": 0.2, "unit": "m/s"},
        {"question": "Which days, if any?", "answer": ["b", "a"], "answer_type": "set", "item": "category"},
        {"question": "Is it windy, or\nnot?", "answer": "yes", "hint": "Look.", "difficulty": "hard", "id": "q7"},
    ]
    lines = "\n".join(json.dumps(row) for row in rows)
    table = (
        "\ufeffquestion,answer,decimals,tolerance,unit,answer_type,item,hint,difficulty,id\r\n"
        "What is the mean wind?,2.1,1,0.2,m/s,,,,,\r\n\r\n"
        '"Which days, if any?","[""b"", ""a""]",,,,set,category,,,\r\n'
        '"Is it windy, or\nnot?",yes,,,,,,Look.,hard,q7\r\n'
    )
    questions = build(tmp_path, table)
    assert questions == build(tmp_path, lines, "jsonl")
    by_text = {question.text: question for question in questions}
    mean, days, windy = (by_text[row["question"]] for row in rows)
    spec = mean.answer_spec
    assert (mean.answer, mean.answer_type, spec.decimals, spec.tolerance, spec.unit) == (2.1, "number", 1, 0.2, "m/s")
    assert (days.answer, days.answer_type, days.answer_spec.item) == (["a", "b"], "set", "category")
    assert (windy.answer, windy.answer_type, windy.hint, windy.difficulty) == (True, "boolean", "Look.", "hard")
    assert (windy.source, windy.family, windy.novelty, windy.tags) == ("pairs", "pairs", "trained", ("pair:q7",))
    assert (windy.engines, windy.program, mean.difficulty) == ({}, None, "medium")
    assert {question.novelty for question in build(tmp_path, table, split="test")} == {"other_source"}


def test_an_id_outlives_a_correction(tmp_path: Path) -> None:
    before, after = (build(tmp_path, f"id,question,answer\nq1,How many?,{number}\n") for number in (1, 2))
    assert before[0].question_id == after[0].question_id
    assert before[0].answer != after[0].answer


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (3, "integer"),
        (3.0, "number"),
        (True, "boolean"),
        ("1,234", "integer"),
        ("-0.5", "number"),
        ("45 %", "percentage"),
        ("No", "boolean"),
        ("2020-01-31", "date"),
        ("2020-01-31 10:20", "date"),
        ("007", "category"),
        ("12 km", "category"),
        ("2020-1-1", "category"),
        ({"a": 1, "b": "x"}, "mapping"),
        ({"a": {"x": 1}}, "table"),
    ],
)
def test_a_type_that_is_not_declared_follows_from_the_form_of_the_answer(answer: Any, expected: str) -> None:
    assert infer_type(answer) == expected


def test_decimals_or_a_tolerance_make_a_whole_number_a_number(tmp_path: Path) -> None:
    (question,) = build(tmp_path, "question,answer,tolerance\nHow long?,12,0.5\n")
    assert (question.answer_type, question.answer) == ("number", 12.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no question; write some, or remove the file"),
        ("question,anser\n", "1: no column is named 'anser'; did you mean answer?"),
        ("question,unit\n", "1: answer is missing"),
        ("question,answer,answer\n", "1: column 'answer' stands twice"),
        ("question,answer\nA?,1\nB?\n", "3: 1 cells under 2 columns; put a cell with a comma in quotes"),
        ("question,answer\nA?,1\n,2\n", "3: question is missing; every pair needs a question and an answer"),
        ("question,answer\nA?,\n", "2: answer is missing"),
        ('question,answer\n"A?,1\n', "2: not CSV: .*; mend its quotes"),
        ("question,answer,answer_type\nA?,x,numbr\n", "2: answer_type: 'numbr' is unknown; did you mean number?"),
        ("question,answer,difficulty\nA?,x,hrd\n", "2: difficulty: 'hrd' is unknown; did you mean hard?"),
        ("question,answer,decimals\nA?,1,-1\n", "2: decimals: '-1' is not a whole number from 0 to 15"),
        ("question,answer,tolerance\nA?,1,some\n", "2: tolerance: 'some' is not a number that is not negative"),
        ("question,answer,parts\nA?,1,x\n", "2: parts: 'x' is not an object from each part's name to its type"),
        (
            "question,answer,tolerance\nA?,x,1\n",
            "2: tolerance: applies to numbers and percentages, not to type category",
        ),
        ("question,answer,item\nA?,x,category\n", "2: item: a category has no members; remove it"),
        ("question,answer,answer_type\nA?,x,integer\n", "2: answer: does not fit the type integer: 'x' is no integer"),
        ('question,answer\nA?,"[1, 2]"\n', "2: answer: a list may be ordered or not; set answer_type to list"),
        ("question,answer\nA?,[1\n", r"2: answer: '\[1' is not JSON"),
        ("question,answer\nA?,1\na?,2\n", "3: question: the same as at .*csv:2; change or remove one"),
        ("question,answer,id\nA?,1,q\nB?,2,q\n", "3: id: the same as at .*csv:2"),
    ],
)
def test_a_fault_is_an_error_with_file_line_and_column(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=rf"pairs\.csv:? ?{message}"):
        build(tmp_path, text)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[1]", "1: not a JSON object"),
        ("{", "1: not JSON"),
        ('{"question": "A?", "answer": null}', "1: answer is missing"),
        ('{"question": 7, "answer": 1}', "1: question: 7 is not a text, or is empty"),
    ],
)
def test_a_fault_in_json_lines(line: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=rf"pairs\.jsonl:{message}"):
        build(tmp_path, line, "jsonl")


def test_a_text_in_another_encoding_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_bytes("question,answer\nWelche Größe?,1\n".encode("latin-1"))
    write_record(tmp_path / "profile.json", PROFILE)
    with pytest.raises(ValueError, match=r"pairs\.csv: not UTF-8 at byte 25; save it in UTF-8"):
        build_pairs(
            tmp_path / "pairs.csv",
            profile_path=tmp_path / "profile.json",
            split="train",
            questions=tmp_path / "questions.jsonl",
            rejects=tmp_path / "rejects.jsonl",
        )


def test_a_pair_wins_over_a_question_with_the_same_text(tmp_path: Path) -> None:
    (pair,) = build(tmp_path, "question,answer\nHow many  Rows?,9\n")
    other = tmp_path / "program.jsonl"
    question = msgspec.structs.replace(pair, question_id="other", source="program", text="How many rows?")
    write_records(other, [question])
    output, rejected = tmp_path / "mixed.jsonl", tmp_path / "mixed.rejects.jsonl"
    paths = [tmp_path / "questions.jsonl", other]
    assert mix_questions(questions=paths, rejects=[tmp_path / "rejects.jsonl"], output=output, rejected=rejected) == 1
    assert read_records(output, Question) == [pair]
    assert [reject.reason for reject in read_records(rejected, Reject)] == ["duplicate"]
