"""What every part of the configuration is made from."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Name = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", description="Lower-case letters, digits, `_`, `.`, `-`.")
]

Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]  # as numpy takes it

# Marks a setting that changes how a job runs (placement, speed, safety) but never its result.
HOW: dict[str, JsonValue] = {"partOfResult": False}


class Section(BaseModel):
    """A part of the configuration: frozen, and an unknown key is an error, as is a number that is none or infinite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
