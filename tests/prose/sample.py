"""Sample the questions that tabletutor generates for the tables of the default project, for `questions.py`."""

import re
import tempfile
from functools import cache
from pathlib import Path

from loguru import logger

from tabletutor.config.questions import ProgramQuestionsConfig
from tabletutor.config.tables import TablesConfig
from tabletutor.questions.generate import Pool, candidates
from tabletutor.questions.registry import all_families
from tabletutor.records.identity import rng
from tabletutor.records.table import TableProfile
from tabletutor.tables.ingest import ingest

TABLES = Path(__file__).parents[2] / "resources" / "tables"


@cache
def table_profiles() -> tuple[TableProfile, ...]:
    """Return the profiles of all CSVs in `resources/tables`."""
    logger.disable("tabletutor")
    with tempfile.TemporaryDirectory() as folder:
        parquet, profile = Path(folder, "table.parquet"), Path(folder, "profile.json")
        return tuple(
            ingest(csv, table=csv.stem, source_path=csv.name, config=TablesConfig(), parquet=parquet, profile=profile)
            for csv in sorted(TABLES.glob("*.csv"))
        )


def table_words() -> set[str]:
    """Return the words of all headers, as far as they are letters and digits."""
    return {word for table in table_profiles() for column in table.columns for word in re.findall(r"\w+", column.name)}


def sample_texts(n: int, seed: int) -> list[str]:
    """Return `n` generated questions: of all tables, families and wordings, held out or not."""
    config = ProgramQuestionsConfig(per_family=1)
    pools = [Pool(novelty, all_families(), 0) for novelty in ("trained", "new_wording")]
    drawn = (
        question for table in table_profiles() for pool in pools for question in candidates(table, pool, config, seed)
    )
    return rng(seed, "sample").sample(sorted({question.text for _, question in drawn}), n)
