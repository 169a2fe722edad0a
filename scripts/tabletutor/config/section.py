"""What every part of the configuration is made from."""

from typing import Annotated, Any, cast

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


def counted(section: Section) -> dict[str, Any]:
    """The part of a section that its results depend on, as JSON types: without knobs that say only how. Mappings are
    sorted, since Snakemake takes the same entries in another order for a change.
    """
    kept = {name: field for name, field in type(section).model_fields.items() if field.json_schema_extra != HOW}
    return {field.alias or name: _counted(getattr(section, name)) for name, field in kept.items()}


def _counted(value: object) -> object:
    if isinstance(value, Section):
        return counted(value)
    if isinstance(value, dict):
        return {name: _counted(member) for name, member in sorted(cast("dict[str, object]", value).items())}
    if isinstance(value, tuple | list):
        return [_counted(member) for member in cast("tuple[object, ...]", value)]
    return value
