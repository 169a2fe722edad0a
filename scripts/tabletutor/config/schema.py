"""The typed configuration as a whole; `config.yaml` is checked against it.

Each stage has a module for its knobs, so that a job depends on those of its own stage and no other.
"""

import posixpath
from typing import Annotated

from pydantic import AfterValidator, Field

from tabletutor.config.episodes import EpisodesConfig
from tabletutor.config.evaluation import EvaluationConfig
from tabletutor.config.formats import FormatsConfig
from tabletutor.config.models import ModelConfig
from tabletutor.config.questions import QuestionsConfig
from tabletutor.config.reporting import ReportingConfig
from tabletutor.config.runs import RunConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.section import HOW, Name, Section, Seed
from tabletutor.config.tables import TablesConfig
from tabletutor.config.verdicts import VerdictsConfig


def _own_folder(path: str) -> str:
    if posixpath.normpath(path) in (".", "..", "/"):
        raise ValueError("should be a folder of its own; what a killed run left half-written there is removed")
    return path


# Snakemake reads braces as wildcards.
FilePath = Annotated[str, Field(pattern=r"^[^{}]+$")]


class Config(Section):
    """The whole configuration of a project."""

    project: Name = Field(description="Name of the project, shown in the report.")
    results: Annotated[FilePath, AfterValidator(_own_folder)] = Field(
        default="results", description="Folder of all artefacts."
    )
    cache: FilePath | None = Field(
        default=None,
        json_schema_extra=HOW,
        description="Folder in which jobs keep finished units of work, which other checkouts can share; None: "
        "`.tabletutor/cache`. The environment variable TABLETUTOR_CACHE goes before it.",
    )
    seed: Seed = Field(default=0, description="Seed of every random choice outside training.")
    table_list: FilePath = Field(
        default="config/tables.tsv", description="Tab-separated list: table, path, split, licence, …"
    )
    tables: TablesConfig = TablesConfig()
    sandbox: SandboxConfig = SandboxConfig()
    questions: QuestionsConfig = QuestionsConfig()
    episodes: EpisodesConfig = EpisodesConfig()
    verdicts: VerdictsConfig = VerdictsConfig()
    formats: FormatsConfig = FormatsConfig()  # pyright: ignore[reportInvalidTypeForm] - made from the files there are
    models: dict[Name, ModelConfig]
    runs: dict[Name, RunConfig]
    evaluation: EvaluationConfig = EvaluationConfig()
    reporting: ReportingConfig = ReportingConfig()
