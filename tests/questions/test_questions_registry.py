"""Every family builds valid programs on real tables, and the registry names faulty files."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tabletutor.config.questions import ProgramQuestionsConfig
from tabletutor.config.tables import TablesConfig
from tabletutor.programs import polars_engine
from tabletutor.programs.grammar import NoAnswer, from_json
from tabletutor.questions.family import Family
from tabletutor.questions.generate import Pool, candidates, make_pools
from tabletutor.questions.registry import all_families, collect
from tabletutor.records.table import TableProfile
from tabletutor.tables.ingest import ingest

TABLES = Path(__file__).parents[2] / "resources" / "tables"


def typed(name: str, folder: Path) -> tuple[TableProfile, Path]:
    """Return the profile and the Parquet file of a table of the default project."""
    parquet, profile = folder / f"{name}.parquet", folder / f"{name}.json"
    source = TABLES / f"{name}.csv"
    return ingest(
        source, table=name, source_path=name, config=TablesConfig(), parquet=parquet, profile=profile
    ), parquet


def test_every_family_finds_an_answer_on_some_real_table(tmp_path: Path) -> None:
    answered: dict[str, int] = defaultdict(int)
    config = ProgramQuestionsConfig(per_family=2, attempts_per_question=2)
    for name in ("penguins_raw", "canadian_senators", "mpg", "midwest", "seattle_weather", "estimated_crimes"):
        profile, parquet = typed(name, tmp_path)
        frame = polars_engine.load(parquet)
        for family, question in candidates(profile, Pool("trained", all_families(), 0), config, seed=0):
            try:
                answer = polars_engine.run(from_json(question.program or {}), frame)
            except NoAnswer:
                continue
            answered[family.name] += answer is not None
    assert {family.name for family in all_families()} - {name for name, count in answered.items() if count} == set()


def module_with(**names: object) -> ModuleType:
    module = ModuleType("mine")
    vars(module).update(names, __file__="questions/families/mine.py")
    return module


def family(name: str, wordings: Any) -> Family:
    return replace(all_families()[0], name=name, wordings=wordings)


FOUR = ("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("module", "told"),
    [
        (module_with(), r"mine\.py: FAMILIES is missing .* Add `FAMILIES = \(Family\(\.\.\.\),\)`"),
        (module_with(FAMILIES=[family("mine", FOUR)]), r"mine\.py: FAMILIES .* is not a tuple of Family"),
        (
            module_with(FAMILIES=(family("mine", FOUR[:3]),)),
            r"mine\.py: family 'mine' has 3 wordings, of which 3 are different",
        ),
        (
            module_with(FAMILIES=(family("mine", (*FOUR, "a")),)),
            r"mine\.py: family 'mine' has 5 wordings, of which 4 are different",
        ),
        (module_with(FAMILIES=(family("mine", "a b"),)), r"mine\.py: the wordings of family 'mine' are one text"),
        (module_with(FAMILIES=(family("mine", FOUR),) * 2), r"mine\.py: there is a family 'mine' already"),
    ],
)
def test_a_file_without_what_the_registry_needs_is_an_error_that_says_what_to_do(module: ModuleType, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        collect([module])


def test_a_slot_without_words_is_an_error_whichever_wording_has_it(tmp_path: Path) -> None:
    penguins = typed("penguins_raw", tmp_path)[0]
    faulty = replace(all_families()[0], wordings=(*all_families()[0].wordings, "What is the {rigth} one?"))
    told = rf"family '{faulty.name}', wording {len(faulty.wordings)}: no words for the slot \{{rigth\}}; .* have words"
    with pytest.raises(ValueError, match=told):
        list(candidates(penguins, Pool("trained", (faulty,), 0), ProgramQuestionsConfig(), seed=0))


def test_an_evaluation_table_needs_no_wording_that_is_held_out() -> None:
    config = ProgramQuestionsConfig(heldout_families=(all_families()[0].name,), heldout_wordings=0)
    assert [pool.novelty for pool in make_pools(all_families(), "test", config)] == ["trained", "new_composition"]
