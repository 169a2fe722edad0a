"""Worked examples: which conversations are drawn, and that prompts have room for them."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from tabletutor.config.models import ScratchModelConfig
from tabletutor.evaluation.prompt_room import check_room
from tabletutor.evaluation.worked_examples import ExampleFiles, WorkedExample, draw_examples, read_examples
from tabletutor.models.chat import opening_ids
from tabletutor.models.decoder import DecodeLimits
from tabletutor.models.prompt import conversation, opening, table_card
from tabletutor.models.tokenizer import train_tokenizer
from tabletutor.records.record import read_records, write_record, write_records
from tests.support.cases import PROFILE, above

TABLES = ("one", "two")


def write_tables(folder: Path, count: int) -> dict[str, ExampleFiles]:
    """Write tables with `count` questions each, of two families. The last question of each is not verified."""
    files: dict[str, ExampleFiles] = {}
    for place, table in enumerate(TABLES):
        cases = [above(10 + limit + place * count) for limit in range(count)]
        of_table = ExampleFiles(*(folder / f"{table}.{name}" for name in ExampleFiles._fields))
        questions = [
            replace(case.question, table=table, family=f"family {limit % 2}") for limit, case in enumerate(cases)
        ]
        write_records(of_table.questions, questions)
        write_record(of_table.profile, replace(PROFILE, table=table))
        write_records(of_table.episodes, [replace(case.episode, table=table) for case in cases])
        verdicts = [replace(case.verdict, verified=case is not cases[-1]) for case in cases]
        write_records(of_table.verdicts, verdicts)
        files[table] = of_table
    return files


def draw(files: dict[str, ExampleFiles], count: int, output: Path, seed: int = 0) -> list[WorkedExample]:
    draw_examples(files, count, seed, output)
    return read_records(output, WorkedExample)


def test_examples_are_whole_right_conversations_about_their_own_table(tmp_path: Path) -> None:
    (example, *_) = draw(write_tables(tmp_path, 4), 3, tmp_path / "examples.jsonl")
    case = above(int(example.question_id[1:]))
    card = table_card(replace(PROFILE, table=example.table))
    assert example.trace_id == case.gold.trace_id == "gold"
    assert list(example.messages) == conversation(opening(card, case.question.text), case.gold.turns)[1:]
    assert example.messages[-1]["content"].endswith("submit(rows['wind'].mean())\n```")


def test_tables_and_families_take_turns_and_fewer_examples_are_the_first_of_more(tmp_path: Path) -> None:
    files = write_tables(tmp_path, 7)
    four = draw(files, 4, tmp_path / "four.jsonl")
    assert sorted((each.table, each.family) for each in four) == [
        (table, f"family {number}") for table in TABLES for number in (0, 1)
    ]
    assert draw(files, 2, tmp_path / "two.jsonl") == four[:2]
    assert draw(dict(reversed(files.items())), 4, tmp_path / "reversed.jsonl") == four
    drawn = {tuple(each.question_id for each in draw(files, 4, tmp_path / "x.jsonl", seed)) for seed in range(5)}
    assert len(drawn) == 5
    unverified = {"q16", "q23"}
    assert not unverified & {each.question_id for each in draw(files, 12, tmp_path / "all.jsonl")}


def test_only_the_shorter_half_is_drawn_from(tmp_path: Path) -> None:
    files = write_tables(tmp_path, 4)
    long = replace(PROFILE, table="two", columns=PROFILE.columns * 9)
    write_record(files["two"].profile, long)
    assert {each.table for each in draw(files, 3, tmp_path / "examples.jsonl")} == {"one"}
    with pytest.raises(ValueError, match=r"4 worked examples are wanted, but there are 3 .* lower runs\.\*\.shots"):
        draw(files, 4, tmp_path / "more.jsonl")


def test_no_verified_question_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no training table has a verified question"):
        draw(write_tables(tmp_path, 1), 1, tmp_path / "examples.jsonl")


def test_examples_come_between_the_instructions_and_the_question_and_must_fit(tmp_path: Path) -> None:
    draw(write_tables(tmp_path, 4), 2, tmp_path / "examples.jsonl")
    examples = read_examples([tmp_path / "examples.jsonl"])
    plain, whole = opening("card", "Why?"), opening("card", "Why?", examples)
    assert whole == [plain[0], *examples, plain[1]]
    assert [message["role"] for message in whole] == ["system", *["user", "assistant"] * 6, "user"]
    tokenizer = train_tokenizer(ScratchModelConfig(source="scratch", vocabulary=400), ["the table df has a column n"])
    needed = len(opening_ids(tokenizer, whole)) + 8
    check_room("base", tokenizer, examples, [("card", "Why?")], DecodeLimits(8, needed))
    with pytest.raises(ValueError, match=rf"^runs\.base\.shots: .* raise max_context to at least {needed}, or lower"):
        check_room("base", tokenizer, examples, [("card", "Why?")], DecodeLimits(8, needed - 1))
    # A question that would not fit alone is not the fault of the examples.
    check_room("base", tokenizer, examples, [("card", "Why?"), ("card " * needed, "?")], DecodeLimits(8, needed))
