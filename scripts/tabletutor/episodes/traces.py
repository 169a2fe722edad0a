"""Traces by language models: independent ones, which see the text alone, and a gold one with the hint.

A question with a program has its answer already; its independent traces show whether the text leads there. Any other
question first gets a gold trace. Independent traces are added until the vote on the answer is settled.
"""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from loguru import logger

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.section import result_settings
from tabletutor.config.traces import TracesConfig
from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.matching.cluster import cluster
from tabletutor.matching.match import match
from tabletutor.matching.vote import is_verified, traces_to_add
from tabletutor.models.prompt import table_card
from tabletutor.records.episode import Episode, Role, Trace
from tabletutor.records.files import sha256_file
from tabletutor.records.identity import content_id, digest, rng
from tabletutor.records.journal import Journal, Work, unfinished
from tabletutor.records.question import Question
from tabletutor.records.record import decode, encode, read_record, read_records, write_records
from tabletutor.records.table import TableProfile
from tabletutor.sandbox.host.sandboxes import Sandboxes
from tabletutor.students.rollout import Answerer, Task, roll_out
from tabletutor.teachers.open import OpenTeacher, TeacherFiles, open_teacher, teacher_identity
from tabletutor.teachers.prompt import teacher_opening
from tabletutor.telemetry.progress import Progress, progress_of


class TraceFiles(NamedTuple):
    """The files of one table that teachers answer questions about."""

    questions: Path
    profile: Path
    parquet: Path


class Settings(NamedTuple):
    """The settings of the traces of one table."""

    traces: TracesConfig
    verdicts: VerdictsConfig  # when two answers are equal
    sandbox: SandboxConfig
    seed: int


@dataclass
class _Case:
    """A question, and its traces so far."""

    question: Question
    gold: Trace | None = None
    independent: list[Trace] = field(default_factory=list[Trace])

    def traces(self) -> tuple[Trace, ...]:
        return (*([self.gold] if self.gold else []), *self.independent)

    def is_verified(self, settings: Settings) -> bool:
        """Return whether the traces so far verify the answer: the stated one, or that of the gold trace."""
        question = self.question
        answer = question.answer if question.answer is not None or self.gold is None else self.gold.answer
        agreeing = sum(
            trace.ended == "submit"
            and match(answer, trace.answer, question.answer_type, question.answer_spec, settings.verdicts)
            for trace in self.independent
        )
        return is_verified(agreeing, len(self.independent))

    def missing(self, settings: Settings) -> int:
        """Return how many independent traces to add now."""
        config, question = settings.traces, self.question
        if _needs_gold(question) and (self.gold is None or self.gold.ended != "submit"):
            return 0  # without a gold answer there is nothing to vote on
        done = len(self.independent)
        first = config.first[question.difficulty] - done
        if first > 0:
            return first
        answers = {trace.trace_id: trace.answer for trace in self.independent if trace.ended == "submit"}
        clusters = cluster(answers, question.answer_type, question.answer_spec, settings.verdicts)
        return traces_to_add(Counter(clusters.values()), done, config.cap[question.difficulty])


def build_traces(
    files: TraceFiles, independent: TeacherFiles, gold: TeacherFiles | None, settings: Settings, *, cache: Path,
    code: str, output: Path,
) -> int:  # fmt: skip
    """Write an episode with the traces of language models for each question of one table that has any; return their
    number. Without a teacher for `gold` traces, the one for `independent` traces writes them.

    Finished traces go to a journal in `cache`, from which a killed job continues. Raises what a teacher raises, such as
    that its budget is spent; the traces until then are kept.
    """
    gold = gold or independent
    profile = read_record(files.profile, TableProfile)
    cases = [_Case(question) for question in read_records(files.questions, Question) if _is_read(question, settings)]
    identity = digest(
        code,
        [sha256_file(files.parquet), sha256_file(files.profile)],
        [teacher_identity(gold), teacher_identity(independent)],
        *map(result_settings, (settings.traces, settings.verdicts, settings.sandbox)),
        settings.seed,
    )
    with (
        Journal(cache, Work("traces", profile.table, identity)) as journal,
        Sandboxes(settings.sandbox) as sandboxes,
        progress_of(f"traces {profile.table}", len(cases)) as progress,
    ):
        table = _Table(profile, files.parquet, settings, journal, sandboxes, progress)
        with open_teacher(gold) as teacher:
            others = [case for case in cases if _needs_gold(case.question)]
            progress.expect(len(others))
            for case, trace in table.answer(teacher, "gold", [(case, 0) for case in others]):
                case.gold = trace
        with open_teacher(independent) as teacher:
            while work := [
                (case, len(case.independent) + number)
                for case in cases
                for number in range(case.missing(settings))
            ]:  # fmt: skip
                progress.expect(table.made + table.served + len(work))
                read = [case for case in cases if case.independent]
                table.verified = f"{sum(case.is_verified(settings) for case in read)}/{len(read)} verified"
                for case, trace in table.answer(teacher, "independent", work):
                    case.independent.append(trace)
        logger.info(f"{profile.table}: {table.made} traces made, {table.served} from the journal")
    episodes = [_episode(case) for case in cases if case.traces()]
    return write_records(output, sorted(episodes, key=lambda episode: episode.question_id))


def _needs_gold(question: Question) -> bool:
    """Return whether a teacher answers a question with its hint: all for which no program writes the gold trace."""
    return question.source != "program" and question.program is None


def _is_read(question: Question, settings: Settings) -> bool:
    """Return whether language models answer a question: all that no program answers, and a share of the others."""
    drawn = rng(settings.seed, "read", question.question_id).random() < settings.traces.read_share
    return question.source != "program" or drawn


def _episode(case: _Case) -> Episode:
    traces = case.traces()
    return Episode(
        episode_id=content_id(case.question.question_id, "teachers", [trace.trace_id for trace in traces]),
        question_id=case.question.question_id,
        table=case.question.table,
        traces=traces,
    )


class _Table:
    """Lets teachers answer questions about one table, in groups, and keeps finished traces in a journal."""

    def __init__(
        self,
        profile: TableProfile,
        parquet: Path,
        settings: Settings,
        journal: Journal,
        sandboxes: Sandboxes,
        progress: Progress,
    ) -> None:
        self._card = table_card(profile)
        self._parquets = {profile.table: parquet}
        self._settings = settings
        self._journal = journal
        self._sandboxes = sandboxes
        self._progress = progress
        self._lock = Lock()
        self.verified = ""  # so far, for the display
        self.made = 0
        self.served = 0

    def answer(self, teacher: OpenTeacher, role: Role, work: Sequence[tuple[_Case, int]]) -> list[tuple[_Case, Trace]]:
        """Return a trace for each question and sample of `work`, by sample and question.

        The temperature follows from the sample, and a gold trace is decoded greedily. A group has one temperature.
        """
        groups: list[tuple[float, list[tuple[_Case, int]]]] = []
        temperatures = self._settings.traces.temperatures if role == "independent" else (0.0,)
        size = self._settings.traces.batch_size
        for index, temperature in enumerate(temperatures):
            mine = [(case, sample) for case, sample in work if sample % len(temperatures) == index]
            mine.sort(key=lambda each: (each[1], each[0].question.question_id))
            groups += [(temperature, mine[start : start + size]) for start in range(0, len(mine), size)]
        with ThreadPoolExecutor(self._settings.traces.threads) as workers:
            done = workers.map(lambda group: self._group(teacher, role, *group), groups)
            result = [each for group in done for each in group]
        return sorted(result, key=lambda each: each[0].question.question_id)

    def _group(
        self, teacher: OpenTeacher, role: Role, temperature: float, work: Sequence[tuple[_Case, int]]
    ) -> list[tuple[_Case, Trace]]:
        """Return the traces of one group. Those of a local teacher depend on it, so it is repeated as a whole."""
        tasks = [self._task(case.question, sample, role, teacher) for case, sample in work]
        together = digest([[*task] for task in tasks])[:16] if teacher.batches else ""
        keys = [f"{role} {together} {task.question_id} {task.sample}" for task in tasks]
        left = unfinished(self._journal, keys, teacher.batches)
        with self._lock:
            self.served += len(tasks) - len(left)
            self._progress.skip(len(tasks) - len(left))
        if left:
            answerer = Answerer(teacher.name, role, self._settings.seed, one_block=True)
            numbers = {(tasks[number].question_id, tasks[number].sample): number for number in left}
            turns = teacher.turns(temperature, len(left))
            for attempt in roll_out(
                [tasks[number] for number in left],
                self._parquets,
                answerer,
                turns,
                self._settings.traces.max_turns,
                self._sandboxes,
            ):
                number = numbers[attempt.task.question_id, attempt.task.sample]
                with self._lock:
                    if self._journal.get(keys[number]) is None:
                        self._journal.put(keys[number], encode(attempt.trace))
                    self.made += 1
                    self._progress.advance(note=", ".join(filter(None, (self.verified, teacher.note()))))
        return [(case, decode(self._journal.get(key) or b"", Trace)) for (case, _), key in zip(work, keys, strict=True)]

    def _task(self, question: Question, sample: int, role: Role, teacher: OpenTeacher) -> Task:
        hint = question.hint if role == "gold" else ""
        prompt = teacher_opening(self._card, question.text, teacher.style, hint)
        return Task(question.question_id, question.table, prompt, sample)
