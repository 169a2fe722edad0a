"""Fixtures: a small project of real CSVs, built up to the verdicts, and its formats, model and exports."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tabletutor.config.episodes import EpisodesConfig
from tabletutor.config.formats import FORMAT_CONFIGS, FormatConfig
from tabletutor.config.models import ScratchModelConfig
from tabletutor.config.questions import ProgramQuestionsConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.tables import TablesConfig
from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.episodes.build import build_episodes
from tabletutor.formats.audit import audit_format
from tabletutor.formats.build import SPLITS, EpisodeFiles, SplitFiles, build_format
from tabletutor.formats.converter import Case
from tabletutor.models.scratch import make_scratch
from tabletutor.questions.build import build_questions
from tabletutor.records.record import write_record
from tabletutor.records.table import Split, Splits, TableSplit
from tabletutor.tables.ingest import ingest
from tabletutor.verdicts.replay import build_replays
from tabletutor.verdicts.verify import judge_table
from tests.support.cases import every_kind

ROOT = Path(__file__).parents[2]
TABLES = ROOT / "resources" / "tables"
SIZES = ScratchModelConfig(source="scratch", vocabulary=512, hidden=16, layers=1, heads=2, positions=2048)
EXPORTED = ("sft-standard", "sft-interleaved", "sft-masked", "dpo", "kto", "orm", "orm-pairs", "prm", "rl")
SPLIT: dict[str, Split] = {"gapminder": "train", "mpg": "train", "penguins_raw": "validation", "msleep": "test"}


class Built(NamedTuple):
    """A project: the results folder, and the files and the split of each table."""

    results: Path
    tables: dict[str, EpisodeFiles]
    splits: dict[str, Split]


@pytest.fixture(scope="session")
def built(once: Callable[[str, Callable[[Path], object]], Path]) -> Built:
    results = once("formats", make_project) / "results"
    parts = ("questions", "episodes", "verdicts")
    tables = {
        name: EpisodeFiles(
            results / f"tables/{name}/profile.json", *(results / f"{part}/program/{name}.jsonl" for part in parts)
        )
        for name in SPLIT
    }
    return Built(results, tables, SPLIT)


def make_project(folder: Path) -> None:
    results, cache, sandbox = folder / "results", folder / "cache", SandboxConfig()
    splits = tuple(TableSplit(name, name, split, True) for name, split in SPLIT.items())
    write_record(results / "splits.json", Splits(splits))
    question_config = ProgramQuestionsConfig(per_table={"train": 24, "validation": 12, "test": 6}, per_family=3)
    for name, split in SPLIT.items():
        parquet, profile = (results / "tables" / name / file for file in ("table.parquet", "profile.json"))
        parquet.parent.mkdir(parents=True)
        ingest(
            TABLES / f"{name}.csv",
            table=name,
            source_path=f"{name}.csv",
            config=TablesConfig(),
            parquet=parquet,
            profile=profile,
        )
        questions, rejects, episodes, replays, verdicts = (
            results / part / "program" / f"{name}.jsonl"
            for part in ("questions", "rejects", "episodes", "replays", "verdicts")
        )
        build_questions(
            profile_path=profile,
            parquet=parquet,
            split=split,
            config=question_config,
            sandbox=sandbox,
            seed=0,
            cache=cache,
            code="code",
            questions=questions,
            rejects=rejects,
        )
        build_episodes(
            questions_path=questions,
            profile_path=profile,
            parquet=parquet,
            traces=None,
            config=EpisodesConfig(perturbed_traces=2),
            sandbox=sandbox,
            seed=0,
            cache=cache,
            code="code",
            output=episodes,
        )
        build_replays(
            episodes_path=episodes,
            table=name,
            parquet=parquet,
            sandbox=sandbox,
            cache=cache,
            code="code",
            output=replays,
        )
        judge_table(VerdictsConfig(), episodes=episodes, questions=questions, replays=replays, output=verdicts)


def make_format(name: str, built: Built, folder: Path) -> None:
    """Write all files of a format except its audit."""
    files: dict[Any, SplitFiles] = {
        split: SplitFiles(folder / f"{split}.jsonl", folder / "notes" / f"{split}.jsonl") for split in SPLITS
    }
    config = FORMAT_CONFIGS.get(name, FormatConfig)()
    build_format(name, built.tables, built.splits, config, 0, files, folder / "stats.json")


@pytest.fixture(scope="session")
def files(built: Built, once: Callable[[str, Callable[[Path], object]], Path]) -> Callable[[str], Path]:
    """Return a function that gives the training file of a format."""
    return lambda name: once(f"format-{name}", lambda folder: make_format(name, built, folder)) / "train.jsonl"


@pytest.fixture(scope="session")
def model(files: Callable[[str], Path], once: Callable[[str, Callable[[Path], object]], Path]) -> str:
    """Return the path of a tiny untrained model with its tokenizer."""
    texts = files("sft-standard").read_text()
    return str(once("tiny", lambda folder: make_scratch(SIZES, [texts], 0, folder)))


@pytest.fixture(scope="session")
def project(built: Built, once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """Return a folder like a checkout's, with a configuration, a table list and audited formats."""

    def make(root: Path) -> None:
        results = root / "results"
        shutil.copytree(built.results, results)
        tables = "table\tpath\tsplit\tlicence\ttitle\n"
        for name in built.tables:
            tables += f"{name}\t{name}.csv\t\tCC0-1.0\tA | table of <b>{name}</b>\n"
            (root / f"{name}.csv").write_text("a\n1\n")
        (root / "tables.tsv").write_text(tables)
        config = {
            "project": "demo", "results": results.name, "table_list": "tables.tsv",
            "models": {"m": {"source": "scratch"}},
            "runs": {"base": {"model": "m"}, "tuned": {"model": "m", "training": {}}},
        }  # fmt: skip
        (root / "config.yaml").write_text(yaml.safe_dump(config))
        for name in EXPORTED:
            folder = results / "formats" / name
            make_format(name, built, folder)
            questions = {table: files.questions for table, files in built.tables.items()}
            rows: dict[Any, Path] = {split: folder / f"{split}.jsonl" for split in SPLITS}
            audit_format(name, rows=rows, questions=questions, splits=built.splits, output=folder / "audit.json")

    return once("project", make)


@pytest.fixture(scope="session")
def export(project: Path) -> Callable[[str, Path], subprocess.CompletedProcess[str]]:
    """Return `export(kind, folder)`, which runs `tabletutor export` on the project."""
    program = str(Path(sys.executable).with_name("tabletutor"))

    def run(kind: str, folder: Path) -> subprocess.CompletedProcess[str]:
        command = [program, "export", kind, str(folder), "--config", "config.yaml"]
        return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def peer(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return `peer(name, script, *arguments)`, which runs a script of `peers/` with a library of `envs/peers/`.

    That library takes precedence over the environment's own.
    """

    def run(name: str, script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        folder, wanted = ROOT / ".peers" / name, ROOT / "envs" / "peers" / f"{name}.txt"
        made = folder / ".made"
        if not made.exists() or made.read_bytes() != wanted.read_bytes():
            pytest.fail(f"{folder} does not have what {wanted} lists; run `make peers`")
        command = [sys.executable, str(ROOT / "tests/formats/peers" / f"{script}.py"), *map(str, arguments)]
        own = {"PYTHONPATH": f"{folder}:{ROOT / 'scripts'}", "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"}
        # LLaMA-Factory asks for older libraries than the lock file has; the test shows that it works with these.
        own["DISABLE_VERSION_CHECK"] = "1"
        return subprocess.run(command, env={**os.environ, **own}, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def case() -> Case:
    return every_kind()
