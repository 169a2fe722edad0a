"""Writes a format's training and validation rows from episodes and verdicts; test tables give no row."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from loguru import logger

from tabletutor.config.formats import FormatConfig, LabelledConfig, PairsConfig
from tabletutor.formats.case import Case
from tabletutor.formats.registry import find
from tabletutor.formats.row import FormatStats, Note, PairRow, Row, SplitStats
from tabletutor.formats.select import balanced, capped, drawn, unique
from tabletutor.formats.surface import Pair, even
from tabletutor.records.episode import Episode, Verdict
from tabletutor.records.question import Question
from tabletutor.records.record import read_record, read_records, write_record, write_records
from tabletutor.records.table import Split, Splits, TableProfile

SPLITS: tuple[Split, ...] = ("train", "validation")


class SplitFiles(NamedTuple):
    """Where one split of a format goes: its rows, and a note on each."""

    rows: Path
    notes: Path


def build_format(
    name: str,
    tables: Mapping[str, tuple[Path, Path, Path, Path]],
    splits_path: Path,
    config: FormatConfig,
    seed: int,
    outputs: Mapping[Split, SplitFiles],
    stats: Path,
) -> FormatStats:
    """Write the rows of the format `name`, the notes on them and the statistics.

    `tables` maps a table to its profile, questions, episodes and verdicts. Raises ValueError where a split has no
    verified episode.
    """
    splits = read_record(splits_path, Splits)
    all_stats: list[SplitStats] = []
    for split in SPLITS:
        dropped: Counter[str] = Counter()
        cases: dict[str, Case] = {}
        for table in sorted(table for table in tables if splits.of(table) == split):
            for case in _cases(tables[table], split):
                if case.verdict.verified:
                    cases[case.question.question_id] = case
                else:
                    dropped["not_verified"] += 1
        if not cases:
            raise ValueError(f"{name}: no table of the {split} split has a verified episode, so there is no row")
        kept = sorted(
            select(_rows(name, cases.values(), config, seed, dropped), cases, config, seed, dropped),
            key=lambda row: (row.table, row.question_id, row.trace_id),
        )
        if not kept:
            logger.warning("{}: the {} split has no row: none of its episodes has what this format needs", name, split)
        write_records(outputs[split].rows, kept)
        write_records(outputs[split].notes, [note(row, cases[row.question_id]) for row in kept])
        all_stats.append(split_stats(split, kept, cases, dropped))
    result = FormatStats(format=name, splits=tuple(all_stats))
    write_record(stats, result)
    return result


def _cases(files: tuple[Path, Path, Path, Path], split: Split) -> Iterable[Case]:
    """All cases of one table. Raises ValueError where a question was asked for another split."""
    profile_path, questions_path, episodes_path, verdicts_path = files
    profile = read_record(profile_path, TableProfile)
    questions = {question.question_id: question for question in read_records(questions_path, Question)}
    verdicts = {verdict.question_id: verdict for verdict in read_records(verdicts_path, Verdict)}
    for episode in read_records(episodes_path, Episode):
        question = questions[episode.question_id]
        if split == "train" and question.novelty != "trained":
            raise ValueError(
                f"{questions_path}: question {question.question_id} is held out, but table {profile.table} is in the "
                f"train split now; it was asked for another split. Delete this file and run again"
            )
        yield Case(episode, verdicts[episode.question_id], question, profile)


def _rows(name: str, cases: Iterable[Case], config: FormatConfig, seed: int, dropped: Counter[str]) -> Sequence[Row]:
    convert = find(name).rows
    made: list[Row] = []
    for case in cases:
        found = list(convert(case, config, seed))
        dropped["no_row"] += not found
        made += found
    return made


def select(
    rows: Sequence[Row], cases: Mapping[str, Case], config: FormatConfig, seed: int, dropped: Counter[str]
) -> list[Row]:
    """The rows that are kept, by what `config` says; what is not is counted in `dropped` by reason."""
    families = {question: case.question.family for question, case in cases.items()}

    def counted(reason: str, kept: list[Row], before: Sequence[Row]) -> list[Row]:
        dropped[reason] += len(before) - len(kept)
        return kept

    kept = counted("duplicate", unique(rows), rows)
    if isinstance(config, LabelledConfig) and config.positive_share is not None:
        kept = counted("uneven_labels", balanced(kept, config.positive_share, seed), kept)
    if isinstance(config, PairsConfig) and config.even_surface:
        kept = counted("uneven_surface", [kept[place] for place in even(pairs(kept))], kept)
    chosen: list[Row] = []
    for table in sorted({row.table for row in kept}):
        own = [row for row in kept if row.table == table]
        if config.per_family is not None:
            own = counted("over_per_family", capped(own, families, config.per_family, seed), own)
        chosen += counted("over_per_table", drawn(own, config.per_table, seed), own)
    return chosen


def pairs(rows: Sequence[Row]) -> list[Pair]:
    """What pair rows compare."""
    texts = [(*row.texts(), row.table) for row in rows if isinstance(row, PairRow)]
    return [Pair(chosen, rejected, table) for chosen, rejected, table in texts]


def note(row: Row, case: Case) -> Note:
    """What is known of a row."""
    traces = {trace.trace_id: trace for trace in case.episode.traces}
    trace = traces[row.rejected_id if isinstance(row, PairRow) else row.trace_id]
    return Note(row.question_id, row.table, row.trace_id, case.question.family, trace.mistake, case.labels(trace))


def split_stats(split: Split, kept: Sequence[Row], cases: Mapping[str, Case], dropped: Mapping[str, int]) -> SplitStats:
    """Counts of one split."""

    def counted(values: Iterable[str]) -> dict[str, int]:
        return dict(sorted(Counter(values).items()))

    return SplitStats(
        split=split,
        rows=len(kept),
        by_table=counted(row.table for row in kept),
        by_family=counted(cases[row.question_id].question.family for row in kept),
        by_turns=counted(str(row.turns()) for row in kept),
        by_label=counted(
            {True: "right", False: "wrong"}[label] for row in kept if (label := row.is_right()) is not None
        ),
        dropped={reason: count for reason, count in sorted(dropped.items()) if count},
    )
