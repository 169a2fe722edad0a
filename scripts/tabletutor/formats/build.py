"""Writes a format's training and validation rows from episodes and verdicts; test tables give no row."""

from collections import Counter, defaultdict
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
from tabletutor.records.episode import Episode, Trace, Verdict
from tabletutor.records.question import Question
from tabletutor.records.record import each_record, read_record, read_records, write_record, write_records
from tabletutor.records.table import Split, Splits, TableProfile

SPLITS: tuple[Split, ...] = ("train", "validation")


class Known(NamedTuple):
    """What is still wanted of the cases of a split once their rows are made: the family of each question, and a note on
    each trace by its id. The episodes themselves are let go, since they are larger than all rows together.
    """

    families: dict[str, str]
    notes: dict[str, Note]


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
        known = Known({}, {})
        rows: list[Row] = []
        for table in sorted(table for table in tables if splits.of(table) == split):
            rows += _rows(name, _cases(tables[table], split), config, seed, known, dropped)
        if not known.families:
            raise ValueError(f"{name}: no table of the {split} split has a verified episode, so there is no row")
        kept = sorted(
            select(rows, known.families, config, seed, dropped),
            key=lambda row: (row.table, row.question_id, row.trace_id),
        )
        del rows
        if not kept:
            logger.warning("{}: the {} split has no row; stats.json says what was left out and why", name, split)
        write_records(outputs[split].rows, kept)
        write_records(outputs[split].notes, [known.notes[told_of(row)] for row in kept])
        all_stats.append(split_stats(split, kept, known.families, dropped))
    result = FormatStats(format=name, splits=tuple(all_stats))
    write_record(stats, result)
    return result


def _cases(files: tuple[Path, Path, Path, Path], split: Split) -> Iterable[Case]:
    """All cases of one table. Raises ValueError where a question was asked for another split."""
    profile_path, questions_path, episodes_path, verdicts_path = files
    profile = read_record(profile_path, TableProfile)
    questions = {question.question_id: question for question in read_records(questions_path, Question)}
    verdicts = {verdict.question_id: verdict for verdict in read_records(verdicts_path, Verdict)}
    for episode in each_record(episodes_path, Episode):
        question = questions[episode.question_id]
        if split == "train" and question.novelty != "trained":
            raise ValueError(
                f"{questions_path}: question {question.question_id} is held out, but table {profile.table} is in the "
                f"train split now; it was asked for another split. Delete this file and run again"
            )
        yield Case(episode, verdicts[episode.question_id], question, profile)


def _rows(
    name: str, cases: Iterable[Case], config: FormatConfig, seed: int, known: Known, dropped: Counter[str]
) -> Iterable[Row]:
    """The rows of the verified cases; what is to be known of them later is put into `known`."""
    convert = find(name).rows
    for case in cases:
        if not case.verdict.verified:
            dropped["not_verified"] += 1
            continue
        known.families[case.question.question_id] = case.question.family
        found = list(convert(case, config, seed))
        dropped["no_row"] += not found
        traces = {trace.trace_id: trace for trace in case.episode.traces} if found else {}
        for row in found:
            known.notes[told_of(row)] = note(row, traces[told_of(row)], case)
        yield from found


def select(
    rows: Sequence[Row], families: Mapping[str, str], config: FormatConfig, seed: int, dropped: Counter[str]
) -> list[Row]:
    """The rows that are kept, by what `config` says; what is not is counted in `dropped` by reason. `families` are by
    question.
    """

    def counted(reason: str, kept: list[Row], before: Sequence[Row]) -> list[Row]:
        dropped[reason] += len(before) - len(kept)
        return kept

    kept = counted("duplicate", unique(rows), rows)
    if isinstance(config, LabelledConfig) and config.positive_share is not None:
        kept = counted("uneven_labels", balanced(kept, config.positive_share, seed), kept)
    if isinstance(config, PairsConfig) and config.even_surface:
        kept = counted("uneven_surface", [kept[place] for place in even(pairs(kept))], kept)
    by_table: defaultdict[str, list[Row]] = defaultdict(list)
    for row in kept:
        by_table[row.table].append(row)
    chosen: list[Row] = []
    for own in by_table.values():
        if config.per_family is not None:
            own = counted("over_per_family", capped(own, families, config.per_family, seed), own)
        if config.per_table is not None:
            own = counted("over_per_table", drawn(own, config.per_table, seed), own)
        chosen += own
    return chosen


def pairs(rows: Sequence[Row]) -> list[Pair]:
    """What pair rows compare."""
    texts = [(*row.texts(), row.table) for row in rows if isinstance(row, PairRow)]
    return [Pair(chosen, rejected, table) for chosen, rejected, table in texts]


def told_of(row: Row) -> str:
    """The id of the trace that the note on a row is about: of a pair the rejected one."""
    return row.rejected_id if isinstance(row, PairRow) else row.trace_id


def note(row: Row, trace: Trace, case: Case) -> Note:
    """What is known of a row; `trace` is the one it is told of."""
    return Note(row.question_id, row.table, trace.trace_id, case.question.family, trace.mistake, case.labels(trace))


def split_stats(
    split: Split, kept: Sequence[Row], families: Mapping[str, str], dropped: Mapping[str, int]
) -> SplitStats:
    """Counts of one split; `families` are by question."""

    def counted(values: Iterable[str]) -> dict[str, int]:
        return dict(sorted(Counter(values).items()))

    return SplitStats(
        split=split,
        rows=len(kept),
        by_table=counted(row.table for row in kept),
        by_family=counted(families[row.question_id] for row in kept),
        by_turns=counted(str(row.turns()) for row in kept),
        by_label=counted(
            {True: "right", False: "wrong"}[label] for row in kept if (label := row.is_right()) is not None
        ),
        dropped={reason: count for reason, count in sorted(dropped.items()) if count},
    )
