"""Build the episodes of one table: for each question a gold trace and some with mistakes, all run in the sandbox."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from loguru import logger

from tabletutor.config.episodes import EpisodesConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.section import result_settings
from tabletutor.episodes.mistakes import draw_mistake
from tabletutor.episodes.script import Script, execute
from tabletutor.episodes.teacher import gold_script
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
    *,
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
    """Write the episodes of one table, sorted by question, and return their number.

    Finished episodes are appended to a journal in `cache`. The journal is keyed by the digest of the rule's `code`, the
    table, its profile, the configuration and the seed; its entries are keyed by question. A killed job therefore
    resumes where it stopped, and after a change of questions only the changed ones run.
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
            lambda question: digest(question.question_id, question.table, question.program),  # all it reads
            lambda question: build_episode(question, profile, config, seed, box),
            Episode,
            journal,
            pool,
        )
        done = list(progress(units, len(questions), f"episodes {profile.table}"))
    served = sum(unit.served for unit in done)
    logger.info(f"{profile.table}: {len(done) - served} episodes run, {served} from the journal")
    return write_records(output, sorted((unit.record for unit in done), key=lambda episode: episode.question_id))


def build_episode(
    question: Question, profile: TableProfile, config: EpisodesConfig, seed: int, box: Sandbox
) -> Episode:
    """Run the gold script of one question and scripts with a mistake, and return the episode.

    At most `config.perturbed_traces` scripts have a mistake. Each script runs in a fresh session of the sandbox.
    """
    program = from_json(question.program or {})
    scripts: list[Script] = [gold_script(program, profile)]
    for number in range(config.perturbed_traces):
        source = rng(seed, "mistake", question.question_id, number)
        recover, slip = source.random() < config.recover_share, source.random() < config.slip_share
        script = draw_mistake(program, profile, recover, slip, source)
        if script is not None and script not in scripts:
            scripts.append(script)
    traces = tuple(
        execute(script, question.question_id, "gold" if script.mistake is None else "perturbed", TEACHER, box)
        for script in scripts
    )
    return Episode(
        episode_id=content_id(question.question_id, TEACHER, [trace.trace_id for trace in traces]),
        question_id=question.question_id,
        table=question.table,
        traces=traces,
    )
