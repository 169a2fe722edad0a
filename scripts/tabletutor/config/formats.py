"""The settings of the training formats. Each file in `formats/converters/` is a format; its name is the key."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from pydantic import Field, create_model, model_validator

from tabletutor.config.section import FilePath, Section

CONVERTERS = Path(__file__).resolve().parents[1] / "formats" / "converters"


class FormatConfig(Section):
    """Settings that every format has."""

    per_table: int | None = Field(default=None, ge=1, description="Maximum number of rows per table; null keeps all.")
    per_family: int | None = Field(
        default=None, ge=1, description="Maximum number of rows per question family and table; null keeps all."
    )


class OwnRows(Section):
    """A file of your own rows. Only training gets them."""

    path: FilePath = Field(description="JSON Lines with `messages`, or with `prompt` and `completion`.")
    share: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="Share of the training rows that are from this file; null uses all its rows.",
    )


class OwnRowsConfig(FormatConfig):
    """Settings of formats that can be mixed with your own rows."""

    own_rows: tuple[OwnRows, ...] = Field(default=(), description="Files of your own rows, mixed with those of tables.")

    @model_validator(mode="after")
    def _shares_and_names(self) -> Self:
        if (total := sum(each.share or 0 for each in self.own_rows)) >= 1:
            raise ValueError(f"own_rows: the shares add up to {total:g}; they must leave room for other rows")
        names = [Path(each.path).stem for each in self.own_rows]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(
                f"own_rows: two files are named {repeated[0]}; rows are marked by that name, so rename one"
            )
        return self


class ConversationConfig(OwnRowsConfig):
    """Settings of formats with whole conversations and right answers."""

    first_turn_share: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Share of the gold rows cut after the first turn, in which the student plans.",
    )
    include_recovered: bool = Field(
        default=True, description="Include traces that corrected a mistake; the mistake itself is not trained."
    )


class MaskedConfig(OwnRowsConfig):
    """Settings of formats in which only some turns of a conversation are trained."""

    include_right: bool = Field(default=True, description="Include right traces as well as wrong ones.")


class LabelledConfig(FormatConfig):
    """Settings of formats with rows labelled right or wrong."""

    positive_share: float | None = Field(
        default=0.5,
        gt=0,
        lt=1,
        description="Share of rows labelled right; surplus rows are dropped. null keeps all rows.",
    )


class PairsConfig(FormatConfig):
    """Settings of formats that pair a chosen and a rejected text."""

    balance_surface: bool = Field(
        default=True, description="Drop pairs until wording and length no longer predict which text was chosen."
    )


DEFAULT_FORMAT = "sft-standard"  # built unless the configuration sets it to null
# Formats with settings of their own; others have `FormatConfig`.
FORMAT_CONFIGS: dict[str, type[FormatConfig]] = {
    "sft-standard": ConversationConfig,
    "sft-interleaved": ConversationConfig,
    "sft-masked": MaskedConfig,
    "prm": LabelledConfig,
    "orm": LabelledConfig,
    "kto": LabelledConfig,
    "dpo": PairsConfig,
    "orm-pairs": PairsConfig,
}
FORMATS = tuple(
    sorted(path.stem.replace("_", "-") for path in CONVERTERS.glob("*.py") if not path.stem.startswith("_"))
)


def formats_section(names: Iterable[str]) -> type[Section]:
    """Return the class of the section `formats`, with a key for each of these formats.

    Raises ValueError if `FORMAT_CONFIGS` has a format that is not among them.
    """
    names = tuple(names)
    for name in FORMAT_CONFIGS:
        if name not in names:
            raise ValueError(
                f"FORMAT_CONFIGS in config/formats.py has settings for {name!r}, but there is no converter: add "
                f"{CONVERTERS / name.replace('-', '_')}.py, or remove the entry"
            )
    fields: dict[str, Any] = {}
    for name in names:
        kind = FORMAT_CONFIGS.get(name, FormatConfig)
        default = kind() if name == DEFAULT_FORMAT else None
        fields[name.replace("-", "_")] = (kind | None, Field(default=default, alias=name))
    description = (
        "The training formats by name. `{}` builds a format with its defaults, null skips it. Absent formats are "
        f"skipped, except {DEFAULT_FORMAT}."
    )
    return create_model("FormatsConfig", __base__=Section, __doc__=description, **fields)


FormatsConfig = formats_section(FORMATS)
