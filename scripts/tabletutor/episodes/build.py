"""The episodes of one table: for each question a gold trace and some with mistakes, all run for real."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from loguru import logger

from tabletutor.config.episodes import EpisodesConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.section import result_settings
from tabletutor.episodes.mistakes import mistaken
from tabletutor.episodes.script import Script, execute
from tabletutor.episodes.teacher import gold
from tabletutor.programs.grammar import from_json
from tabletutor.records.episode import Episode
from tabletutor.records.files import sha256_file
from tabletutor.records.identity import content_id, digest, rng
from tabletutor.records.journal import Journal, Work, resume
from tabletutor.records.question import Question
from tabletutor.records.record import read_record, read_records, write_records
from tabletutor.records.table import TableProfile
from tabletutor.sandbox.host.pool import Sandbox
from tabletutor.telemetry.progress import progress

TEACHER = "program"


def build_episodes(
    questions_path: Path,
    profile_path: Path,
    parquet: Path,
    config: EpisodesConfig,
    sandbox: SandboxConfig,
    seed: int,
    cache: Path,
    code: str,
    output: Path,
) -> int:
    """Write the episodes of one table, sorted by question; returns how many.

    Finished episodes are kept in a journal in `cache`, under all that an episode depends on but its question: the
    digest of the rule's `code`, the table, the parameters. So a job that was killed goes on where it stopped, and of
    questions that have changed only the changed ones are worked on.
    """
    questions = read_records(questions_path, Question)
    profile = read_record(profile_path, TableProfile)
    content = [sha256_file(parquet), sha256_file(profile_path)]
    identity = digest(code, content, result_settings(config), result_settings(sandbox), seed)
    with (
        Journal(cache, Work("episodes", profile.table, identity)) as journal,
        Sandbox(parquet, sandbox) as box,
        ThreadPoolExecutor(sandbox.sessions) as pool,
    ):
        units = resume(
            questions,
            lambda question: digest(question.question_id, question.table, question.program),  # what `work` reads of it
            lambda question: work(question, profile, config, seed, box),
            Episode,
            journal,
            pool,
        )
        done = list(progress(units, len(questions), f"episodes {profile.table}"))
    served = sum(unit.served for unit in done)
    logger.info(f"{profile.table}: {len(done) - served} episodes run, {served} from the journal")
    return write_records(output, sorted((unit.record for unit in done), key=lambda episode: episode.question_id))


def work(question: Question, profile: TableProfile, config: EpisodesConfig, seed: int, box: Sandbox) -> Episode:
    """All traces of one question, run in fresh sessions of the sandbox."""
    program = from_json(question.program or {})
    planned: list[Script] = [gold(program)]
    for number in range(config.perturbed):
        source = rng(seed, "mistake", question.question_id, number)
        recover, slip = source.random() < config.recover_share, source.random() < config.slip_share
        script = mistaken(program, profile, recover, slip, source)
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
