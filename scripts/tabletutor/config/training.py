"""The settings of training runs, by method.

A method is a file in `training/methods/` and a class here, which declares what the method trains, which formats it
reads and whether it runs answers. Add the class to `TrainingConfig`; checks, rules and the JSON Schema follow from it.
"""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, Self, cast

from pydantic import Field, model_validator

from tabletutor.config.section import EXECUTION_ONLY, Name, Section


class LoraConfig(Section):
    """Low-rank adaptation (LoRA), with PEFT's names."""

    r: int = Field(default=16, ge=1, description="Rank of the adapter.")
    alpha: int = Field(default=32, ge=1, description="The adapter is scaled by alpha over r.")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="Dropout on the adapter's input.")
    target_modules: Literal["all-linear"] | tuple[str, ...] = Field(
        default="all-linear", description="Modules that get an adapter, by name."
    )
    skip_layers: int = Field(
        default=0, ge=0, description="Number of first layers without an adapter; no gradient is computed for them."
    )
    bias: Literal["none", "all", "lora_only"] = Field(default="none", description="Which biases are trained as well.")
    use_rslora: bool = Field(
        default=False, description="Scale by alpha over the square root of r (rank-stabilised LoRA)."
    )
    use_dora: bool = Field(default=False, description="Train magnitudes separately from directions (DoRA).")


Trained = Literal["student", "outcome judge", "process judge"]


class MethodConfig(Section):
    """Settings that every method has.

    A method's class adds `method` (a Literal of its name), `format` (the rows it trains on) and `threads`.
    Methods that TRL trains derive from `TrlConfig`.

    Attributes:
        TRAINS: What the method trains: a student, or a judge of whole attempts or of their steps.
        READS: The formats the method can train on. Formats that no method lists are accepted by every method.
        RUNS_ANSWERS: Whether the method runs and grades answers in the sandbox during training.
    """

    TRAINS: ClassVar[Trained] = "student"
    READS: ClassVar[tuple[str, ...]] = ()
    RUNS_ANSWERS: ClassVar[bool] = False

    init_from: Name | None = Field(
        default=None,
        description="Continue from the weights of this run, with the same `lora`; null starts from the model.",
    )
    lora: LoraConfig | None = Field(
        default=LoraConfig(), description="LoRA adapter; null trains all weights, which needs dtype: float32."
    )
    epochs: float = Field(default=1.0, gt=0, description="Passes over the training rows.")
    max_steps: int | None = Field(default=None, ge=1, description="Maximum number of optimiser steps.")
    batch_size: int = Field(default=8, ge=1, description="Maximum number of rows per optimiser step.")
    max_length: int = Field(
        default=768, ge=64, description="Maximum number of tokens per row; longer rows are dropped whole and counted."
    )
    learning_rate: float = Field(default=1e-3, gt=0, description="Peak learning rate.")
    warmup_ratio: float = Field(default=0.05, ge=0, lt=1, description="Share of the steps with a rising rate.")
    scheduler: Literal["cosine", "linear", "constant"] = "cosine"
    weight_decay: float = Field(default=0.0, ge=0, description="Weight decay of AdamW.")
    max_grad_norm: float = Field(default=1.0, gt=0, description="Gradients are clipped to this norm.")
    dtype: Literal["bfloat16", "float32"] = Field(
        default="bfloat16", description="Precision of the frozen base weights; trained weights are float32."
    )
    gradient_checkpointing: bool = Field(
        default=False,
        description="Recompute activations instead of keeping them: less memory, more time, the same result.",
    )
    ema: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="Decay of an exponential moving average of the trained weights; the average is saved. null: none.",
    )
    keep: Literal["last", "best"] = Field(
        default="last", description="Which weights to save: the last, or the best by validation loss (grpo: by reward)."
    )
    patience: int | None = Field(
        default=None,
        ge=1,
        description="Stop after this many evaluations without a lower validation loss; null never stops early.",
    )
    eval_steps: int = Field(default=25, ge=1, description="Steps between evaluations of the validation loss.")
    eval_rows: int = Field(default=48, ge=1, description="Number of validation rows used for the loss.")
    samples: int = Field(
        default=0,
        ge=0,
        description="Validation prompts answered at each evaluation; the answers are written to samples.ndjson.",
    )
    save_steps: int = Field(
        default=25,
        ge=1,
        json_schema_extra=EXECUTION_ONLY,
        description="Steps between full-state checkpoints for resuming.",
    )
    save_seconds: float = Field(
        default=120.0,
        gt=0,
        json_schema_extra=EXECUTION_ONLY,
        description="Seconds after which the next step saves a checkpoint regardless of save_steps.",
    )

    @model_validator(mode="after")
    def _check_combinations(self) -> Self:
        if faults := list(self.faults()):
            raise ValueError("\n".join(faults))
        return self

    def faults(self) -> Iterator[str]:
        """Yield a message for each combination of settings that excludes each other."""
        if self.lora is None and self.dtype != "float32":
            yield "lora: null trains all weights, which needs dtype: float32; bfloat16 would round small steps away"
        if self.lora is not None and self.lora.bias != "none" and self.dtype != "float32":
            yield f"lora.bias: {self.lora.bias} trains biases of the base model, which needs dtype: float32"


class SftConfig(MethodConfig):
    """Supervised fine-tuning on conversations."""

    READS = ("sft-standard", "sft-interleaved", "sft-masked")
    method: Literal["sft"] = "sft"
    format: Name = "sft-standard"
    pack_rows: int = Field(
        default=4,
        ge=1,
        description="Maximum number of rows of one table that share the computation of their common prefix.",
    )
    max_train_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Maximum number of row tokens seen; training ends with the step that reaches it.",
    )
    threads: int = Field(
        default=2,
        ge=1,
        json_schema_extra=EXECUTION_ONLY,
        description="Packs computed in parallel; does not affect the result.",
    )


class TrlConfig(MethodConfig):
    """Settings shared by the methods that use TRL's trainers."""

    learning_rate: float = Field(default=1e-4, gt=0, description="Peak learning rate.")
    accumulation: int = Field(
        default=1, ge=1, description="Number of parts a batch is computed in; must divide batch_size."
    )
    threads: int = Field(default=2, ge=1, description="Threads of a matrix product; affects the result.")

    def faults(self) -> Iterator[str]:
        yield from super().faults()
        yield from self._divides_batch("accumulation", self.accumulation)

    def _divides_batch(self, name: str, parts: int) -> Iterator[str]:
        if self.batch_size % parts:
            yield f"{name} = {parts} must divide batch_size = {self.batch_size}"


class ReferenceConfig(TrlConfig):
    """Settings shared by methods that compare the student with its starting point (the reference)."""

    beta: float = Field(
        default=0.1,
        gt=0,
        description="Weight of the penalty for diverging from the reference, the model the run starts from.",
    )

    def faults(self) -> Iterator[str]:
        yield from super().faults()
        if self.lora is not None and self.lora.dropout:
            yield "lora.dropout must be 0: TRL compares the student with its reference without dropout"
        if self.lora is not None and self.lora.bias != "none":
            yield "lora.bias must be none: PEFT keeps one set of biases, but the reference needs its own"


class DpoConfig(ReferenceConfig):
    """Direct preference optimisation on pairs."""

    READS = ("dpo", "orm-pairs")
    method: Literal["dpo"]
    format: Name = "dpo"
    loss: Literal["sigmoid", "hinge", "ipo", "sppo_hard", "apo_zero", "apo_down"] = "sigmoid"


class KtoConfig(ReferenceConfig):
    """Kahneman-Tversky optimisation on single turns or attempts labelled right or wrong."""

    READS = ("kto", "orm")
    method: Literal["kto"]
    format: Name = "kto"
    desirable_weight: float = Field(default=1.0, gt=0, description="Weight of rows labelled right.")
    undesirable_weight: float = Field(default=1.0, gt=0, description="Weight of rows labelled wrong.")

    def faults(self) -> Iterator[str]:
        yield from super().faults()
        if self.batch_size == self.accumulation:
            yield "batch_size must be at least twice accumulation: each part of a batch compares its rows"


class RewardConfig(TrlConfig):
    """An outcome reward model, trained on pairs: one score for a whole attempt."""

    TRAINS = "outcome judge"
    READS = ("orm-pairs", "dpo")
    method: Literal["reward"]
    format: Name = "orm-pairs"
    center_rewards: float | None = Field(
        default=None, gt=0, description="Weight of a penalty that keeps rewards centred on 0."
    )

    def faults(self) -> Iterator[str]:
        yield from super().faults()
        if self.lora is not None and self.lora.dropout:
            yield "lora.dropout must be 0: TRL's reward trainer disables dropout"


class PrmConfig(TrlConfig):
    """A process reward model: the probability that each step is right."""

    TRAINS = "process judge"
    READS = ("prm",)
    method: Literal["prm"]
    format: Name = "prm"


class GrpoConfig(TrlConfig):
    """Group-relative policy optimisation: answers are sampled, run in the sandbox and rewarded."""

    READS = ("rl",)
    RUNS_ANSWERS = True
    method: Literal["grpo"]
    format: Name = "rl"
    generations: int = Field(
        default=4, ge=2, description="Number of answers per question that are compared with each other."
    )
    temperature: float = Field(default=1.0, gt=0, description="Sampling temperature.")
    max_turns: int = Field(default=3, ge=1, description="Turns a student has to submit an answer.")
    max_new_tokens: int = Field(default=128, ge=8, description="Maximum number of tokens per turn.")
    max_context: int = Field(default=1536, ge=128, description="Maximum number of tokens per conversation.")
    beta: float = Field(
        default=0.0,
        ge=0,
        description="Weight of the penalty for diverging from the reference, the model the run starts from.",
    )
    correct_weight: float = Field(default=1.0, ge=0, description="Reward for a right answer.")
    execution_weight: float = Field(
        default=0.2, ge=0, description="Reward if the code of all turns runs; if only some runs, that share of it."
    )

    def faults(self) -> Iterator[str]:
        yield from super().faults()
        yield from self._divides_batch("generations", self.generations)
        if self.beta and self.lora is not None and self.lora.bias != "none":
            yield "lora.bias must be none if beta is above 0: the reference needs biases of its own"
        if self.max_context < self.max_length + self.max_new_tokens:
            yield (
                f"max_context = {self.max_context} has no room for a turn after a prompt of max_length = "
                f"{self.max_length}; it must be at least {self.max_length + self.max_new_tokens}"
            )


TrainingConfig = Annotated[
    SftConfig | DpoConfig | KtoConfig | RewardConfig | PrmConfig | GrpoConfig, Field(discriminator="method")
]
DEFAULT_METHOD = "sft"


def with_method(training: object) -> object:
    """Return a run's raw `training` section with the default method filled in if it names none."""
    if not isinstance(training, dict):
        return training
    return {"method": DEFAULT_METHOD, **cast("dict[str, Any]", training)}
