"""The knobs of training runs, by method.

A method is a file in `training/methods/` and a class here, which says what the method trains, which formats it reads
and whether it runs answers. Name the class in `TrainingConfig`; checks, rules and the JSON Schema follow from it.
"""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, Self, cast, get_args

from pydantic import Field, model_validator

from tabletutor.config.section import HOW, Name, Section


class LoraConfig(Section):
    """Low-rank adaptation, as PEFT names it."""

    r: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    target_modules: Literal["all-linear"] | tuple[str, ...] = "all-linear"
    skip_layers: int = Field(
        default=0, ge=0, description="First layers of the model left without adapter; no gradient is computed for them."
    )
    bias: Literal["none", "all", "lora_only"] = Field(default="none", description="Which biases are trained too.")
    use_rslora: bool = Field(default=False, description="Scale by alpha over the root of r (rank-stabilised LoRA).")
    use_dora: bool = Field(default=False, description="Train magnitudes apart from directions (DoRA).")


Trained = Literal["student", "outcome judge", "process judge"]


class MethodConfig(Section):
    """What every method can be told.

    Attributes:
        TRAINS: What comes out: a student that answers questions, or a judge of whole attempts or of their steps.
        READS: The formats whose rows the method reads. One of your own (formats/converters/) may fit any.
        RUNS_ANSWERS: Whether the method runs answers in the sandbox while it trains, and grades them.
    """

    TRAINS: ClassVar[Trained] = "student"
    READS: ClassVar[tuple[str, ...]] = ()
    RUNS_ANSWERS: ClassVar[bool] = False

    start: Name | None = Field(
        default=None, description="Go on from the weights of this run, with the same `lora`; None starts at the model."
    )
    lora: LoraConfig | None = Field(default=LoraConfig(), description="None trains all weights, in float32.")
    epochs: float = Field(default=1.0, gt=0, description="Passes over the training rows.")
    max_steps: int | None = Field(default=None, ge=1, description="Optimiser steps, at most.")
    batch_size: int = Field(default=8, ge=1, description="Rows an optimiser step sees, at most.")
    max_tokens: int = Field(default=768, ge=64, description="A row with more tokens is dropped whole, and counted.")
    learning_rate: float = Field(default=1e-3, gt=0)
    warmup_share: float = Field(default=0.05, ge=0, lt=1)
    scheduler: Literal["cosine", "linear", "constant"] = "cosine"
    weight_decay: float = Field(default=0.0, ge=0)
    max_grad_norm: float = Field(default=1.0, gt=0)
    dtype: Literal["bfloat16", "float32"] = Field(
        default="bfloat16", description="Precision of the frozen base; what is trained is float32."
    )
    gradient_checkpointing: bool = Field(
        default=False, description="Keep fewer activations and compute them again: less memory, more time."
    )
    ema: float | None = Field(
        default=None, gt=0, lt=1, description="Decay of the moving average of the trained weights; it is what is kept."
    )
    keep: Literal["last", "best"] = Field(
        default="last", description="Which weights are kept: those at the end, or of the lowest validation loss."
    )
    patience: int | None = Field(
        default=None, ge=1, description="Evaluations without a lower validation loss after which a run ends."
    )
    eval_every: int = Field(default=25, ge=1, description="Steps between losses on the validation rows.")
    eval_rows: int = Field(default=48, ge=1, description="Validation rows used for that loss.")
    samples: int = Field(
        default=0, ge=0, description="Validation prompts answered at each evaluation, written to samples.ndjson."
    )
    checkpoint_every: int = Field(
        default=25, ge=1, json_schema_extra=HOW, description="Steps between full-state checkpoints to resume from."
    )
    checkpoint_seconds: float = Field(
        default=120.0, gt=0, json_schema_extra=HOW, description="Seconds after which a step makes one all the same."
    )

    @model_validator(mode="after")
    def _knobs_fit(self) -> Self:
        if faults := list(self.faults()):
            raise ValueError("\n".join(faults))
        return self

    def faults(self) -> Iterator[str]:
        """Knobs that exclude each other."""
        if self.lora is None and self.dtype != "float32":
            yield "without lora all weights are trained, which takes dtype: float32; bfloat16 rounds steps off"
        if self.lora is not None and self.lora.bias != "none" and self.dtype != "float32":
            yield f"lora.bias: {self.lora.bias} trains biases of the base, which takes dtype: float32"


class SftConfig(MethodConfig):
    """Supervised fine-tuning on conversations."""

    READS = ("sft-standard", "sft-interleaved", "sft-masked")
    method: Literal["sft"] = "sft"
    format: Name = "sft-standard"
    pack_rows: int = Field(
        default=4, ge=1, description="Rows that share the computation of their common beginning, at most."
    )
    max_row_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Tokens of rows seen, at most; the step that reaches it is the last. Makes formats comparable.",
    )
    threads: int = Field(
        default=2, ge=1, json_schema_extra=HOW, description="Packs computed at once; no part of the result."
    )


class TrlConfig(MethodConfig):
    """What the methods that TRL trains share."""

    learning_rate: float = Field(default=1e-4, gt=0)
    accumulation: int = Field(
        default=1, ge=1, description="Parts in which a batch is computed; its size must be a multiple of it."
    )
    threads: int = Field(default=2, ge=1, description="Threads of a product; here a part of the result.")

    def faults(self) -> Iterator[str]:
        yield from super().faults()
        yield from self._divides_batch("accumulation", self.accumulation)

    def _divides_batch(self, name: str, parts: int) -> Iterator[str]:
        if self.batch_size % parts:
            yield f"{name} = {parts} does not divide batch_size = {self.batch_size}; take one that does"


class ReferenceConfig(TrlConfig):
    """What methods share that compare a student with the one it started from."""

    beta: float = Field(default=0.1, gt=0, description="Weight of staying near the model it starts from.")

    def faults(self) -> Iterator[str]:
        yield from super().faults()
        if self.lora is not None and self.lora.dropout:
            yield "lora.dropout must be 0 here: TRL compares the student with its start without dropout"
        if self.lora is not None and self.lora.bias != "none":
            yield "lora.bias must be none here: PEFT keeps one set of biases, the start needs another"


class DpoConfig(ReferenceConfig):
    """Direct preference optimisation on pairs."""

    READS = ("dpo", "orm-pairs")
    method: Literal["dpo"]
    format: Name = "dpo"
    loss: Literal["sigmoid", "hinge", "ipo", "sppo_hard", "apo_zero", "apo_down"] = "sigmoid"


class KtoConfig(ReferenceConfig):
    """Kahneman-Tversky optimisation on single turns or attempts, right or wrong."""

    READS = ("kto", "orm")
    method: Literal["kto"]
    format: Name = "kto"
    desirable_weight: float = Field(default=1.0, gt=0)
    undesirable_weight: float = Field(default=1.0, gt=0)

    def faults(self) -> Iterator[str]:
        yield from super().faults()
        if self.batch_size == self.accumulation:
            yield "batch_size must be twice accumulation at least: a part of a batch compares its rows"


class RewardConfig(TrlConfig):
    """An outcome reward model: one number for a whole attempt, from pairs."""

    TRAINS = "outcome judge"
    READS = ("orm-pairs", "dpo")
    method: Literal["reward"]
    format: Name = "orm-pairs"
    center_rewards: float | None = Field(default=None, gt=0, description="Weight of keeping rewards around 0.")

    def faults(self) -> Iterator[str]:
        yield from super().faults()
        if self.lora is not None and self.lora.dropout:
            yield "lora.dropout must be 0 here: TRL's reward trainer switches dropout off"


class PrmConfig(TrlConfig):
    """A process reward model: for every step, how likely it is right."""

    TRAINS = "process judge"
    READS = ("prm",)
    method: Literal["prm"]
    format: Name = "prm"


class GrpoConfig(TrlConfig):
    """Group-relative policy optimisation: answers are sampled, run and rewarded."""

    READS = ("rl",)
    RUNS_ANSWERS = True
    method: Literal["grpo"]
    format: Name = "rl"
    generations: int = Field(default=4, ge=2, description="Answers to one question, compared with each other.")
    temperature: float = Field(default=1.0, gt=0)
    turn_limit: int = Field(default=3, ge=1, description="Turns a student has to submit an answer.")
    max_new_tokens: int = Field(default=128, ge=8, description="Tokens of a turn, at most.")
    max_context: int = Field(default=1536, ge=128, description="Tokens of a whole conversation, at most.")
    beta: float = Field(default=0.0, ge=0, description="Weight of staying near the model it starts from.")
    right_weight: float = Field(default=1.0, ge=0, description="Reward of a right answer.")
    runs_weight: float = Field(default=0.2, ge=0, description="Reward of turns that all run; of some, their share.")

    def faults(self) -> Iterator[str]:
        yield from super().faults()
        yield from self._divides_batch("generations", self.generations)
        if self.beta and self.lora is not None and self.lora.bias != "none":
            yield "lora.bias must be none where beta is above 0: the start needs biases of its own"
        if self.max_context < self.max_tokens + self.max_new_tokens:
            yield (
                f"max_context = {self.max_context} has no room for a turn after a prompt of max_tokens = "
                f"{self.max_tokens}: take {self.max_tokens + self.max_new_tokens} or more"
            )


TrainingConfig = Annotated[
    SftConfig | DpoConfig | KtoConfig | RewardConfig | PrmConfig | GrpoConfig, Field(discriminator="method")
]
DEFAULT_METHOD = "sft"


def method_configs() -> dict[str, type[MethodConfig]]:
    """The configuration class of each method, by the method's name."""
    classes: tuple[type[MethodConfig], ...] = get_args(get_args(TrainingConfig)[0])
    return {get_args(each.model_fields["method"].annotation)[0]: each for each in classes}


def with_method(training: object) -> object:
    """A run's `training` as it is written, with the method it means where it names none."""
    if not isinstance(training, dict):
        return training
    return {"method": DEFAULT_METHOD, **cast("dict[str, Any]", training)}
