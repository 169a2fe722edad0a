"""sft-standard: verified gold traces only, no hint, no test table, true observations; and the mask check."""

from pathlib import Path

import msgspec
import pytest

from tabletutor.config.schema import SftStandardConfig
from tabletutor.formats.build import build_sft_standard, limited, unique
from tabletutor.formats.leak import hint_leak
from tabletutor.formats.row import FormatStats, SftRow
from tabletutor.formats.sft_standard import rows
from tabletutor.records.episode import Episode, Hook, Trace, Turn, Verdict
from tabletutor.records.question import AnswerSpec, Question
from tabletutor.records.record import read_record, read_records, write_record, write_records
from tabletutor.records.table import ColumnProfile, Source, Splits, TableProfile, TableSplit

PROFILE = TableProfile("t", "00", Source("t.csv", 1, "utf-8", {}), 9, (ColumnProfile("wind", "number", 1, 5),))
HINT = "Keep rows where wind > 5, then take the mean of wind."


def question(name: str, table: str = "t", text: str = "What is the mean wind?") -> Question:
    return Question(
        question_id=name, table=table, source="program", text=text, answer_type="number", answer_spec=AnswerSpec(),
        answer=1.5, family="aggregate", category="aggregate", wording="aggregate/0", novelty="trained",
        difficulty="easy", hint=HINT,
    )  # fmt: skip


def trace(name: str, role: str = "gold", mends: bool = False) -> Trace:
    turns = (
        Turn(0, "Look.", "df.head(1)", "   wind\n0   1.5\n"),
        Turn(1, "Filter.", "rows = df", "", hooks=(Hook("rows", 9, "00"),), corrects_turn=0 if mends else None),
        Turn(2, "Mean.", f"submit(rows['wind'].mean())  # {name}", ""),
    )
    return Trace(name, role, "program", turns, "submit", 1.5)  # type: ignore[arg-type]


def judged(name: str, *traces: Trace, verified: bool = True, table: str = "t") -> tuple[Episode, Verdict]:
    correct = {each.trace_id: True for each in traces}
    return (
        Episode(f"e-{name}", name, table, traces),
        Verdict(name, table, verified, 1.5, (), {}, "verified" if verified else "execution_failure", correct),
    )


def test_a_row_is_the_prompt_the_turns_and_true_observations() -> None:
    episode, verdict = judged("q", trace("g"))
    (row,) = rows(episode, verdict, question("q"), PROFILE, SftStandardConfig(), 0)
    assert [message["role"] for message in row.messages] == [
        "system",
        "user",
        "assistant",
        "user",
        "assistant",
        "user",
        "assistant",
    ]
    assert row.messages[3]["content"] == "   wind\n0   1.5"
    assert row.messages[5]["content"] == "rows = 9"
    assert row.messages[-1]["content"].endswith("submit(rows['wind'].mean())  # g\n```")


def test_unverified_perturbed_and_wrong_traces_give_no_row_unless_mended_ones_are_wanted() -> None:
    episode, verdict = judged("q", trace("g"), trace("p", "perturbed", mends=True), trace("w", "perturbed"))
    assert [row.trace_id for row in rows(episode, verdict, question("q"), PROFILE, SftStandardConfig(), 0)] == ["g"]
    wanted = SftStandardConfig(include_recovered=True)
    assert [row.trace_id for row in rows(episode, verdict, question("q"), PROFILE, wanted, 0)] == ["g", "p"]
    episode, verdict = judged("q", trace("g"), verified=False)
    assert not list(rows(episode, verdict, question("q"), PROFILE, wanted, 0))


def test_a_share_of_the_rows_ends_after_the_first_turn() -> None:
    def lengths(share: float) -> list[int]:
        episode, verdict = judged("q", *(trace(f"g{number}") for number in range(60)))
        config = SftStandardConfig(first_turn_share=share)
        return [len(row.messages) for row in rows(episode, verdict, question("q"), PROFILE, config, 0)]

    assert set(lengths(0.0)) == {7}
    assert set(lengths(1.0)) == {3}
    assert 15 < lengths(0.5).count(3) < 45
    assert lengths(0.5) == lengths(0.5)


def test_a_hint_in_the_prompt_is_found_and_the_questions_own_words_are_not() -> None:
    def opened(text: str) -> SftRow:
        return SftRow("q", "t", "g", ({"role": "user", "content": text}, {"role": "assistant", "content": HINT}))

    assert hint_leak(opened(f"Mean wind? Hint: {HINT}"), question("q"))
    assert hint_leak(opened("Mean wind?"), question("q")) is None
    own = "Keep rows where wind > 5, then take the mean of wind, and tell me."
    assert hint_leak(opened(own), question("q", text=own)) is None


def project(folder: Path, tables: dict[str, str]) -> dict[str, tuple[Path, Path, Path, Path]]:
    write_record(
        folder / "splits.json", Splits(tuple(TableSplit(name, name, split, True) for name, split in tables.items()))
    )  # type: ignore[arg-type]
    paths = {name: tuple(folder / f"{name}.{part}" for part in ("json", "q", "e", "v")) for name in tables}
    for name, (profile, questions, episodes, verdicts) in paths.items():
        pairs = [judged(f"{name}-{number}", trace(f"{name}-{number}"), table=name) for number in range(6)]
        write_record(profile, PROFILE)
        write_records(questions, [question(f"{name}-{number}", name) for number in range(6)])
        write_records(episodes, [episode for episode, _ in pairs])
        write_records(verdicts, [verdict for _, verdict in pairs])
    return paths  # type: ignore[return-value]


def test_rows_follow_the_split_of_their_table_and_caps_are_counted(tmp_path: Path) -> None:
    paths = project(tmp_path, {"a": "train", "b": "validation", "c": "test"})
    outputs = {"train": tmp_path / "train.jsonl", "validation": tmp_path / "validation.jsonl"}
    build_sft_standard(
        paths, tmp_path / "splits.json", SftStandardConfig(per_table=4), 0, outputs, tmp_path / "stats.json"
    )  # type: ignore[arg-type]
    assert {row.table for row in read_records(outputs["train"], SftRow)} == {"a"}
    assert {row.table for row in read_records(outputs["validation"], SftRow)} == {"b"}
    stats = read_record(tmp_path / "stats.json", FormatStats)
    assert [(split.rows, split.dropped) for split in stats.splits] == [(4, {"over_per_table": 2})] * 2


def test_a_split_without_rows_is_an_error(tmp_path: Path) -> None:
    paths = project(tmp_path, {"a": "train", "c": "test"})
    outputs = {"train": tmp_path / "train.jsonl", "validation": tmp_path / "validation.jsonl"}
    with pytest.raises(ValueError, match="the validation split has no row"):
        build_sft_standard(paths, tmp_path / "splits.json", SftStandardConfig(), 0, outputs, tmp_path / "stats.json")  # type: ignore[arg-type]


def test_repeats_are_removed_and_the_cap_keeps_its_choice_when_a_row_is_added() -> None:
    made = [SftRow(f"q{number}", "t", f"g{number}", ({"role": "user", "content": str(number)},)) for number in range(9)]
    again = SftRow("q9", "t", "g9", made[0].messages)
    assert unique([*made, again]) == made
    before = {row.trace_id for row in limited(made, 4, 0)}
    after = {row.trace_id for row in limited([*made, again], 4, 0)}
    assert len(before & after) >= 3


def test_questions_asked_for_another_split_are_refused(tmp_path: Path) -> None:
    paths = project(tmp_path, {"a": "train", "b": "validation"})
    asked = [msgspec.structs.replace(question(f"a-{number}", "a"), novelty="new_family") for number in range(6)]
    write_records(paths["a"][1], asked)
    outputs = {"train": tmp_path / "train.jsonl", "validation": tmp_path / "validation.jsonl"}
    with pytest.raises(ValueError, match=r"asked for another split\. Delete this file"):
        build_sft_standard(paths, tmp_path / "splits.json", SftStandardConfig(), 0, outputs, tmp_path / "stats.json")  # type: ignore[arg-type]
