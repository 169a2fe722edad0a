"""The fast parts of the training loop, compared with the libraries' own."""

from pathlib import Path
from typing import Any

import pytest
import torch

from tabletutor.config.models import ScratchModelConfig
from tabletutor.config.training import LoraConfig
from tabletutor.models.load import load_model
from tabletutor.models.scratch import make_scratch
from tabletutor.training.adapter import add_adapter, base_of, trained_parameters, use_fast_adapters
from tabletutor.training.attention import SpanAttention, use_spans
from tabletutor.training.loss import pack_loss
from tabletutor.training.packing import Span, pack
from tabletutor.training.rmsnorm import use_frozen_norms
from tabletutor.training.rows import EncodedRow

ROWS = [
    EncodedRow([5, 9, 12, 40, 41, 2], [False, False, True, True, False, True]),
    EncodedRow([7, 8, 9, 10, 11, 12, 13, 14, 15, 2], [False] * 6 + [True] * 4),
    EncodedRow([7, 2], [False, True]),
    EncodedRow([5, 9, 12, 41, 40, 39, 2], [False] * 4 + [True] * 3),
    EncodedRow([5, 9, 13, 41, 2], [False, False, False, True, True]),
]
PACKS = ((0, 3, 4), (1,), (2,))  # the rows of the first pack share one token


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("base")
    config = ScratchModelConfig(source="scratch", vocabulary=300, hidden=32, layers=3, heads=4, positions=64)
    make_scratch(config, ["words to fit a tokenizer to"], 1, folder)
    return folder


def adapted(base: Path, dropout: float = 0.0, skip_layers: int = 0) -> Any:
    model = load_model(base, "float32")
    wrapped = add_adapter(model, LoraConfig(r=4, alpha=8, dropout=dropout, skip_layers=skip_layers), 3, "base")
    with torch.no_grad():
        for index, parameter in enumerate(trained_parameters(wrapped).values()):  # B starts at 0, which hides errors
            parameter.copy_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(index)) * 0.05)
    return wrapped


def gradients(wrapped: Any) -> tuple[float, int, dict[str, torch.Tensor]]:
    inner = base_of(wrapped)
    packs = [pack([ROWS[index] for index in chosen]) for chosen in PACKS]
    assert sum(chosen.ids.numel() for chosen in packs) == sum(len(row.ids) for row in ROWS) - 2
    head = inner.get_output_embeddings().weight
    total = torch.stack([pack_loss(inner.get_decoder(), head, chosen) for chosen in packs]).sum()
    count = sum(len(chosen.targets) for chosen in packs)
    (total / count).backward()
    return (
        total.item(),
        count,
        {name: p.grad.clone() for name, p in trained_parameters(wrapped).items() if p.grad is not None},
    )


def reference(wrapped: Any) -> tuple[float, dict[str, torch.Tensor]]:
    """Compute each row alone with PEFT and transformers, with logits for all tokens."""
    total = torch.zeros(())
    count = sum(sum(row.trained[1:]) for row in ROWS)
    for row in ROWS:
        logits = wrapped(input_ids=torch.tensor([row.ids])).logits[0, :-1]
        mask = torch.tensor(row.trained[1:])
        total = total + torch.nn.functional.cross_entropy(
            logits[mask], torch.tensor(row.ids[1:])[mask], reduction="sum"
        )
    (total / count).backward()
    return total.item(), {name: p.grad.clone() for name, p in trained_parameters(wrapped).items() if p.grad is not None}


@pytest.mark.parametrize("skip_layers", [0, 2])
def test_loss_and_gradients_equal_the_libraries(base: Path, skip_layers: int) -> None:
    fast = adapted(base, skip_layers=skip_layers)
    use_spans(fast.get_base_model())
    use_frozen_norms(fast.get_base_model())
    use_fast_adapters(fast)
    plain = adapted(base, 0.5, skip_layers).eval()  # PEFT's own layers; dropout is off in evaluation
    loss, count, got = gradients(fast)
    expected_loss, expected = reference(plain)
    assert count == 13
    assert loss == pytest.approx(expected_loss, rel=1e-5)
    assert got.keys() == expected.keys()
    assert len(got) == (3 - skip_layers) * 7 * 2
    for name, gradient in got.items():
        torch.testing.assert_close(gradient, expected[name], rtol=1e-4, atol=1e-6)


def test_gradients_of_a_whole_model_equal_the_libraries(base: Path) -> None:
    fast, plain = (load_model(base, "float32").requires_grad_(True) for _ in range(2))
    use_spans(fast)
    use_frozen_norms(fast)
    loss, _, got = gradients(fast)
    expected_loss, expected = reference(plain)
    assert loss == pytest.approx(expected_loss, rel=1e-5)
    assert got.keys() == expected.keys()
    assert len(got) == 3 * 9 + 2, "seven matrices and two norms a layer, the embedding, the last norm"
    for name, gradient in got.items():
        torch.testing.assert_close(gradient, expected[name], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("more", [{"dropout": 0.5}, {"use_dora": True}])
def test_what_the_fast_layer_does_not_compute_is_left_to_peft(base: Path, more: dict[str, Any]) -> None:
    wrapped = add_adapter(load_model(base, "float32"), LoraConfig.model_validate({"r": 4, **more}), 3, "base")
    use_fast_adapters(wrapped)
    assert not any("forward" in vars(layer) for layer in wrapped.modules())


def test_adapters_are_switched_as_peft_switches_them(base: Path) -> None:
    """TRL compares a student with its start by switching to another adapter or to none."""
    fast, plain = adapted(base), adapted(base, 0.5).eval()
    use_fast_adapters(fast)
    ids = torch.tensor([ROWS[0].ids])
    for wrapped in (fast, plain):
        wrapped.add_adapter("other", wrapped.peft_config["default"])
    outputs: list[list[torch.Tensor]] = []
    with torch.no_grad():
        for wrapped in (fast, plain):
            with wrapped.disable_adapter():
                off = wrapped(input_ids=ids).logits
            default = wrapped(input_ids=ids).logits
            wrapped.set_adapter("other")
            outputs.append([off, default, wrapped(input_ids=ids).logits])
    for mine, theirs in zip(*outputs, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)
    off, default, other = outputs[0]
    assert torch.equal(off, other), "a fresh adapter adds nothing"
    assert not torch.allclose(off, default)


def test_adapters_of_a_bfloat16_base_are_float32(base: Path) -> None:
    wrapped = add_adapter(load_model(base, "bfloat16"), LoraConfig(r=4), 3, "base")
    assert {parameter.dtype for parameter in trained_parameters(wrapped).values()} == {torch.float32}


def test_a_layer_must_be_left(base: Path) -> None:
    with pytest.raises(ValueError, match=r"training\.lora\.skip_layers = 3, but base has 3 layers"):
        add_adapter(load_model(base, "float32"), LoraConfig(skip_layers=3), 3, "base")


def test_the_seed_draws_the_adapter(base: Path) -> None:
    def first_factor(seed: int) -> torch.Tensor:
        torch.manual_seed(99)
        wrapped = add_adapter(load_model(base, "float32"), LoraConfig(r=4), seed, "base")
        return next(iter(trained_parameters(wrapped).values())).detach()

    assert torch.equal(first_factor(1), first_factor(1))
    assert not torch.equal(first_factor(1), first_factor(2))


@pytest.mark.parametrize(("heads", "groups"), [(6, 2), (4, 4), (3, 1)])
def test_attention_within_spans_equals_pytorchs_under_a_mask(heads: int, groups: int) -> None:
    source = torch.Generator().manual_seed(0)
    spans = (Span(0, 0, 0, 7), Span(0, 7, 7, 20), Span(0, 7, 20, 21), Span(21, 21, 21, 60))
    allowed = torch.zeros((60, 60), dtype=torch.bool)
    for span in spans:
        allowed[span.start : span.stop, span.context_start : span.context_stop] = True
        size = span.stop - span.start
        allowed[span.start : span.stop, span.start : span.stop] = torch.ones((size, size)).tril().bool()
    own = [torch.randn((1, count, 60, 8), generator=source).requires_grad_() for count in (heads, groups, groups)]
    theirs = [tensor.detach().clone().requires_grad_() for tensor in own]
    inward = torch.randn((1, heads, 60, 8), generator=source)
    SpanAttention.apply(*own, 0.3, spans).backward(inward)
    plain = torch.nn.functional.scaled_dot_product_attention(*theirs, attn_mask=allowed, scale=0.3, enable_gqa=True)
    plain.backward(inward)
    for mine, reference_ in zip(own, theirs, strict=True):
        torch.testing.assert_close(mine.grad, reference_.grad, rtol=1e-4, atol=1e-5)
