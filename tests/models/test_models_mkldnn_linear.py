"""Packed linear layers against torch's own and against exact products."""

import pytest
import torch

from tabletutor.models.mkldnn_linear import use_packed_linears

SHAPES = ((1, 48), (84, 48), (3, 50, 48))
needs_bfloat16 = pytest.mark.skipif(
    not (torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()),
    reason="NOT TESTED, packed layers: oneDNN does not multiply bfloat16 on this processor",
)


def bfloat16_layer(bias: bool) -> torch.nn.Linear:
    return torch.nn.Linear(48, 80, bias=bias).to(torch.bfloat16).requires_grad_(False)


@needs_bfloat16
@pytest.mark.parametrize("bias", [True, False])
def test_products_are_those_of_the_plain_layer(bias: bool) -> None:
    layer = bfloat16_layer(bias)
    inputs = [torch.randn(shape, dtype=torch.bfloat16) for shape in SHAPES]
    plain = [layer(x) for x in inputs]
    use_packed_linears(layer)
    assert "forward" in vars(layer), "otherwise the layer is compared with itself"
    for x, expected in zip(inputs, plain, strict=True):
        torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize("bias", [True, False])
def test_products_are_exact_but_for_rounding(bias: bool) -> None:
    """On every machine, with or without packed weights."""
    layer = bfloat16_layer(bias)
    exact = torch.nn.Linear(48, 80, bias=bias, dtype=torch.float64)
    exact.load_state_dict(layer.state_dict())
    use_packed_linears(layer)
    for shape in SHAPES:
        x = torch.randn(shape, dtype=torch.bfloat16)
        # Sums of 48 products of numbers near 1: the bias is added to a sum that may be rounded already.
        torch.testing.assert_close(layer(x).double(), exact(x.double()), rtol=2**-8, atol=2**-8)


def test_float32_layers_stay_as_they_are() -> None:
    layer = torch.nn.Linear(4, 4)
    use_packed_linears(layer)
    assert "forward" not in vars(layer)
