"""The episodes of one table: for each question a gold trace and some with mistakes, all run for real."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tabletutor.config.schema import EpisodesConfig, SandboxConfig
from tabletutor.episodes.execute import execute
from tabletutor.episodes.mistakes import mistaken
from tabletutor.episodes.script import Script
from tabletutor.episodes.teacher import gold
from tabletutor.programs.grammar import from_json
from tabletutor.records.episode import Episode
from tabletutor.records.identity import content_id, rng
from tabletutor.records.journal import Journal
from tabletutor.records.question import Question
from tabletutor.records.record import decode, encode, read_record, read_records, write_records
from tabletutor.records.table import TableProfile
from tabletutor.sandbox.pool import Sandbox
from tabletutor.telemetry.progress import progress

TEACHER = "program"


def build_episodes(
    questions_path: Path,
    profile_path: Path,
    parquet: Path,
    config: EpisodesConfig,
    sandbox: SandboxConfig,
    seed: int,
    journal_folder: Path,
    identity: str,
    output: Path,
) -> int:
    """Write the episodes of one table, sorted by question; returns how many.

    Finished episodes are kept in a journal named after `identity` (the rule's code), the table and the parameters, so
    that a job that was killed goes on where it stopped.
    """
    questions = read_records(questions_path, Question)
    profile = read_record(profile_path, TableProfile)
    parameters = (config.model_dump(mode="json"), sandbox.model_dump(mode="json"), seed)
    unit = content_id(identity, profile.sha256, parameters)
    with (
        Journal(journal_folder / f"{profile.table}-{unit}.journal") as journal,
        Sandbox(parquet, sandbox) as box,
        ThreadPoolExecutor(sandbox.sessions) as pool,
    ):

        def attempt(question: Question) -> Episode:
            stored = journal.get(question.question_id)
            return decode(stored, Episode) if stored is not None else work(question, profile, config, seed, box)

        done: list[Episode] = []
        for episode in progress(pool.map(attempt, questions), len(questions), f"episodes {profile.table}"):
            if journal.get(episode.question_id) is None:
                journal.put(episode.question_id, encode(episode))
            done.append(episode)
    return write_records(output, sorted(done, key=lambda episode: episode.question_id))


def work(question: Question, profile: TableProfile, config: EpisodesConfig, seed: int, box: Sandbox) -> Episode:
    """All traces of one question, run in fresh sessions of the sandbox."""
    program = from_json(question.program or {})
    planned: list[Script] = [gold(program)]
    for number in range(config.perturbed):
        source = rng(seed, "mistake", question.question_id, number)
        script = mistaken(program, profile, source.random() < config.recover_share, source)
        if script is not None and script not in planned:
            planned.append(script)
    traces = tuple(
        execute(script, question.question_id, "gold" if script.mistake is None else "perturbed", TEACHER, box)
        for script in planned
    )
    return Episode(
        episode_id=content_id(question.question_id, TEACHER, [trace.trace_id for trace in traces]),
        question_id=question.question_id,
        table=question.table,
        traces=traces,
    )
