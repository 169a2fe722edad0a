"""Writes a format's training and validation rows from episodes and verdicts; test tables give no row."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from loguru import logger

from tabletutor.config.formats import FormatConfig
from tabletutor.formats.case import Case
from tabletutor.formats.draft import Candidate, candidate
from tabletutor.formats.registry import find
from tabletutor.formats.select import select
from tabletutor.models.prompt import table_card
from tabletutor.records.episode import Episode, Verdict
from tabletutor.records.question import Question
from tabletutor.records.record import each_record, read_record, read_records, write_lines, write_record, write_records
from tabletutor.records.table import Split, TableProfile
from tabletutor.rows.row import FormatStats, SplitStats

SPLITS: tuple[Split, ...] = ("train", "validation")


class SplitFiles(NamedTuple):
    """Where one split of a format goes: its rows, and a note on each."""

    rows: Path
    notes: Path


def build_format(
    name: str,
    tables: Mapping[str, tuple[Path, Path, Path, Path]],
    splits: Mapping[str, Split],
    config: FormatConfig,
    seed: int,
    outputs: Mapping[Split, SplitFiles],
    stats: Path,
) -> FormatStats:
    """Write the rows of the format `name`, the notes on them and the statistics.

    `tables` maps a table to its profile, questions, episodes and verdicts, `splits` to its split. Raises ValueError
    where a split has no verified episode; there need be no validation table.
    """
    all_stats: list[SplitStats] = []
    for split in SPLITS:
        dropped: Counter[str] = Counter()
        rows: list[Candidate] = []
        members = sorted(table for table in tables if splits[table] == split)
        for table in members:
            rows += _rows(name, _cases(tables[table], split), config, seed, dropped)
        if not rows and not dropped["no_row"] and (members or split == "train"):
            raise ValueError(f"{name}: no table of the {split} split has a verified episode, so there is no row")
        kept = sorted(select(rows, config, seed, dropped), key=Candidate.order)
        if not kept:
            logger.warning("{}: the {} split has no row; stats.json says what was left out and why", name, split)
        write_lines(outputs[split].rows, [row.line for row in kept])
        write_records(outputs[split].notes, [row.note for row in kept])
        all_stats.append(split_stats(split, kept, dropped))
    result = FormatStats(format=name, splits=tuple(all_stats))
    write_record(stats, result)
    return result


def _cases(files: tuple[Path, Path, Path, Path], split: Split) -> Iterable[Case]:
    """All cases of one table. Raises ValueError where a question was asked for another split."""
    profile_path, questions_path, episodes_path, verdicts_path = files
    card = table_card(read_record(profile_path, TableProfile))
    questions = {question.question_id: question for question in read_records(questions_path, Question)}
    verdicts = {verdict.question_id: verdict for verdict in read_records(verdicts_path, Verdict)}
    for episode in each_record(episodes_path, Episode):
        question = questions[episode.question_id]
        if split == "train" and question.novelty != "trained":
            raise ValueError(
                f"{questions_path}: question {question.question_id} is held out, but table {episode.table} is in the "
                f"train split now; it was asked for another split. Delete this file and run again"
            )
        yield Case(episode, verdicts[episode.question_id], question, card)


def _rows(
    name: str, cases: Iterable[Case], config: FormatConfig, seed: int, dropped: Counter[str]
) -> Iterable[Candidate]:
    """The rows of the verified cases. An episode is let go once its rows are made."""
    convert = find(name).rows
    for case in cases:
        if not case.verdict.verified:
            dropped["not_verified"] += 1
            continue
        found = [candidate(row, case) for row in convert(case, config, seed)]
        dropped["no_row"] += not found
        yield from found


def split_stats(split: Split, kept: Sequence[Candidate], dropped: Mapping[str, int]) -> SplitStats:
    """Counts of one split."""

    def counted(values: Iterable[str]) -> dict[str, int]:
        return dict(sorted(Counter(values).items()))

    return SplitStats(
        split=split,
        rows=len(kept),
        by_table=counted(row.note.table for row in kept),
        by_family=counted(row.note.family for row in kept),
        by_turns=counted(str(row.turns) for row in kept),
        by_label=counted({True: "right", False: "wrong"}[row.label] for row in kept if row.label is not None),
        dropped={reason: count for reason, count in sorted(dropped.items()) if count},
    )
