"""Build the episodes of one table: all traces of each question.

A question with a program gets a gold trace and some with mistakes, which its program writes and the sandbox runs. The
traces of language models join them (`traces.py`).
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from loguru import logger

from tabletutor.config.episodes import EpisodesConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.section import result_settings
from tabletutor.episodes.mistakes import draw_mistake
from tabletutor.episodes.script import Script, execute
from tabletutor.episodes.teacher import gold_script
from tabletutor.programs.grammar import Program, from_json
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
    traces: Path | None = None,
    config: EpisodesConfig,
    sandbox: SandboxConfig,
    seed: int,
    cache: Path,
    code: str,
    output: Path,
) -> int:
    """Write the episodes of one table, sorted by question, and return their number. `traces` has the episodes of
    language models, if any answered.

    Finished episodes are appended to a journal in `cache`. The journal is keyed by the digest of the rule's `code`, the
    table, its profile, the configuration and the seed; its entries are keyed by question. A killed job therefore
    resumes where it stopped, and after a change of questions only the changed ones run.
    """
    questions = read_records(questions_path, Question)
    profile = read_record(profile_path, TableProfile)
    answered = {} if traces is None else {episode.question_id: episode for episode in read_records(traces, Episode)}
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
    episodes = [join(unit.record, answered.get(unit.record.question_id)) for unit in done]
    return write_records(output, sorted(episodes, key=lambda episode: episode.question_id))


def join(scripted: Episode, answered: Episode | None) -> Episode:
    """Return the episode of a question with the traces of its program and those of language models."""
    if answered is None:
        return scripted
    traces = (*scripted.traces, *answered.traces)
    return Episode(
        episode_id=content_id(scripted.question_id, TEACHER, [trace.trace_id for trace in traces]),
        question_id=scripted.question_id,
        table=scripted.table,
        traces=traces,
    )


def build_episode(
    question: Question, profile: TableProfile, config: EpisodesConfig, seed: int, box: Sandbox
) -> Episode:
    """Run the gold script of one question and scripts with a mistake, and return the episode. It is empty if the
    question has no program.

    At most `config.perturbed_traces` scripts have a mistake. Each script runs in a fresh session of the sandbox.
    """
    scripts: list[Script] = []
    if question.program is not None:
        program = from_json(question.program)
        scripts = _scripts(question.question_id, program, profile, config, seed)
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


def _scripts(
    question_id: str, program: Program, profile: TableProfile, config: EpisodesConfig, seed: int
) -> list[Script]:
    """Return the gold script and those with a mistake, each once."""
    scripts = [gold_script(program, profile)]
    for number in range(config.perturbed_traces):
        source = rng(seed, "mistake", question_id, number)
        recover, slip = source.random() < config.recover_share, source.random() < config.slip_share
        script = draw_mistake(program, profile, recover, slip, source)
        if script is not None and script not in scripts:
            scripts.append(script)
    return scripts
