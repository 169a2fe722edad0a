"""Questions about real tables, with their gold traces and the errors that fit them."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from tabletutor.config.episodes import EpisodesConfig
from tabletutor.config.questions import ProgramQuestionsConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.tables import TablesConfig
from tabletutor.episodes.build import build_episodes
from tabletutor.programs import duckdb_engine, polars_engine
from tabletutor.programs import grammar as g
from tabletutor.questions.build import build_questions
from tabletutor.records.episode import Episode
from tabletutor.records.question import Reject
from tabletutor.records.record import read_records
from tabletutor.tables.ingest import ingest
from tests.support.planted.errors import PlantedError, plant
from tests.support.planted.measure import CONFIG, Case


class Collected(NamedTuple):
    """The cases of all tables, and the number of rejected questions by reason."""

    cases: list[Case]
    rejects: Counter[str]


def collect(tables: Iterable[Path], per_table: int, folder: Path, seed: int = 0) -> Collected:
    """Build questions about each CSV, run their gold traces, and plant errors."""
    cases: list[Case] = []
    rejects: Counter[str] = Counter()
    for csv in tables:
        here = folder / csv.stem
        here.mkdir()
        paths = {name: here / name for name in ("table.parquet", "profile.json", "questions", "rejects", "episodes")}
        parquet, profile_path = paths["table.parquet"], paths["profile.json"]
        profile = ingest(
            csv, table=csv.stem, source_path=csv.name, config=TablesConfig(), parquet=parquet, profile=profile_path
        )
        questions = build_questions(
            profile_path=profile_path,
            parquet=parquet,
            split="train",
            config=ProgramQuestionsConfig(per_table={"train": per_table}),
            sandbox=SandboxConfig(),
            seed=seed,
            cache=here / "cache",
            code="",
            questions=paths["questions"],
            rejects=paths["rejects"],
        )
        rejects.update(reject.reason for reject in read_records(paths["rejects"], Reject))
        build_episodes(
            questions_path=paths["questions"],
            profile_path=profile_path,
            parquet=parquet,
            traces=None,
            config=EpisodesConfig(perturbed_traces=0),
            sandbox=SandboxConfig(),
            seed=seed,
            cache=here / "cache",
            code="",
            output=paths["episodes"],
        )
        gold = {episode.question_id: episode.traces[0] for episode in read_records(paths["episodes"], Episode)}
        frame, connection = polars_engine.load(parquet), duckdb_engine.connect(parquet)
        for question in questions:
            errors = plant(question, profile, lambda program, frame=frame: polars_engine.run(program, frame), CONFIG)
            if errors:
                duckdb = tuple(_duckdb_answer(error, connection) for error in errors)
                cases.append(Case(question, gold[question.question_id].answer, errors, duckdb))
        connection.close()
    return Collected(cases, rejects)


def _duckdb_answer(error: PlantedError, connection: Any) -> Any:
    """Return DuckDB's answer to a wrong program; None if it has none. Only Polars can run other readings."""
    if error.program is None or any(map(g.is_other_reading, g.all_steps(error.program))):
        return error.answer
    try:
        return duckdb_engine.run(error.program, connection)
    except g.NoAnswer:
        return None
    except ValueError as fault:
        if "only Polars computes" in str(fault):
            return error.answer
        raise
