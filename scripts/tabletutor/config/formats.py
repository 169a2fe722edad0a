"""The knobs of the training formats. A format is a file in `formats/converters/`; its name there is its key here."""

from pathlib import Path
from typing import Any

from pydantic import Field, create_model

from tabletutor.config.section import Section

_CONVERTERS = Path(__file__).resolve().parents[1] / "formats" / "converters"


class FormatConfig(Section):
    """What every format can be told."""

    per_table: int | None = Field(default=None, ge=1, description="Rows of one table, at most; None keeps all.")
    per_family: int | None = Field(
        default=None, ge=1, description="Rows of one family of questions on one table, at most; None keeps all."
    )


class ConversationConfig(FormatConfig):
    """Formats of whole conversations with right answers."""

    first_turn_share: float = Field(
        default=0.0, ge=0, le=1, description="Share of the rows that end after the first turn, where the plan is made."
    )
    include_recovered: bool = Field(
        default=True, description="Also keep traces that made a mistake and mended it; the mistake is not trained."
    )


class MaskedConfig(FormatConfig):
    """Conversations of which single turns are trained."""

    include_right: bool = Field(default=True, description="Also keep verified traces, all of whose turns are trained.")


class LabelledConfig(FormatConfig):
    """Formats whose rows are labelled right or wrong."""

    positive_share: float | None = Field(
        default=0.5,
        gt=0,
        lt=1,
        description="Share of rows labelled right; rows beyond it go. None keeps all.",
    )


class PairsConfig(FormatConfig):
    """Formats of a chosen and a rejected text."""

    even_surface: bool = Field(
        default=True, description="Leave out pairs until wording and length no longer tell chosen from rejected."
    )


STANDARD = "sft-standard"  # made if nothing is said
KNOBS: dict[str, type[FormatConfig]] = {
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
    sorted(path.stem.replace("_", "-") for path in _CONVERTERS.glob("*.py") if not path.stem.startswith("_"))
)


def _formats() -> type[Section]:
    """The section of all formats: a key for each file there is."""
    fields: dict[str, Any] = {
        name.replace("-", "_"): (kind | None, Field(default=kind() if name == STANDARD else None, alias=name))
        for name in FORMATS
        for kind in (KNOBS.get(name, FormatConfig),)
    }
    told = (
        "The training formats by name. Formats that are null or absent are skipped; `{}` builds one with its defaults."
    )
    return create_model("FormatsConfig", __base__=Section, __doc__=told, **fields)


FormatsConfig = _formats()
