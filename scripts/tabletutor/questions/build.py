"""The questions of one table: candidates are drawn until enough survive, family by family."""

from collections import Counter
from pathlib import Path

from loguru import logger

from tabletutor.config.schema import ProgramQuestionsConfig, SandboxConfig
from tabletutor.programs import duckdb_engine, polars_engine
from tabletutor.questions.catalogue import FAMILIES
from tabletutor.questions.generate import Pool, candidates, pools
from tabletutor.questions.judge import Engine, Rejected, RunCell, check
from tabletutor.records.question import Question, Reject
from tabletutor.records.record import read_record, write_records
from tabletutor.records.table import Split, Splits, TableProfile
from tabletutor.sandbox.cell import CellResult
from tabletutor.sandbox.pool import Sandbox


def build_questions(
    profile_path: Path,
    parquet: Path,
    split_source: Split | Path,
    config: ProgramQuestionsConfig,
    sandbox: SandboxConfig,
    seed: int,
    questions: Path,
    rejects: Path,
) -> list[Question]:
    """Write the kept questions and the rejects of one table; returns the questions.

    `split_source` is the split the table list pins, or else the path of `splits.json`.

    Raises ValueError where not one question survives: the table is too small or too plain to ask about.
    """
    profile = read_record(profile_path, TableProfile)
    split = read_record(split_source, Splits).of(profile.table) if isinstance(split_source, Path) else split_source
    frame = polars_engine.load(parquet)
    connection = duckdb_engine.connect(parquet)
    kept: list[Question] = []
    dropped: list[Reject] = []
    with Sandbox(parquet, sandbox) as box:

        def run_cell(code: str, question_id: str) -> CellResult:
            with box.session(question_id) as session:
                return session.run(code)

        for pool in pools(FAMILIES, split, config):
            fill_pool(
                profile,
                pool,
                config,
                seed,
                lambda program: polars_engine.run(program, frame),
                lambda program: duckdb_engine.run(program, connection),
                run_cell,
                kept,
                dropped,
            )
    connection.close()
    if not kept:
        raise ValueError(
            f"table {profile.table}: not one question survived {len(dropped)} candidates; the table is too small or "
            f"its columns too plain to ask about. Remove it from the table list, or raise "
            f"questions.program.attempts_per_question. Most common reason: "
            f"{Counter(reject.reason for reject in dropped).most_common(1)}"
        )
    logger.info(f"{profile.table}: {len(kept)} questions kept, {len(dropped)} candidates rejected")
    write_records(questions, sorted(kept, key=lambda question: question.question_id))
    write_records(rejects, dropped)
    return kept


def fill_pool(
    profile: TableProfile,
    pool: Pool,
    config: ProgramQuestionsConfig,
    seed: int,
    polars: Engine,
    duckdb: Engine,
    run_cell: RunCell,
    kept: list[Question],
    dropped: list[Reject],
) -> None:
    """Add the questions of one pool to `kept`, and what did not survive to `dropped`."""
    programs = {repr(question.program) for question in kept}
    texts = {question.text for question in kept}
    count: Counter[str] = Counter()
    goal = len(kept) + pool.wanted
    for family, question in candidates(profile, pool, config, seed):
        if len(kept) >= goal:
            break
        if count[family.name] >= config.per_family:
            continue
        if question.text in texts or repr(question.program) in programs:
            dropped.append(Reject(table=profile.table, family=family.name, text=question.text, reason="duplicate"))
            continue
        try:
            checked = check(question, profile.rows, polars, duckdb, run_cell)
        except Rejected as rejected:
            dropped.append(rejected.reject)
            continue
        kept.append(checked)
        programs.add(repr(question.program))
        texts.add(question.text)
        count[family.name] += 1
