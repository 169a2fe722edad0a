"""Build the questions of one table: try candidates, family by family, until enough are accepted."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from loguru import logger

from tabletutor.config.questions import ProgramQuestionsConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.section import result_settings
from tabletutor.programs import duckdb_engine, polars_engine
from tabletutor.programs.grammar import from_json
from tabletutor.questions.balance import Balance
from tabletutor.questions.family import Family
from tabletutor.questions.generate import Pool, candidates, make_pools
from tabletutor.questions.header_words import spoken_columns
from tabletutor.questions.registry import all_families
from tabletutor.questions.repeats import AskedPrograms, even_columns, half_columns
from tabletutor.questions.validate import Rejected, check
from tabletutor.records.files import sha256_file
from tabletutor.records.identity import digest
from tabletutor.records.journal import Journal, Work
from tabletutor.records.question import Question, Reject
from tabletutor.records.record import Record, decode, encode, read_record, write_records
from tabletutor.records.table import Split, TableProfile
from tabletutor.sandbox.host.pool import Sandbox
from tabletutor.sandbox.protocol.result import CellResult


def build_questions(
    *,
    profile_path: Path,
    parquet: Path,
    split: Split,
    config: ProgramQuestionsConfig,
    sandbox: SandboxConfig,
    seed: int,
    cache: Path,
    code: str,
    questions: Path,
    rejects: Path,
    families: Sequence[Family] | None = None,
) -> list[Question]:
    """Write the accepted and the rejected questions of one table, and return the accepted ones.

    The result of each check is appended to a journal in `cache`. The journal is keyed by the digest of the rule's
    `code`, the table and the settings of the sandbox. `families` restricts the questions to some families.

    Raises ValueError if no question is accepted, because the table is too small or its columns are too plain. No
    question need be accepted if the settings ask for none.
    """
    profile = read_record(profile_path, TableProfile)
    spoken = spoken_columns(profile)
    frame = polars_engine.load(parquet)
    connection = duckdb_engine.connect(parquet)
    kept: list[Question] = []
    dropped: list[Reject] = []
    identity = digest(code, sha256_file(parquet), profile.rows, result_settings(sandbox))
    with (
        Sandbox(parquet, sandbox) as box,
        Journal(cache, Work("questions", profile.table, identity)) as journal,
    ):

        def run_cell(source: str, question_id: str) -> CellResult:
            with box.session(question_id) as session:
                return session.run(source)

        def run_check(question: Question) -> Checked:
            try:
                return Checked(
                    kept=check(
                        question,
                        profile,
                        spoken,
                        polars=lambda program: polars_engine.run(program, frame),
                        duckdb=lambda program: duckdb_engine.run(program, connection),
                        run_cell=run_cell,
                    )
                )
            except Rejected as rejected:
                return Checked(dropped=rejected.reject)

        for pool in make_pools(families or all_families(), split, config):
            fill_pool(
                profile=profile,
                pool=pool,
                config=config,
                seed=seed,
                check_question=lambda question: _check_once(question, run_check, journal),
                kept=kept,
                dropped=dropped,
            )
    connection.close()
    if not kept and config.per_table.get(split, 0):
        raise ValueError(
            f"table {profile.table}: none of {len(dropped)} candidate questions was accepted. The table is too "
            f"small or its columns are too plain. Remove it from the table list, or raise "
            f"questions.program.attempts_per_question. Most common reason: "
            f"{Counter(reject.reason for reject in dropped).most_common(1)}"
        )
    logger.info(f"{profile.table}: {len(kept)} questions accepted, {len(dropped)} candidates rejected")
    write_records(questions, sorted(kept, key=lambda question: question.question_id))
    write_records(rejects, dropped)
    return kept


class Checked(Record, frozen=True):
    """The result of checking a candidate: the question with its answer (`kept`), or the reason why not (`dropped`)."""

    kept: Question | None = None
    dropped: Reject | None = None


def _check_once(question: Question, run_check: Callable[[Question], Checked], journal: Journal) -> Checked:
    """Return the result in the journal, or run the check and append its result."""
    key = digest(question)
    stored = journal.get(key)
    if stored is not None:
        return decode(stored, Checked)
    checked = run_check(question)
    journal.put(key, encode(checked))
    return checked


def fill_pool(
    profile: TableProfile,
    pool: Pool,
    config: ProgramQuestionsConfig,
    seed: int,
    check_question: Callable[[Question], Checked],
    kept: list[Question],
    dropped: list[Reject],
) -> None:
    """Add the accepted questions of one pool to `kept`, and the rejects to `dropped`."""
    asked, balance = AskedPrograms(even_columns(profile), half_columns(profile)), Balance(len(profile.columns))
    for question in kept:
        asked.add(from_json(question.program or {}))
        balance.add(question)
    texts = {question.text for question in kept}
    count: Counter[str] = Counter()
    goal = len(kept) + pool.wanted
    for family, question in candidates(profile, pool, config, seed):
        if len(kept) >= goal:
            break
        if count[family.name] >= config.per_family * family.weight or balance.is_full(question, goal):
            continue
        program = from_json(question.program or {})
        if question.text in texts or asked.repeats(program):
            dropped.append(Reject(table=profile.table, family=family.name, text=question.text, reason="duplicate"))
            continue
        checked = check_question(question)
        if checked.kept is None:
            dropped += filter(None, [checked.dropped])
            continue
        kept.append(checked.kept)
        asked.add(program)
        balance.add(question)
        texts.add(question.text)
        count[family.name] += 1
