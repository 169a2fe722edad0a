"""Packed linear layers against torch's own."""

import pytest
import torch

from tabletutor.models.mkldnn_linear import use_packed_linears


@pytest.mark.parametrize("bias", [True, False])
def test_products_are_those_of_the_plain_layer(bias: bool) -> None:
    layer = torch.nn.Linear(48, 80, bias=bias).to(torch.bfloat16).requires_grad_(False)
    inputs = [torch.randn(shape, dtype=torch.bfloat16) for shape in ((1, 48), (84, 48), (3, 50, 48))]
    plain = [layer(x) for x in inputs]
    use_packed_linears(layer)
    for x, expected in zip(inputs, plain, strict=True):
        torch.testing.assert_close(layer(x), expected)


def test_float32_layers_stay_as_they_are() -> None:
    layer = torch.nn.Linear(4, 4)
    use_packed_linears(layer)
    assert "forward" not in vars(layer)
