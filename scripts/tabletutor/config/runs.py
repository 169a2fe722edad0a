"""The settings of a run: an untuned or trained model, or another reading of a run's attempts."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from tabletutor.config.evaluation import SamplingConfig
from tabletutor.config.section import Name, Section, Seed
from tabletutor.config.training import TrainingConfig, with_method


class ChoiceConfig(Section):
    """Choose one of several attempts per question, by a judge or by majority vote."""

    run: Name = Field(description="The run whose attempts to choose from; it must have `sampling`.")
    reward_model: Name | None = Field(
        default=None,
        description="A run that trains a judge (method reward or prm). null takes the most common answer.",
    )


class AttemptsConfig(Section):
    """Let another run's student answer training questions, and train on its right attempts as well."""

    run: Name = Field(description="The run whose student answers, by itself or as a round before this one.")
    sampling: SamplingConfig = Field(default=SamplingConfig(), description="How it samples its attempts.")
    per_question: int = Field(default=1, ge=1, description="Maximum number of rows that one question adds.")
    per_table: int | None = Field(
        default=None, ge=1, description="Maximum number of rows that one table adds; null adds all."
    )


class RunConfig(Section):
    """One run: an untuned model, a model trained on a format, or another reading of a run's attempts."""

    model: Name = Field(description="The base model, a key of `models`.")
    weights_from: Name | None = Field(
        default=None, description="Answer with the weights trained by this other run; null uses the run's own."
    )
    sampling: SamplingConfig | None = Field(
        default=None, description="Sample several attempts per question; null decodes one attempt greedily."
    )
    best_of: ChoiceConfig | None = Field(
        default=None, description="Choose among the attempts of another run instead of answering."
    )
    lenient_of: Name | None = Field(
        default=None,
        description="Read the attempts of another run leniently instead of answering: the answer of an attempt that "
        "submitted nothing is the value of the last expression of its last cell that ran.",
    )
    training: Annotated[TrainingConfig | None, BeforeValidator(with_method)] = Field(
        default=None, description="How to train the model; null leaves it untuned."
    )
    attempts_of: AttemptsConfig | None = Field(
        default=None,
        description="Train on the rows of the format and on right attempts of another run at training questions "
        "(rejection sampling); null trains on the rows of the format alone.",
    )
    seed: Seed = Field(default=0, description="Seed of training and sampling.")
    whole_turns: bool = Field(
        default=False,
        description="Decode turns to their end, for students that write text after their code (sft-interleaved).",
    )
    shots: int = Field(
        default=0,
        ge=0,
        le=20,
        description="Worked examples in the prompt: conversations about training tables, the same for all questions.",
    )
    splits: tuple[Literal["validation", "test"], ...] = Field(
        default=("test",),
        description="Tables that the run is graded on: validation, test or both. Choose settings on validation.",
    )

    @property
    def judges(self) -> bool:
        """Return whether the run trains a judge, which answers no questions."""
        return self.training is not None and self.training.TRAINS != "student"

    @property
    def decodes(self) -> bool:
        """Return whether the run lets a model answer. The others train a judge, or read another run's attempts."""
        return not (self.judges or self.best_of or self.lenient_of)
