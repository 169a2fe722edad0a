"""Reward models: a language model with another head."""

from pathlib import Path

import pytest
import torch

from tabletutor.config.models import ScratchModelConfig
from tabletutor.models.load import load_tokenizer
from tabletutor.models.reward_model import Kind, load_head
from tabletutor.models.scratch import make_scratch

SIZES = ScratchModelConfig(source="scratch", vocabulary=300, hidden=32, layers=2, heads=2, positions=64)


@pytest.mark.parametrize(("kind", "numbers"), [("outcome", (1, 1)), ("process", (1, 9, 2))])
def test_the_head_is_float32_on_any_base(kind: Kind, numbers: tuple[int, ...], tmp_path: Path) -> None:
    make_scratch(SIZES, ["words to fit a tokenizer to"], 1, tmp_path)
    logits: list[torch.Tensor] = []
    for dtype in ("bfloat16", "float32"):
        torch.manual_seed(5)
        model = load_head(tmp_path, load_tokenizer(tmp_path), kind, dtype).eval()
        assert {part.dtype for part in model.base_model.parameters()} == {getattr(torch, dtype)}
        assert {part.dtype for part in model.score.parameters()} == {torch.float32}
        with torch.no_grad():
            logits.append(model(input_ids=torch.arange(5, 14)[None]).logits)
    assert logits[0].dtype == torch.float32
    assert logits[0].shape == numbers
    torch.testing.assert_close(*logits, atol=2e-2, rtol=2e-2)
