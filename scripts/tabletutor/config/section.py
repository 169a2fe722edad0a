"""What every part of the configuration is made from."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Name = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", description="Lower-case letters, digits, `_`, `.`, `-`.")
]


# Of a knob that says how a result is come by and not what it is: where, how fast, how safely.
HOW: dict[str, JsonValue] = {"partOfResult": False}


class Section(BaseModel):
    """A part of the configuration: frozen, and an unknown key is an error, as is a number that is none or infinite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
