"""Write the training and validation rows of a format from episodes and verdicts. Test tables give no rows."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from loguru import logger

from tabletutor.config.formats import FormatConfig, OwnRowsConfig
from tabletutor.formats.converter import Case
from tabletutor.formats.own_rows import draw_own_rows
from tabletutor.formats.registry import load_format
from tabletutor.formats.select import Candidate, select, to_candidate
from tabletutor.models.prompt import table_card
from tabletutor.records.episode import Episode, Verdict
from tabletutor.records.question import Question
from tabletutor.records.record import each_record, read_record, read_records, write_lines, write_record, write_records
from tabletutor.records.table import Split, TableProfile
from tabletutor.rows.row import FormatStats, SplitStats

SPLITS: tuple[Split, ...] = ("train", "validation")


class EpisodeFiles(NamedTuple):
    """The files of one table that rows are made from."""

    profile: Path
    questions: Path
    episodes: Path
    verdicts: Path


class SplitFiles(NamedTuple):
    """The output files of one split of a format: its rows, and the notes on them."""

    rows: Path
    notes: Path


def build_format(
    name: str,
    tables: Mapping[str, EpisodeFiles],
    splits: Mapping[str, Split],
    config: FormatConfig,
    seed: int,
    outputs: Mapping[Split, SplitFiles],
    stats: Path,
) -> FormatStats:
    """Write the rows of the format `name`, the notes on them, and the statistics. Return the statistics.

    `tables` has the files and `splits` the split of each table.

    Raises ValueError if the training split has neither a verified episode nor a row of the user's own, if a validation
    split with tables has no verified episode, or if a row of the user's own is malformed.
    """
    all_stats: list[SplitStats] = []
    for split in SPLITS:
        dropped: Counter[str] = Counter()
        rows: list[Candidate] = []
        members = sorted(table for table in tables if splits[table] == split)
        for table in members:
            rows += _rows(name, read_cases(tables[table], split), config, seed, dropped)
        own = config.own_rows if split == "train" and isinstance(config, OwnRowsConfig) else ()
        if not rows and not dropped["no_row"] and (members or split == "train") and not own:
            raise ValueError(f"{name}: no table of the {split} split has a verified episode, so there is no row")
        selected = select(rows, config, seed, dropped)
        drawn, own_stats = draw_own_rows(own, selected, seed)
        selected = sorted([*selected, *drawn], key=Candidate.sort_key)
        if not selected:
            logger.warning("{}: the {} split has no row; stats.json counts what was left out, by reason", name, split)
        made = len(selected) - len(drawn)
        logger.info("{} {}: {} rows of {} candidates kept, {} own rows", name, split, made, len(rows), len(drawn))
        write_lines(outputs[split].rows, [row.line for row in selected])
        write_records(outputs[split].notes, [row.note for row in selected])
        all_stats.append(msgspec.structs.replace(split_stats(split, selected, dropped), own_rows=own_stats))
    result = FormatStats(format=name, splits=tuple(all_stats))
    write_record(stats, result)
    return result


def read_cases(files: EpisodeFiles, split: Split) -> Iterable[Case]:
    """Yield the case of each question of one table. Raises ValueError if a question was asked for another split."""
    card = table_card(read_record(files.profile, TableProfile))
    questions = {question.question_id: question for question in read_records(files.questions, Question)}
    verdicts = {verdict.question_id: verdict for verdict in read_records(files.verdicts, Verdict)}
    for episode in each_record(files.episodes, Episode):
        question = questions[episode.question_id]
        if split == "train" and question.novelty != "trained":
            raise ValueError(
                f"{files.questions}: question {question.question_id} is held out from training, but table "
                f"{episode.table} is in the train split; the questions were made for another split. Delete this file "
                f"and run again"
            )
        yield Case(episode, verdicts[episode.question_id], question, card)


def _rows(
    name: str, cases: Iterable[Case], config: FormatConfig, seed: int, dropped: Counter[str]
) -> Iterable[Candidate]:
    """Yield the rows of the verified cases. Only one episode at a time is in memory."""
    convert = load_format(name).rows
    for case in cases:
        if not case.verdict.verified:
            dropped["not_verified"] += 1
            continue
        rows = [to_candidate(row, case) for row in convert(case, config, seed)]
        dropped["no_row"] += not rows
        yield from rows


def split_stats(split: Split, selected: Sequence[Candidate], dropped: Mapping[str, int]) -> SplitStats:
    """Return the row counts of one split."""

    def count(values: Iterable[str]) -> dict[str, int]:
        return dict(sorted(Counter(values).items()))

    return SplitStats(
        split=split,
        rows=len(selected),
        by_table=count(row.note.table for row in selected),
        by_family=count(row.note.family for row in selected),
        by_turns=count(str(row.turns) for row in selected),
        by_label=count({True: "right", False: "wrong"}[row.label] for row in selected if row.label is not None),
        dropped={reason: number for reason, number in sorted(dropped.items()) if number},
    )
