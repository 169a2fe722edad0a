"""The settings of a run: an untuned or trained model, or a choice among another run's attempts."""

from typing import Annotated

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


class RunConfig(Section):
    """One run: an untuned model, a model trained on a format, or a choice among another run's attempts."""

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
    training: Annotated[TrainingConfig | None, BeforeValidator(with_method)] = Field(
        default=None, description="How to train the model; null leaves it untuned."
    )
    seed: Seed = Field(default=0, description="Seed of training and sampling.")
    whole_turns: bool = Field(
        default=False,
        description="Decode turns to their end, for students that write text after their code (sft-interleaved).",
    )

    @property
    def judges(self) -> bool:
        """Return whether the run trains a judge, which answers no questions."""
        return self.training is not None and self.training.TRAINS != "student"
