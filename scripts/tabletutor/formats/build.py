"""Writes a format's training and validation rows from episodes and verdicts; test tables give no row."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from tabletutor.config.schema import SftStandardConfig
from tabletutor.formats.leak import hint_leak
from tabletutor.formats.row import FormatStats, SftRow, SplitStats
from tabletutor.formats.sft_standard import rows
from tabletutor.records.episode import Episode, Verdict
from tabletutor.records.identity import digest
from tabletutor.records.question import Question
from tabletutor.records.record import read_record, read_records, write_record, write_records
from tabletutor.records.table import Split, Splits, TableProfile

NAME = "sft-standard"
SPLITS: tuple[Split, ...] = ("train", "validation")


def build_sft_standard(
    tables: Mapping[str, tuple[Path, Path, Path, Path]],
    splits_path: Path,
    config: SftStandardConfig,
    seed: int,
    outputs: Mapping[Split, Path],
    stats: Path,
) -> FormatStats:
    """Write one JSON Lines file a split and the statistics.

    `tables` maps a table to its profile, questions, episodes and verdicts. Raises ValueError where a row would show a
    hint to the student, or where a split has no row.
    """
    splits = read_record(splits_path, Splits)
    all_stats: list[SplitStats] = []
    for split in SPLITS:
        kept: list[SftRow] = []
        families: dict[str, str] = {}
        dropped: Counter[str] = Counter()
        for table in sorted(table for table in tables if splits.of(table) == split):
            profile_path, questions_path, episodes_path, verdicts_path = tables[table]
            profile = read_record(profile_path, TableProfile)
            questions = {question.question_id: question for question in read_records(questions_path, Question)}
            verdicts = {verdict.question_id: verdict for verdict in read_records(verdicts_path, Verdict)}
            made: list[SftRow] = []
            for episode in read_records(episodes_path, Episode):
                question, verdict = questions[episode.question_id], verdicts[episode.question_id]
                if split == "train" and question.novelty != "trained":
                    raise ValueError(
                        f"{questions_path}: question {question.question_id} is held out, but table {table} "
                        f"is in the train split now; it was asked for another split. Delete this file and run again"
                    )
                found = list(rows(episode, verdict, question, profile, config, seed))
                dropped["not_verified" if not verdict.verified else "no_row"] += not found
                for row in found:
                    if leak := hint_leak(row, question):
                        raise ValueError(
                            f"{NAME}, table {table}, question {question.question_id}: the hint shows: {leak!r}"
                        )
                families[question.question_id] = question.family
                made += found
            chosen = limited(unique(made), config.per_table, seed)
            dropped["over_per_table"] += len(made) - len(chosen)
            kept += chosen
        if not kept:
            raise ValueError(f"{NAME}: the {split} split has no row; no table of that split has a verified episode")
        write_records(outputs[split], sorted(kept, key=lambda row: (row.table, row.question_id, row.trace_id)))
        all_stats.append(split_stats(split, kept, families, dropped))
    result = FormatStats(format=NAME, splits=tuple(all_stats))
    write_record(stats, result)
    return result


def unique(made: Sequence[SftRow]) -> list[SftRow]:
    """The rows without exact repeats of a conversation."""
    seen: dict[str, SftRow] = {}
    for row in made:
        seen.setdefault(digest(row.messages), row)
    return list(seen.values())


def limited(made: Sequence[SftRow], most: int | None, seed: int) -> list[SftRow]:
    """At most `most` rows, chosen by the hash of their ids so that a new row moves few others."""
    order = sorted(made, key=lambda row: digest(seed, "row", row.trace_id))
    return order if most is None else order[:most]


def split_stats(
    split: Split, kept: Sequence[SftRow], families: Mapping[str, str], dropped: Mapping[str, int]
) -> SplitStats:
    """Counts of one split."""

    def counted(values: Sequence[str]) -> dict[str, int]:
        return dict(sorted(Counter(values).items()))

    return SplitStats(
        split=split,
        rows=len(kept),
        by_table=counted([row.table for row in kept]),
        by_family=counted([families[row.question_id] for row in kept]),
        by_turns=counted([str(sum(message["role"] == "assistant" for message in row.messages)) for row in kept]),
        dropped={reason: count for reason, count in sorted(dropped.items()) if count},
    )
