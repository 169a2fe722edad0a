"""A run of the configuration: a model as it is or tuned, or a choice among another run's attempts."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from tabletutor.config.evaluation import SamplingConfig
from tabletutor.config.section import Name, Section, Seed
from tabletutor.config.training import TrainingConfig, with_method


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
