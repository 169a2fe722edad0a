"""Effects of single settings on the weights of a run, in our training loop and in TRL's trainers."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.modules.module import register_module_forward_pre_hook

from tabletutor.training.weights import Weights
from tests.support.training_runs import FORMATS, losses_of, settings, train

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

BOTH = ["sft-standard", "dpo"]  # our loop, and one of TRL's trainers
PLAIN: dict[str, Any] = {
    "max_steps": 1, "eval_steps": 1, "warmup_ratio": 0, "scheduler": "constant", "weight_decay": 0.0, "keep": "last"
}  # fmt: skip


def trained(project: Path, name: str, out: Path, **changes: Any) -> tuple[dict[str, Tensor], float]:
    """Train one step; return the tensors of the adapter by name, and the validation loss."""
    lines = train(project, project / name, out, settings(FORMATS[name], **{**PLAIN, **changes}))
    return load_file(out / "adapter_model.safetensors"), losses_of(lines, "validation")[-1]


def outer(adapter: dict[str, Tensor]) -> Tensor:
    """Return all numbers of the factors B, which are 0 before the first step."""
    return torch.cat([tensor.flatten() for name, tensor in adapter.items() if "lora_B" in name])


def inner(adapter: dict[str, Tensor]) -> Tensor:
    """Return all numbers of the factors A, whose gradient is 0 in the first step."""
    return torch.cat([tensor.flatten() for name, tensor in adapter.items() if "lora_A" in name])


@pytest.mark.parametrize("name", BOTH)
def test_what_is_averaged_is_evaluated_and_kept(name: str, project: Path, tmp_path: Path) -> None:
    plain, loss = trained(project, name, tmp_path / "plain")
    averaged, smoothed = trained(project, name, tmp_path / "averaged", ema=0.75)
    assert outer(plain).abs().max() > 1e-3
    torch.testing.assert_close(outer(averaged), 0.25 * outer(plain))
    _, start = trained(project, name, tmp_path / "start", learning_rate=1e-12)
    assert loss < smoothed < start, "a quarter of a step down is between"


@pytest.mark.parametrize("name", BOTH)
def test_weights_decay_and_gradients_are_clipped(name: str, project: Path, tmp_path: Path) -> None:
    plain, _ = trained(project, name, tmp_path / "plain")
    decayed, _ = trained(project, name, tmp_path / "decayed", weight_decay=10.0)
    torch.testing.assert_close(inner(decayed), inner(plain) * (1 - 3e-3 * 10))
    clipped, _ = trained(project, name, tmp_path / "clipped", max_grad_norm=1e-12)
    assert outer(clipped).abs().max() < 1e-3 * outer(plain).abs().max(), "far below what AdamW adds to its divisor"


@pytest.mark.parametrize("name", BOTH)
def test_the_rate_follows_the_schedule(name: str, project: Path, tmp_path: Path) -> None:
    config = settings(FORMATS[name], max_steps=8, warmup_ratio=0.25, scheduler="linear")
    train(project, project / name, tmp_path / "out", config)
    lines = [json.loads(line) for line in (tmp_path / "out" / "metrics.ndjson").read_text().splitlines()]
    rates = [line["learning_rate"] for line in lines if line["split"] == "train"]
    peak = max(place for place, rate in enumerate(rates) if rate == max(rates))
    assert len(rates) == 8
    assert 1 <= peak <= 2
    assert rates[0] < rates[1]
    assert max(rates) == pytest.approx(3e-3)
    falls = [before - after for before, after in zip(rates[peak:], rates[peak + 1 :], strict=False)]
    assert falls == pytest.approx([3e-3 / 6] * len(falls)), "by the same each step, towards 0 after the last"


@pytest.mark.parametrize("name", BOTH)
def test_less_memory_gives_the_same_bytes(name: str, project: Path, tmp_path: Path) -> None:
    """With `gradient_checkpointing`, modules are computed twice."""
    computed: list[None] = []
    calls: list[int] = []
    for folder, checkpointing in (("stored", False), ("recomputed", True)):
        computed.clear()
        config = settings(FORMATS[name], gradient_checkpointing=checkpointing, max_steps=3)
        watch = register_module_forward_pre_hook(lambda module, arguments: computed.append(None))
        try:
            train(project, project / name, tmp_path / folder, config)
        finally:
            watch.remove()
        calls.append(len(computed))
    assert calls[1] > 1.2 * calls[0] > 0
    weights = "adapter_model.safetensors"
    assert (tmp_path / "stored" / weights).read_bytes() == (tmp_path / "recomputed" / weights).read_bytes()


def test_the_best_average_is_kept() -> None:
    parameter = torch.nn.Parameter(torch.zeros(1))
    weights = Weights({"w": parameter}, ema=0.5, keep="best")
    for value, average, loss in ((8.0, 4.0, 2.0), (6.0, 5.0, 1.0), (100.0, 52.5, 3.0)):
        with torch.no_grad():
            parameter.fill_(value)
        weights.update_average()
        with weights.averaged():
            assert parameter.item() == average
            weights.record_loss(loss)
        assert parameter.item() == value, "the trained weights return after the evaluation"
    weights.finish()
    assert parameter.item() == 5.0, "the average with the lowest loss"
