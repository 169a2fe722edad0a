"""The typed configuration: every knob, its default and its meaning. `config.yaml` is checked against it."""

import posixpath
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from tabletutor.config.formats import FormatsConfig
from tabletutor.config.models import ModelConfig
from tabletutor.config.reporting import ReportingConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.section import HOW, Name, Section
from tabletutor.config.training import TrainingConfig, with_method


def _sum_to_one(shares: dict[str, float]) -> dict[str, float]:
    total = sum(shares.values())
    if abs(total - 1) > 1e-9:
        raise ValueError(f"the shares must sum to 1, not to {total:.6g}")
    return shares


def _own_folder(path: str) -> str:
    if posixpath.normpath(path) in (".", "..", "/"):
        raise ValueError("should be a folder of its own; what a killed run left half-written there is removed")
    return path


# Snakemake reads braces as wildcards.
FilePath = Annotated[str, Field(pattern=r"^[^{}]+$")]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]  # as numpy takes it


class TablesConfig(Section):
    """How raw CSVs become typed tables and splits."""

    missing_markers: tuple[str, ...] = Field(
        default=("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "--", "-", "?", "."),
        description="Cells that may mean a missing value; each is taken so only where its column bears it out.",
    )
    max_bytes: int = Field(default=2_000_000_000, gt=0, description="A CSV larger than this is refused.")
    min_rows: int = Field(default=8, ge=1, description="A table with fewer rows is too small to ask about.")
    max_repaired_share: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="A CSV is refused if a larger share of its rows had to be repaired or left out; three always may.",
    )
    on_broken_row: Literal["repair", "refuse"] = Field(
        default="repair", description="What happens at a row that does not fit its table."
    )
    duplicate_threshold: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Estimated share of common rows from which two tables count as near-duplicates.",
    )
    leak_threshold: float = Field(
        default=0.1,
        gt=0,
        le=1,
        description="Share of common rows between tables of different splits from which the leak check fails.",
    )
    split_shares: Annotated[
        dict[Literal["train", "validation", "test"], Annotated[float, Field(ge=0, le=1)]], AfterValidator(_sum_to_one)
    ] = Field(
        default={"train": 0.7, "validation": 0.1, "test": 0.2},
        description="Shares of the hash buckets for tables with no pinned split; they sum to 1.",
    )


class ProgramQuestionsConfig(Section):
    """The offline source of questions: a typed grammar of programs over the profile."""

    per_table: dict[Literal["train", "validation", "test"], Annotated[int, Field(ge=0)]] = Field(
        default={"train": 80, "validation": 20, "test": 110},
        description="Questions kept for each table of a split, at most.",
    )
    attempts_per_question: int = Field(default=6, ge=1, description="Candidates tried for each question wanted.")
    per_family: int = Field(default=6, ge=1, description="Questions of one family for one table, at most.")
    heldout_families: tuple[str, ...] = Field(
        default=(), description="Families that occur on validation and test tables only."
    )
    heldout_wordings: float = Field(
        default=0.25,
        ge=0,
        lt=1,
        description="Share of each family's wordings that occur on validation and test tables only.",
    )
    heldout_share: float = Field(
        default=0.4,
        ge=0,
        le=1,
        description="Share of an evaluation table's questions that use a held-out family or wording.",
    )


class QuestionsConfig(Section):
    """Where questions come from."""

    program: ProgramQuestionsConfig = ProgramQuestionsConfig()


class EpisodesConfig(Section):
    """How the teacher works."""

    perturbed: int = Field(default=1, ge=0, le=4, description="Traces with a mistake for each question.")
    recover_share: float = Field(
        default=0.5, ge=0, le=1, description="Share of the mistakes that the teacher notices and mends."
    )
    slip_share: float = Field(
        default=0.5, ge=0, le=1, description="Share of the mistakes made at work under a right plan, not in the plan."
    )


class VerdictsConfig(Section):
    """When two answers are the same."""

    relative_tolerance: float = Field(
        default=1e-6, ge=0, lt=1e-2, description="Relative tolerance of numbers that declare no decimals."
    )


class SamplingConfig(Section):
    """Answers that are drawn and not the likeliest."""

    samples: int = Field(default=4, ge=1, description="Attempts at each question.")
    temperature: float = Field(default=0.8, gt=0)


class ChoiceConfig(Section):
    """One of several attempts, as a judge or most of them have it."""

    among: Name = Field(description="The run whose attempts are chosen among; it draws several.")
    judge: Name | None = Field(
        default=None,
        description="The run that judges them: of method reward or prm. None takes the answer most attempts agree on.",
    )


class RunConfig(Section):
    """One student: a model as it is or tuned on a format, or a choice among another student's attempts."""

    model: Name
    weights: Name | None = Field(
        default=None, description="Answer with the weights that this run trains; None: with the run's own, if any."
    )
    sampling: SamplingConfig | None = Field(
        default=None, description="Draw several attempts at each question; None makes one, of the likeliest tokens."
    )
    choose: ChoiceConfig | None = Field(
        default=None, description="Answer nothing anew: choose among the attempts of another run."
    )
    training: Annotated[TrainingConfig | None, BeforeValidator(with_method)] = Field(
        default=None, description="None evaluates the model untouched."
    )
    seed: Seed = 0
    whole_turns: bool = Field(
        default=False, description="Decode turns to their end, for students that say more after their code."
    )

    @property
    def judges(self) -> bool:
        """Whether it is trained to judge answers, and gives none."""
        return self.training is not None and self.training.TRAINS != "student"


class EvaluationConfig(Section):
    """How students answer."""

    batch_size: int = Field(default=32, ge=1, description="Conversations decoded together, by one thread.")
    max_new_tokens: int = Field(default=160, ge=8, description="Tokens of one turn, at most.")
    turn_limit: int = Field(default=5, ge=1, description="Turns a student has to submit an answer.")
    max_context: int = Field(
        default=1536, ge=128, description="Tokens of a conversation, at most; beyond it the turn limit counts as met."
    )
    threads: int = Field(
        default=2,
        ge=1,
        json_schema_extra=HOW,
        description="Groups of conversations decoded at once; no part of the result.",
    )
    limit_per_table: int | None = Field(default=None, ge=1, description="Questions of a table, at most; None asks all.")


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
