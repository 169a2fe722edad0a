"""The base class of all configuration sections, and types they share."""

from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Name = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", description="Lower-case letters, digits, `_`, `.`, `-`.")
]

Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]  # the range that numpy accepts

FilePath = Annotated[str, Field(pattern=r"^[^{}]+$")]  # Snakemake reads braces as wildcards

# Marks a setting that changes how a job runs (placement, speed, safety) but never its result.
EXECUTION_ONLY: dict[str, JsonValue] = {"partOfResult": False}


class Section(BaseModel):
    """A section of the configuration. It is immutable; unknown keys and numbers that are NaN or infinite are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def result_settings(section: Section) -> dict[str, Any]:
    """Return the settings of a section that results depend on, as JSON types: all except those marked `EXECUTION_ONLY`.

    Mappings are sorted, because Snakemake would take another order of the same entries for a change.
    """
    fields = {
        name: field for name, field in type(section).model_fields.items() if field.json_schema_extra != EXECUTION_ONLY
    }
    return {field.alias or name: _plain_value(getattr(section, name)) for name, field in fields.items()}


def _plain_value(value: object) -> object:
    if isinstance(value, Section):
        return result_settings(value)
    if isinstance(value, dict):
        return {name: _plain_value(member) for name, member in sorted(cast("dict[str, object]", value).items())}
    if isinstance(value, tuple | list):
        return [_plain_value(member) for member in cast("tuple[object, ...]", value)]
    return value
