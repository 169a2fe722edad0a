"""The fast parts of the training loop against the libraries' own."""

from pathlib import Path
from typing import Any

import pytest
import torch

from tabletutor.config.schema import LoraConfig, ScratchModelConfig
from tabletutor.models.load import load_model
from tabletutor.models.scratch import make_scratch
from tabletutor.training.adapter import add_adapter, trained_parameters
from tabletutor.training.attention import CausalProducts, use_products
from tabletutor.training.loss import batch_loss
from tabletutor.training.norm import use_frozen_norms
from tabletutor.training.rows import EncodedRow

ROWS = [
    EncodedRow([5, 9, 12, 40, 41, 2], [False, False, True, True, False, True]),
    EncodedRow([7, 8, 9, 10, 11, 12, 13, 14, 15, 2], [False] * 6 + [True] * 4),
    EncodedRow([7, 2], [False, True]),
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("base")
    config = ScratchModelConfig(source="scratch", vocabulary=300, hidden=32, layers=3, heads=4, positions=64)
    make_scratch(config, ["words to fit a tokenizer to"], 1, folder)
    return folder


def adapted(base: Path, dropout: float = 0.0) -> Any:
    model = load_model(base, "float32")
    wrapped = add_adapter(model, LoraConfig(r=4, alpha=8, dropout=dropout), 3, "base")
    with torch.no_grad():
        for index, parameter in enumerate(trained_parameters(wrapped).values()):  # B starts at 0, which hides errors
            parameter.copy_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(index)) * 0.05)
    return wrapped


def gradients(wrapped: Any) -> tuple[float, int, dict[str, torch.Tensor]]:
    inner = wrapped.get_base_model()
    total, count = batch_loss(inner.get_decoder(), inner.get_output_embeddings().weight, ROWS, 2)
    (total / count).backward()
    return (
        total.item(),
        count,
        {name: p.grad.clone() for name, p in trained_parameters(wrapped).items() if p.grad is not None},
    )


def reference(wrapped: Any) -> tuple[float, dict[str, torch.Tensor]]:
    """Each row alone, through PEFT and transformers as they come, with logits everywhere."""
    total = torch.zeros(())
    count = sum(sum(row.trained[1:]) for row in ROWS)
    for row in ROWS:
        logits = wrapped(input_ids=torch.tensor([row.ids])).logits[0, :-1]
        kept = torch.tensor(row.trained[1:])
        total = total + torch.nn.functional.cross_entropy(
            logits[kept], torch.tensor(row.ids[1:])[kept], reduction="sum"
        )
    (total / count).backward()
    return total.item(), {name: p.grad.clone() for name, p in trained_parameters(wrapped).items() if p.grad is not None}


def test_loss_and_gradients_equal_the_libraries(base: Path) -> None:
    fast = adapted(base)
    use_products(fast.get_base_model())
    use_frozen_norms(fast.get_base_model())
    plain = adapted(base, dropout=0.5).eval()  # PEFT's own layers; dropout is off in evaluation
    loss, count, got = gradients(fast)
    expected_loss, expected = reference(plain)
    assert count == 8
    assert loss == pytest.approx(expected_loss, rel=1e-5)
    assert got.keys() == expected.keys()
    assert len(got) == 3 * 7 * 2
    for name, gradient in got.items():
        torch.testing.assert_close(gradient, expected[name], rtol=1e-4, atol=1e-6)


def test_adapters_of_a_bfloat16_base_are_float32(base: Path) -> None:
    wrapped = add_adapter(load_model(base, "bfloat16"), LoraConfig(r=4), 3, "base")
    assert {parameter.dtype for parameter in trained_parameters(wrapped).values()} == {torch.float32}


def test_the_seed_draws_the_adapter(base: Path) -> None:
    def drawn(seed: int) -> torch.Tensor:
        torch.manual_seed(99)
        wrapped = add_adapter(load_model(base, "float32"), LoraConfig(r=4), seed, "base")
        return next(iter(trained_parameters(wrapped).values())).detach()

    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))


@pytest.mark.parametrize(("heads", "groups", "tokens"), [(6, 2, 300), (4, 4, 128), (3, 1, 129)])
def test_attention_over_several_blocks_equals_pytorchs(heads: int, groups: int, tokens: int) -> None:
    source = torch.Generator().manual_seed(0)
    shapes = [(2, heads, tokens, 8), (2, groups, tokens, 8), (2, groups, tokens, 8)]
    own = [torch.randn(shape, generator=source).requires_grad_() for shape in shapes]
    theirs = [tensor.detach().clone().requires_grad_() for tensor in own]
    inward = torch.randn((2, heads, tokens, 8), generator=source)
    CausalProducts.apply(*own, 0.3).backward(inward)
    plain = torch.nn.functional.scaled_dot_product_attention(*theirs, is_causal=True, scale=0.3, enable_gqa=True)
    plain.backward(inward)
    for mine, reference_ in zip(own, theirs, strict=True):
        torch.testing.assert_close(mine.grad, reference_.grad, rtol=1e-4, atol=1e-5)
