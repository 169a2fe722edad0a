"""Every family builds sound programs on real tables: none is dead, none breaks an engine."""

from collections import defaultdict
from pathlib import Path

from tabletutor.config.questions import ProgramQuestionsConfig
from tabletutor.config.tables import TablesConfig
from tabletutor.programs import polars_engine
from tabletutor.programs.grammar import NoAnswer, from_json
from tabletutor.questions.catalogue import FAMILIES
from tabletutor.questions.generate import Pool, candidates
from tabletutor.tables.ingest import ingest

TABLES = Path(__file__).parents[2] / "resources" / "tables"


def test_every_family_finds_an_answer_on_some_real_table(tmp_path: Path) -> None:
    answered: dict[str, int] = defaultdict(int)
    config = ProgramQuestionsConfig(per_family=2, attempts_per_question=2)
    for name in ("penguins_raw", "canadian_senators", "mpg", "earthquakes", "prison_custody_by_state"):
        parquet = tmp_path / f"{name}.parquet"
        profile = ingest(TABLES / f"{name}.csv", name, name, TablesConfig(), parquet, tmp_path / f"{name}.json")
        frame = polars_engine.load(parquet)
        for family, question in candidates(profile, Pool("trained", FAMILIES, 0), config, seed=0):
            try:
                answer = polars_engine.run(from_json(question.program or {}), frame)
            except NoAnswer:
                continue
            answered[family.name] += answer is not None
    assert {family.name for family in FAMILIES} - {name for name, count in answered.items() if count} == set()
