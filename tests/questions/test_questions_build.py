"""Questions of a table: three engines agree, held-out families stay out of training, rejects have reasons."""

from collections import Counter
from csv import writer as csv_writer
from pathlib import Path

import pytest

from tabletutor.config.questions import ProgramQuestionsConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.tables import TablesConfig
from tabletutor.matching.match import match
from tabletutor.questions.build import build_questions
from tabletutor.questions.validate import ENGINE_AGREEMENT, contains_answer, round_digits
from tabletutor.records.question import Question, Reject
from tabletutor.records.record import read_records
from tabletutor.records.table import Split
from tabletutor.tables.ingest import ingest

HELD = ("group_rank", "correlation", "top_mean")
CONFIG = ProgramQuestionsConfig(per_table={"train": 24, "validation": 24, "test": 24}, heldout_families=HELD)
TABLES = Path(__file__).parents[2] / "resources" / "tables"


def build(
    folder: Path, csv: Path, split: Split, config: ProgramQuestionsConfig = CONFIG
) -> tuple[list[Question], list[Reject]]:
    ingest(
        csv,
        table="table",
        source_path=csv.name,
        config=TablesConfig(),
        parquet=folder / "table.parquet",
        profile=folder / "profile.json",
    )
    build_questions(
        profile_path=folder / "profile.json",
        parquet=folder / "table.parquet",
        split=split,
        config=config,
        sandbox=SandboxConfig(),
        seed=0,
        cache=folder / "cache",
        code="code",
        questions=folder / "questions.jsonl",
        rejects=folder / "rejects.jsonl",
    )
    return read_records(folder / "questions.jsonl", Question), read_records(folder / "rejects.jsonl", Reject)


def test_a_training_table_gets_trained_kinds_only_and_all_engines_agree(tmp_path: Path) -> None:
    questions, rejects = build(tmp_path, TABLES / "penguins_raw.csv", "train")
    assert len(questions) == 24
    assert {question.novelty for question in questions} == {"trained"}
    assert not {question.family for question in questions} & set(HELD)
    assert max(Counter(question.family for question in questions).values()) <= CONFIG.per_family
    assert len({question.question_id for question in questions}) == len({question.text for question in questions}) == 24
    for question in questions:
        assert sorted(question.engines) == ["duckdb", "pandas", "polars"]
        for answer in question.engines.values():
            assert match(question.answer, answer, question.answer_type, question.answer_spec, ENGINE_AGREEMENT)
    assert all(reject.reason for reject in rejects)
    assert not [reject for reject in rejects if reject.reason in ("engines_disagree", "engine_error")]


@pytest.mark.slow
def test_a_test_table_gets_held_out_families_and_wordings_and_the_same_bytes_again(tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"heldout_compositions": 0})
    questions, _ = build(tmp_path / "a", TABLES / "mpg.csv", "test", config)
    novelty = Counter(question.novelty for question in questions)
    assert set(novelty) == {"trained", "new_wording", "new_composition"}
    assert all((question.family in HELD) == (question.novelty == "new_composition") for question in questions)
    build(tmp_path / "b", TABLES / "mpg.csv", "test", config)
    for name in ("questions.jsonl", "rejects.jsonl"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_headers_and_cells_that_look_like_code_stay_data(tmp_path: Path) -> None:
    csv = tmp_path / "hostile.csv"
    with csv.open("w", newline="") as stream:
        writer = csv_writer(stream)
        writer.writerow(["it's {a} [b|c]\n\");import os#", 'num"; DROP TABLE t; --', "plain"])
        writer.writerows([f"{chr(97 + row % 3)}{{x}}'\"", row * 7 % 31, f"{row}.5"] for row in range(40))
    questions, rejects = build(tmp_path, csv, "train")
    assert questions
    assert not [reject for reject in rejects if reject.reason in ("engines_disagree", "engine_error")]


def test_a_table_too_plain_to_ask_about_is_a_clear_error(tmp_path: Path) -> None:
    csv = tmp_path / "plain.csv"
    csv.write_text("a\n" + "same\n" * 20)
    with pytest.raises(ValueError, match=r"table table: none of .* candidate questions was accepted"):
        build(tmp_path, csv, "train")


@pytest.mark.parametrize(
    ("answer", "text", "given"),
    [("rain", "Where weather is 'Rain'?", True), ("no", "How is Norway?", False), ("1", "Is it a1 or 1?", True)],
)
def test_an_answer_is_given_away_as_a_word_of_its_own(answer: str, text: str, given: bool) -> None:
    assert contains_answer(answer, text) is given


def test_what_polars_said_is_kept_to_twelve_digits() -> None:
    """The last digits of its sums differ between runs (memory alignment); records must not."""
    assert round_digits(3.4447619047619047) == round_digits(3.4447619047619042) == 3.44476190476
    assert round_digits({"a": [1 / 3, 2, "x", True, None]}) == {"a": [0.333333333333, 2, "x", True, None]}
