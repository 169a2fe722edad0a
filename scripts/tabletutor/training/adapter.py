"""LoRA adapters: created, named and saved by PEFT, and trained with a faster linear layer where possible.

With float32 adapters, PEFT's own layer casts every activation to float32 and back, which on a CPU costs as much as the
layer itself. Here, adapters stay float32 for the optimiser and are rounded to the base's precision for products. PEFT's
layer stays in place if dropout is on.
"""

import json
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from tabletutor.config.training import LoraConfig
from tabletutor.models.load import Model
from tabletutor.records.files import write_atomic

ADAPTER = "default"


class LoraProduct(torch.autograd.Function):
    """y = x W' + b + s (x A') B' for a frozen W (out, in) and b, and trained A (r, in), B (out, r); x is (n, in).

    A and B are float32, everything else has the precision of W. Gradients of A and B come back as float32.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, w: Tensor, bias: Tensor | None, a: Tensor, b: Tensor, s: float) -> Tensor:  # type: ignore[override]
        a, b = a.to(w.dtype), b.to(w.dtype)
        inner = x @ a.T
        ctx.save_for_backward(x, w, a, b, inner)
        ctx.s = s
        return torch.nn.functional.linear(x, w, bias).addmm_(inner, b.T, alpha=s)

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor | None, None, None, Tensor, Tensor, None]:  # type: ignore[override]
        x, w, a, b, inner = cast("tuple[Tensor, ...]", ctx.saved_tensors)
        y = outputs[0]
        back = (y @ b).mul_(ctx.s)
        grad_a = (back.T @ x).float()
        grad_b = (y.T @ inner).float().mul_(ctx.s)
        grad_x = (y @ w).addmm_(back, a) if ctx.needs_input_grad[0] else None
        return grad_x, None, None, grad_a, grad_b, None


def add_adapter(model: Model, config: LoraConfig, seed: int, base_name: str, task: str = "CAUSAL_LM") -> Model:
    """Add a new adapter, drawn from `seed`, to a frozen model; return PEFT's wrapper.

    `base_name` is how the saved adapter names its base: a name, never a path. `task` is PEFT's task type; the head of a
    reward model is trained along with its adapter. Raises ValueError if `config` leaves no layer to adapt.
    """
    from peft import LoraConfig as PeftLora
    from peft import get_peft_model

    layers = int(model.config.num_hidden_layers)
    if config.skip_layers >= layers:
        raise ValueError(f"training.lora.skip_layers = {config.skip_layers}, but {base_name} has {layers} layers")
    targets = _linear_names(model) if config.target_modules == "all-linear" else list(config.target_modules)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        wrapped: Any = get_peft_model(
            model,
            PeftLora(
                r=config.r, lora_alpha=config.alpha, lora_dropout=config.dropout, target_modules=targets,
                layers_to_transform=list(range(config.skip_layers, layers)), bias=config.bias, task_type=task,
                use_rslora=config.use_rslora, use_dora=config.use_dora,
            ),
        )  # fmt: skip
    wrapped.peft_config[ADAPTER].base_model_name_or_path = base_name
    return wrapped


def load_adapter(model: Model, folder: Path) -> Model:
    """Load the adapter of a checkpoint folder onto a frozen model for further training; return PEFT's wrapper."""
    from peft import PeftModel

    return PeftModel.from_pretrained(model, str(folder), is_trainable=True)


def is_adapted(model: Model) -> bool:
    """Return whether a model is PEFT's wrapper."""
    return hasattr(model, "peft_config")


def base_of(model: Model) -> Model:
    """Return the model inside PEFT's wrapper, or the model itself if it has no wrapper."""
    return model.get_base_model() if is_adapted(model) else model


def use_fast_adapters(wrapped: Model) -> None:
    """Make adapted linear layers run `LoraProduct` if it equals PEFT's layer: no dropout, no DoRA, no trained bias.
    PEFT's methods to switch and disable adapters still work.
    """
    for layer in wrapped.modules():
        if _replaceable(layer):
            layer.forward = _Forward(layer)


def _linear_names(model: Model) -> list[str]:
    """Return the names of the linear layers of `model` except its head.

    This is PEFT's "all-linear", which PEFT does not accept together with layer numbers.
    """
    body = model.base_model  # without the output layer or reward head
    linear = (name for name, layer in body.named_modules() if isinstance(layer, torch.nn.Linear))
    return sorted({name.rsplit(".", 1)[-1] for name in linear})


def _replaceable(layer: Any) -> bool:
    from peft.tuners.lora import Linear

    if not isinstance(layer, Linear) or not isinstance(layer.get_base_layer(), torch.nn.Linear):
        return False
    base: Any = layer.get_base_layer()
    dropout: Any = layer.lora_dropout[ADAPTER]
    plain = not layer.use_dora[ADAPTER] and not layer.lora_bias[ADAPTER]
    trained_bias = base.bias is not None and base.bias.requires_grad
    return plain and not trained_bias and isinstance(dropout, torch.nn.Identity)


class _Forward:
    """Replaces the forward method of one adapted linear layer; uses the active adapter, if any."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        self.base = layer.get_base_layer()

    def __call__(self, x: Tensor, *unused: Any, **also_unused: Any) -> Tensor:
        if self.layer.disable_adapters:
            return cast(Tensor, self.base(x))
        (name,) = self.layer.active_adapters
        a, b = self.layer.lora_A[name].weight, self.layer.lora_B[name].weight
        flat = x.reshape(-1, x.shape[-1])
        y = LoraProduct.apply(flat, self.base.weight, self.base.bias, a, b, float(self.layer.scaling[name]))
        return cast(Tensor, y).view(*x.shape[:-1], -1)


def trained_parameters(wrapped: Model) -> dict[str, Tensor]:
    """Return the parameters that require gradients by name, in the model's order."""
    return {name: parameter for name, parameter in wrapped.named_parameters() if parameter.requires_grad}


def save_adapter(wrapped: Model, folder: Path) -> None:
    """Write `adapter_model.safetensors` (float32) and `adapter_config.json` to `folder`. Keys are sorted, so the same
    adapter gives the same bytes.
    """
    from peft import get_peft_model_state_dict
    from safetensors.torch import save

    state: dict[str, Tensor] = {
        name: tensor.detach().contiguous()
        for name, tensor in get_peft_model_state_dict(wrapped, save_embedding_layers=False).items()
    }
    write_atomic(folder / "adapter_model.safetensors", save(dict(sorted(state.items())), metadata={"format": "pt"}))
    config: dict[str, Any] = wrapped.peft_config[ADAPTER].to_dict()
    config["inference_mode"] = True
    plain = {key: sorted(value) if isinstance(value, set) else value for key, value in config.items()}
    write_atomic(folder / "adapter_config.json", (json.dumps(plain, indent=2, sort_keys=True) + "\n").encode())
