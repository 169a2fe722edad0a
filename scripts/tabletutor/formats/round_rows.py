"""Rows of a round of rejection sampling: those of the format, and right attempts of a student at training questions.

An attempt is right if its answer matches the verified one by type. It joins the episode of its question as an
independent trace, and the format's own converter makes the row. A turn without code, or whose cell raised an error, is
not trained. Other mistakes in a right attempt are not found, because attempts are not replayed.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from loguru import logger
from msgspec.structs import replace

from tabletutor.config.formats import ConversationConfig
from tabletutor.config.runs import AttemptsConfig
from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.formats.build import EpisodeFiles, SplitFiles, read_cases
from tabletutor.formats.converter import Case
from tabletutor.formats.hint_leak import hint_leak
from tabletutor.formats.registry import load_format
from tabletutor.formats.select import Candidate, sample, to_candidate
from tabletutor.matching.match import match
from tabletutor.records.episode import Prediction, StepLabel, Trace
from tabletutor.records.record import Record, each_record, encode, write_lines, write_record


class RoundStats(Record, frozen=True):
    """The content of a round's `stats.json`.

    Attributes:
        student: The run whose student made the attempts.
        attempts: The number of its attempts.
        right: The number of attempts with the right answer to a verified question.
        base: The number of rows of the format, without attempts.
        added: The number of rows that attempts added.
        by_table: The number of added rows by table.
        dropped: The number of attempts that added no row, by reason.
    """

    student: str
    attempts: int
    right: int
    base: int
    added: int
    by_table: dict[str, int]
    dropped: dict[str, int]


def add_attempts(
    name: str,
    *,
    files: Mapping[str, EpisodeFiles],
    base: SplitFiles,
    attempts: Path,
    config: ConversationConfig,
    settings: AttemptsConfig,
    verdicts: VerdictsConfig,
    seed: int,
    output: SplitFiles,
    stats: Path,
) -> RoundStats:
    """Write the rows of the format `name` from `base`, then those of right attempts, and the notes on all of them.
    Write the statistics and return them.

    `files` has the files of each training table. The limits of `settings` apply to the added rows; those of the format
    apply to its own rows. Of several right attempts at a question, those with the fewest untrained turns come first,
    and then the shortest. Raises ValueError if an attempt is at a question that is in no file.
    """
    known = [row.content_digest() for row in each_record(base.rows, load_format(name).row)]
    contents = set(known)
    dropped: Counter[str] = Counter()
    by_question: dict[str, list[Prediction]] = {}
    for attempt in each_record(attempts, Prediction):
        by_question.setdefault(attempt.question_id, []).append(attempt)
    total = sum(map(len, by_question.values()))
    right = 0
    added: list[Candidate] = []
    for table in sorted(files):
        of_table: list[Candidate] = []
        for case in read_cases(files[table], "train"):
            made = by_question.pop(case.question.question_id, [])
            traces = [attempt.trace for attempt in made if _is_right(attempt, case, verdicts, dropped)]
            right += len(traces)
            new: list[Candidate] = []
            for row in _rows(name, case, traces, config, seed, dropped):
                if row.content in contents:
                    dropped["duplicate"] += 1
                elif len(new) == settings.per_question:
                    dropped["over_per_question"] += 1
                else:
                    new.append(row)
                    contents.add(row.content)
            of_table += new
        chosen = sample(of_table, settings.per_table or len(of_table), seed)
        dropped["over_per_table"] += len(of_table) - len(chosen)
        added += sorted(chosen, key=Candidate.sort_key)
    if by_question:
        raise ValueError(
            f"{attempts}: question {min(by_question)} is not about a training table; make the attempts again"
        )
    lines = [(row.line, encode(row.note)) for row in added]
    write_lines(output.rows, [*base.rows.read_bytes().splitlines(), *(line for line, _ in lines)])
    write_lines(output.notes, [*base.notes.read_bytes().splitlines(), *(note for _, note in lines)])
    result = RoundStats(
        student=settings.run,
        attempts=total,
        right=right,
        base=len(known),
        added=len(added),
        by_table=dict(sorted(Counter(row.note.table for row in added).items())),
        dropped={reason: number for reason, number in sorted(dropped.items()) if number},
    )
    log = logger.info if added else logger.warning
    found = f"{right} of {total} attempts of {settings.run} are right"
    log("{}: {}; they add {} rows to {}", name, found, len(added), len(known))
    write_record(stats, result)
    return result


def _is_right(attempt: Prediction, case: Case, verdicts: VerdictsConfig, dropped: Counter[str]) -> bool:
    """Return whether an attempt gave the right answer to a verified question. Count it in `dropped` if not."""
    trace, question = attempt.trace, case.question
    if not case.verdict.verified:
        dropped["not_verified"] += 1
    elif trace.ended != "submit":
        dropped["unanswered"] += 1
    elif not match(case.verdict.answer, trace.answer, question.answer_type, question.answer_spec, verdicts):
        dropped["wrong"] += 1
    else:
        return True
    return False


def _rows(
    name: str, case: Case, traces: Sequence[Trace], config: ConversationConfig, seed: int, dropped: Counter[str]
) -> Iterator[Candidate]:
    """Yield the rows of right attempts at one question, the best ones first."""
    labels = {trace.trace_id: _labels(trace) for trace in traces}
    ordered = sorted(traces, key=lambda trace: (labels[trace.trace_id].count("correctable"), len(trace.turns)))
    every = config.model_copy(update={"include_recovered": True})
    for trace in ordered:
        rows = [
            row for row in load_format(name).rows(_join(case, trace), every, seed) if row.trace_id == trace.trace_id
        ]
        empty = any(not (turn.code or turn.reasoning).strip() for turn in trace.turns)
        dropped["empty_turn"] += empty
        dropped["no_row"] += not rows and not empty
        for row in rows if not empty else ():
            if hint_leak(row, case.question):
                dropped["quotes_hint"] += 1
            else:
                yield to_candidate(row, _join(case, trace))


def _join(case: Case, trace: Trace) -> Case:
    """Return the case with a right attempt as a further trace of its episode."""
    independent = replace(trace, role="independent")
    verdict = case.verdict
    return case._replace(
        episode=replace(case.episode, traces=(*case.episode.traces, independent)),
        verdict=replace(
            verdict,
            trace_correct={**verdict.trace_correct, trace.trace_id: True},
            step_labels={**verdict.step_labels, trace.trace_id: _labels(trace)},
        ),
    )


def _labels(trace: Trace) -> tuple[StepLabel, ...]:
    """Return the label of each turn of a right attempt, as far as it is known without a replay."""
    return tuple("correct" if turn.code and turn.error is None else "correctable" for turn in trace.turns)
