"""The typed configuration: every knob, its default and its meaning. `config.yaml` is checked against it."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from tabletutor.config.formats import FormatsConfig
from tabletutor.config.models import ModelConfig
from tabletutor.config.reporting import ReportingConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.section import HOW, Name, Section
from tabletutor.config.training import STUDENTS, TrainingConfig, with_method


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
    seed: int = 0
    whole_turns: bool = Field(
        default=False, description="Decode turns to their end, for students that say more after their code."
    )

    @property
    def judges(self) -> bool:
        """Whether it is trained to judge answers, and gives none."""
        return self.training is not None and self.training.method not in STUDENTS


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
            if run.training is not None:
                self._check_training(name, run.model, run.training)
            self._check_source(name, run)
        for key in ("baseline", "candidate"):
            self._check_answers(f"reporting.{key}", getattr(self.reporting, key))
        self._check_arms()
        return self

    def _check_arms(self) -> None:
        """Raise ValueError where arms cannot be compared."""
        arms = self.reporting.arms
        if len(arms) == 1:
            raise ValueError("reporting.arms: one arm has nothing to be compared with; add another, or leave arms out")
        seen: dict[str, str] = {}
        for arm, other in self.reporting.against.items():
            if arm not in arms or other not in arms or arm in (other, next(iter(arms))):
                raise ValueError(
                    f"reporting.against.{arm}: {other}: give for an arm but the first another arm; there are: "
                    f"{', '.join(arms)}"
                )
        for arm, runs in arms.items():
            key, first = f"reporting.arms.{arm}", next(iter(arms))
            for run in runs:
                self._check_answers(key, run)
                if run in seen:
                    raise ValueError(f"{key}: {run} is in {seen[run]} already; a run counts once")
                seen[run] = arm
            if len(runs) != len(arms[first]):
                raise ValueError(
                    f"{key}: {len(runs)} runs, but {first} has {len(arms[first])}; arms are exchanged with each other "
                    "in the permutation test, which takes means of equally many runs"
                )

    def _check_answers(self, key: str, run: str) -> None:
        """Raise ValueError unless there is a run of this name that answers questions."""
        if run not in self.runs:
            raise ValueError(f"{key}: no run named {run!r}; there are: {', '.join(self.runs)}")
        if self.runs[run].judges:
            raise ValueError(f"{key}: {run} is trained to judge answers, it gives none")

    def _check_source(self, name: str, run: RunConfig) -> None:
        """Raise ValueError where a run answers with weights, or chooses among attempts, that are not to be had, or is
        told how to answer and does not.
        """
        key = f"runs.{name}"
        if sum(bool(kind) for kind in (run.training, run.weights, run.choose)) > 1:
            raise ValueError(f"{key}: training, weights and choose exclude each other; give one of them")
        if run.weights is not None:
            other = self.runs.get(run.weights)
            if other is None or other.training is None or other.judges:
                raise ValueError(f"{key}.weights: no run named {run.weights!r} that trains a student")
            if other.model != run.model:
                raise ValueError(f"{key}.model: must be that of {run.weights}, {other.model}, whose weights it has")
        for option in ("sampling", "whole_turns"):
            if getattr(run, option) and (run.judges or run.choose):
                does = "judges" if run.judges else "chooses"
                raise ValueError(f"{key}.{option}: a run that {does} says nothing; leave it out")
        if run.choose is not None:
            self._check_choice(key, run, run.choose)

    def _check_choice(self, key: str, run: RunConfig, choose: ChoiceConfig) -> None:
        """Raise ValueError where a run chooses among no attempts, or by no judge, or for another model."""
        among = self.runs.get(choose.among)
        if among is None or among.sampling is None or among.choose is not None:
            raise ValueError(f"{key}.choose.among: no run named {choose.among!r} that draws attempts (sampling)")
        name, other = choose.among, among
        if choose.judge is not None:
            judge = self.runs.get(choose.judge)
            if judge is None or not judge.judges:
                raise ValueError(f"{key}.choose.judge: no run named {choose.judge!r} that trains a judge")
            name, other = choose.judge, judge
        if other.model != run.model:
            raise ValueError(f"{key}.model: must be that of {name}, {other.model}")

    def _check_training(self, name: str, model: str, training: TrainingConfig) -> None:
        """Raise ValueError where a run is trained on a format that is not made, or goes on from a run it cannot."""
        key = f"runs.{name}.training"
        if training.format not in _made(self.formats):
            raise ValueError(f"{key}.format: {training.format} is not made; give it a key in formats")
        if training.start is not None and training.method not in STUDENTS:
            raise ValueError(f"{key}.start: {training.method} trains a judge, which goes on from no run; leave it out")
        seen, start = [name], training.start
        while start is not None:
            if start in seen:
                raise ValueError(f"{key}.start: {' → '.join([*seen, start])} goes in a circle")
            seen.append(start)
            run = self.runs.get(start)
            if run is None or run.training is None:
                raise ValueError(f"{key}.start: no trained run named {start!r}")
            if run.model != model:
                raise ValueError(
                    f"{key}.start: {start} trains {run.model}, this run {model}; they must train one model"
                )
            if run.judges:
                raise ValueError(f"{key}.start: {start} is trained to judge answers; go on from one that answers")
            if run.training.lora != training.lora:
                raise ValueError(f"{key}.lora: must be that of {start}, whose weights it goes on from")
            start = run.training.start


def _made(formats: Section) -> set[str]:
    """The names of the formats that are made."""
    fields = type(formats).model_fields
    return {field.alias or name for name, field in fields.items() if getattr(formats, name) is not None}
