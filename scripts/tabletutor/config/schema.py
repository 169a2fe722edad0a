"""The typed configuration of a project; `config.yaml` is checked against it.

Each stage has its own module of settings, so that a job depends only on the settings of its stage.
"""

import posixpath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from tabletutor.config.episodes import EpisodesConfig
from tabletutor.config.evaluation import EvaluationConfig
from tabletutor.config.formats import FormatsConfig
from tabletutor.config.models import ModelConfig
from tabletutor.config.questions import QuestionsConfig
from tabletutor.config.reporting import ReportingConfig
from tabletutor.config.runs import RunConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.section import EXECUTION_ONLY, FilePath, Name, Section, Seed
from tabletutor.config.tables import TablesConfig
from tabletutor.config.teachers import TeacherConfig
from tabletutor.config.traces import TracesConfig
from tabletutor.config.verdicts import VerdictsConfig


def _own_folder(path: str) -> str:
    if posixpath.normpath(path) in (".", "..", "/"):
        raise ValueError("should be a folder of its own, because half-written files of killed runs are deleted in it")
    return path


class Config(Section):
    """The whole configuration of a project."""

    version: Literal[2] = Field(
        default=2,
        json_schema_extra=EXECUTION_ONLY,
        description="Version of the configuration's keys. An old name of a key is an error that names the new key.",
    )
    project: Name = Field(description="Name of the project, shown in the report; also names the folder of its logs.")
    results: Annotated[FilePath, AfterValidator(_own_folder)] = Field(
        default="results", description="Folder for all artefacts."
    )
    cache: FilePath | None = Field(
        default=None,
        json_schema_extra=EXECUTION_ONLY,
        description="Folder for finished units of work, which checkouts can share. null uses `.tabletutor/cache`. The "
        "environment variable TABLETUTOR_CACHE takes precedence.",
    )
    seed: Seed = Field(default=0, description="Seed of all random choices outside training.")
    table_list: FilePath = Field(
        default="config/tables.tsv",
        description="Tab-separated list of the tables, with the columns table, path, split, licence and title.",
    )
    cassettes: FilePath = Field(
        default="cassettes",
        json_schema_extra=EXECUTION_ONLY,
        description="Folder of the recorded responses of endpoints, one file per stage and table.",
    )
    tables: TablesConfig = TablesConfig()
    sandbox: SandboxConfig = SandboxConfig()
    questions: QuestionsConfig = QuestionsConfig()
    teachers: dict[Name, TeacherConfig] = Field(
        default={}, description="Language models that ask and answer questions, by name."
    )
    traces: TracesConfig = TracesConfig()
    episodes: EpisodesConfig = EpisodesConfig()
    verdicts: VerdictsConfig = VerdictsConfig()
    formats: FormatsConfig = FormatsConfig()  # pyright: ignore[reportInvalidTypeForm] - built at import from the converter files
    models: dict[Name, ModelConfig] = Field(description="Base models by name.")
    runs: dict[Name, RunConfig] = Field(description="Runs by name.")
    evaluation: EvaluationConfig = EvaluationConfig()
    reporting: ReportingConfig = ReportingConfig()
