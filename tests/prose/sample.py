"""Sample the questions that tabletutor generates for the tables of the default project, for `questions.py`."""

import re
import tempfile
from functools import cache
from itertools import islice, product
from math import ceil
from pathlib import Path

from loguru import logger

from tabletutor.config.questions import ProgramQuestionsConfig
from tabletutor.config.tables import TablesConfig
from tabletutor.questions.generate import Pool, candidates
from tabletutor.questions.header_words import spoken_columns
from tabletutor.questions.registry import all_families
from tabletutor.records.identity import rng
from tabletutor.records.question import Novelty
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
    """Return the words of all headers, as they stand and as questions say them."""
    spoken = [column for table in table_profiles() for column in spoken_columns(table).values()]
    said = [text for column in spoken for text in (column.name, column.singular, column.plural or "")]
    return {word for text in said for pattern in (r"\w+", "[A-Za-z]+") for word in re.findall(pattern, text)}


def sample_texts(n: int, seed: int) -> list[str]:
    """Return up to `n` generated questions, in random order: of all tables, trained and held out."""
    config = ProgramQuestionsConfig()
    novelties: tuple[Novelty, ...] = ("trained", "new_wording", "new_composition")
    share = ceil(1.5 * n / len(novelties) / len(table_profiles()))  # some are alike
    texts: set[str] = set()
    for table, novelty in product(table_profiles(), novelties):
        drawn = candidates(table, Pool(novelty, all_families(), share), config, seed)
        texts |= {question.text for _, question in islice(drawn, share)}
    return rng(seed, "sample").sample(sorted(texts), min(n, len(texts)))
