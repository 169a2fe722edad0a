"""The teacher plans, works with hooks and submits, its mistakes and corrections are real, and episodes resume."""

from itertools import product
from pathlib import Path

import pytest

from tabletutor.config.episodes import EpisodesConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.tables import TablesConfig
from tabletutor.episodes.build import build_episodes
from tabletutor.episodes.mistakes import EXCUSES, MUTATIONS, draw_mistake
from tabletutor.episodes.teacher import gold_script
from tabletutor.programs.describe import describe
from tabletutor.programs.grammar import (
    Aggregate,
    BestGroup,
    Count,
    Group,
    MissingShare,
    Part,
    Program,
    Repeated,
    Round,
    Share,
    Where,
    to_json,
)
from tabletutor.programs.pandas_source import source
from tabletutor.records.episode import Episode
from tabletutor.records.identity import rng
from tabletutor.records.journal import read_segment
from tabletutor.records.question import AnswerSpec, Question
from tabletutor.records.record import read_records, write_records
from tabletutor.records.table import TableProfile
from tabletutor.tables.ingest import ingest

PENGUINS = Path(__file__).parents[2] / "resources" / "tables" / "penguins_raw.csv"
MEAN = Program((Where("Island", "==", "Dream"), Aggregate("Body Mass (g)", "mean")))
BEST = Program((Where("Sex", "==", "MALE"), Group("Species", "mean", "Body Mass (g)"), BestGroup("largest")))
SHARE = Program((MissingShare("Sex"),))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TableProfile]:
    folder = tmp_path_factory.mktemp("penguins")
    return folder, ingest(
        PENGUINS,
        table="penguins_raw",
        source_path=PENGUINS.name,
        config=TablesConfig(),
        parquet=folder / "table.parquet",
        profile=folder / "profile.json",
    )


def question(name: str, program: Program) -> Question:
    return Question(
        question_id=name,
        table="penguins_raw",
        source="program",
        text=name,
        answer_type="number",
        answer_spec=AnswerSpec(),
        answer=0,
        family="any",
        category="any",
        wording="any/0",
        novelty="trained",
        difficulty="easy",
        program=to_json(program),
    )


def test_a_gold_script_looks_then_decides_then_works_then_submits(table: tuple[Path, TableProfile]) -> None:
    script = gold_script(BEST, table[1])
    assert len(script.turns) == 3
    look = "print(df['Sex'].unique()[:8].tolist())\nprint(df[['Sex', 'Body Mass (g)']].isna().sum())"
    assert script.turns[0] == (describe(BEST), f"{look}\ndf[['Sex', 'Body Mass (g)', 'Species']].head(3)", None)
    assert script.turns[1].reasoning == "11 values of 'Sex' are missing; these rows meet no condition."
    assert script.turns[1].code.splitlines()[1::2] == [
        "hook('rows', len(rows))",
        "hook('groups', len(groups), depends_on=['rows'])",
    ]
    assert script.turns[2].code.endswith("submit(answer)")
    assert all("submit" not in turn.code for turn in script.turns[:-1])


@pytest.mark.parametrize(
    "program",
    [MEAN, BEST, SHARE, Program((Where("Island", "==", "Dream"), Count())), Program((Share("Sex", "==", "MALE"),))],
)
def test_a_mistaken_script_differs_from_the_gold_one(table: tuple[Path, TableProfile], program: Program) -> None:
    found = {
        script.mistake: script
        for seed in range(60)
        for recover, slip in product((True, False), repeat=2)
        if (script := draw_mistake(program, table[1], recover, slip, rng(seed, "mistake"))) is not None
    }
    assert found
    for name, script in found.items():
        assert name is not None
        assert (name.removesuffix("_mended")) in {*MUTATIONS, "case_mismatch"}
        mends = [turn for turn in script.turns if turn.corrects is not None]
        assert bool(mends) == name.endswith("_mended")
        if mends:
            assert describe(program) in mends[0].reasoning
        looking = [turn.corrects is not None for turn in script.turns if "hook('answer'" in turn.code]
        assert looking in ([], [False, True]), "a script that looks at a wrong result looks at the right one too"
        assert sum("submit" in turn.code for turn in script.turns[:-1]) == name.startswith("case_mismatch")


def test_a_slip_is_made_under_the_right_plan(table: tuple[Path, TableProfile]) -> None:
    plan = gold_script(MEAN, table[1]).turns[0]
    for seed in range(20):
        slip, plain = (draw_mistake(MEAN, table[1], False, slip, rng(seed, "mistake")) for slip in (True, False))
        assert slip is not None
        assert plain is not None
        assert slip.turns[0] == plan
        assert [turn.code for turn in slip.turns[1:]] == [turn.code for turn in plain.turns[1:]]
        assert (plain.turns[0] == plan) == (plain.mistake == "case_mismatch")


def test_every_mutation_can_excuse_itself() -> None:
    assert set(EXCUSES) == set(MUTATIONS)


@pytest.mark.slow
def test_episodes_are_executed_for_real_and_resume_from_the_journal(
    table: tuple[Path, TableProfile], tmp_path: Path
) -> None:
    folder, _ = table
    write_records(
        tmp_path / "questions.jsonl", [question("mean", MEAN), question("best", BEST), question("share", SHARE)]
    )

    def build(output: Path, cache: Path, code: str) -> list[Episode]:
        build_episodes(
            questions_path=tmp_path / "questions.jsonl",
            profile_path=folder / "profile.json",
            parquet=folder / "table.parquet",
            config=EpisodesConfig(perturbed_traces=2),
            sandbox=SandboxConfig(),
            seed=0,
            cache=cache,
            code=code,
            output=output,
        )
        return read_records(output, Episode)

    episodes = {episode.question_id: episode for episode in build(tmp_path / "a.jsonl", tmp_path / "cache", "one")}
    golds = {name: episode.traces[0] for name, episode in episodes.items()}
    assert golds["best"].answer == "Gentoo penguin (Pygoscelis papua)"
    assert golds["mean"].answer == pytest.approx(3712.90322580645)
    assert golds["share"].answer == pytest.approx(100 * 11 / 344)
    assert "rows" in {hook.name for hook in golds["best"].turns[1].hooks}
    assert all(trace.turns[0].stdout for trace in golds.values())

    (segment,) = (tmp_path / "cache").rglob("*.journal")
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(b"".join(lines[:3]) + lines[3][:50])
    build(tmp_path / "b.jsonl", tmp_path / "cache", "one")
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    assert units_run(tmp_path / "cache") == 2 + 1, "only the torn episode was run again"

    write_records(
        tmp_path / "questions.jsonl", [question("average", MEAN), question("best", BEST), question("share", SHARE)]
    )
    build(tmp_path / "c.jsonl", tmp_path / "cache", "one")
    assert units_run(tmp_path / "cache") == 2 + 1 + 1, "only the changed question was run"

    build(tmp_path / "d.jsonl", tmp_path / "cache", "two")
    assert units_run(tmp_path / "cache") == 2 + 1 + 1 + 3, "other code never reads this journal"
    (folder / "profile.json").write_bytes((folder / "profile.json").read_bytes() + b"\n")
    build(tmp_path / "e.jsonl", tmp_path / "cache", "two")
    assert units_run(tmp_path / "cache") == 2 + 1 + 1 + 3 + 3, "nor does the same code on another profile"


def units_run(cache: Path) -> int:
    """Return the number of whole units in all journals of a cache."""
    return sum(len(read_segment(path).units) for path in cache.rglob("*.journal"))


PARTS = Program(
    (Where("Island", "==", "Dream"),),
    parts=(
        Part("mean", (Aggregate("Body Mass (g)", "mean"), Round(1))),
        Part("missing", (MissingShare("Sex"),)),
        Part("heaviest", (Group("Species", "max", "Body Mass (g)"), BestGroup("largest"))),
    ),
)


def test_the_parts_of_an_answer_are_planned_computed_and_hooked(table: tuple[Path, TableProfile]) -> None:
    plan, work, finish = gold_script(PARTS, table[1]).turns
    assert plan.reasoning == (
        "Keep rows where 'Island' == 'Dream', "
        "then for 'mean' take the mean of 'Body Mass (g)', then round to 1 decimals; "
        "for 'missing' take the percentage of rows where 'Sex' is missing; "
        "for 'heaviest' take the max of 'Body Mass (g)' by 'Species', then name the largest group."
    )
    assert plan.code.endswith("\ndf[['Island', 'Body Mass (g)', 'Sex', 'Species']].head(3)")
    assert work.code.splitlines() == [
        "rows = df[df['Island'] == 'Dream']",
        "hook('rows', len(rows))",
        "answer = {}",
        "answer['mean'] = rows['Body Mass (g)'].mean()",
        "hook('mean', answer['mean'], depends_on=['rows'])",
        "answer['mean'] = round(answer['mean'], 1)",
        "hook('mean', answer['mean'])",
        "answer['missing'] = rows['Sex'].isna().mean() * 100",
        "hook('missing', answer['missing'], depends_on=['rows'])",
        "part_groups = rows.groupby('Species')['Body Mass (g)'].max()",
        "hook('part_groups', len(part_groups), depends_on=['rows'])",
    ]
    assert finish.code == "answer['heaviest'] = part_groups.idxmax()\nsubmit(answer)"


def test_mistakes_reach_the_parts_and_lists_of_columns(table: tuple[Path, TableProfile]) -> None:
    repeated = Program((Repeated(("Body Mass (g)", "Culmen Length (mm)")), Count()))
    for program, name, changed in (
        (PARTS, "wrong_aggregate", "].median()"),
        (PARTS, "forgotten_missing", ".notna()]"),
        (PARTS, "forgotten_condition", "answer['mean'] = df["),
        (repeated, "wrong_column", "duplicated(['Body Mass (g)', "),
    ):
        wrong = MUTATIONS[name](program, table[1], rng(1, "mistake"))
        assert wrong is not None, name
        assert changed in source(wrong), name
        assert changed not in source(program) or name == "wrong_column", name
        assert wrong != program
