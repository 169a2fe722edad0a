"""The loss of a pack of rows: cross-entropy at trained tokens. Logits are computed for these tokens only."""

from typing import Any, cast

import torch
from torch import Tensor

from tabletutor.models.load import Model
from tabletutor.training.packing import Pack

CHUNK = 256  # trained tokens whose logits exist at once (256 x 49,152 x 4 bytes = 50 MB)


class FrozenHeadLoss(torch.autograd.Function):
    """Summed cross-entropy of hidden states under a frozen output matrix, one chunk of tokens at a time.

    The forward pass also computes the gradient of the hidden states from each chunk's logits, so no logits are stored.
    hidden: (n, width), weight: (vocabulary, width), targets: (n,). Returns a float32 scalar.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:  # type: ignore[override]
        total = torch.zeros((), dtype=torch.float32)
        gradient = torch.empty_like(hidden)
        for start in range(0, hidden.shape[0], CHUNK):
            stop = start + CHUNK
            target = targets[start:stop].unsqueeze(1)
            logits = torch.nn.functional.linear(hidden[start:stop], weight).float()
            picked = logits.gather(1, target)
            peak = logits.amax(1, keepdim=True)
            logits.sub_(peak).exp_()
            mass = logits.sum(1, keepdim=True)
            total += (mass.log() + peak - picked).sum()
            logits.div_(mass)
            logits.scatter_add_(1, target, torch.full_like(picked, -1.0))
            gradient[start:stop] = logits.to(weight.dtype) @ weight
        ctx.save_for_backward(gradient)
        return total

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor, None, None]:  # type: ignore[override]
        (gradient,) = ctx.saved_tensors
        return gradient * outputs[0].to(gradient.dtype), None, None


def check_head(model: Model) -> None:
    """Raise ValueError if the logits of a model are not the product of hidden states and output matrix."""
    config: Any = model.config
    scales = ("final_logit_softcapping", "logits_scaling", "logit_scale")
    unsupported = [name for name in scales if getattr(config, name, None) not in (None, 1, 1.0)]
    if model.get_output_embeddings().bias is not None:
        unsupported.append("a bias in its output layer")
    if unsupported:
        raise ValueError(f"sft does not support a model with {', '.join(unsupported)}; use another training method")


def pack_loss(decoder: Model, head: Tensor, pack: Pack) -> Tensor:
    """Return the summed loss over the trained tokens of a pack, a float32 scalar.

    `decoder` maps token ids to hidden states; `head` is the output matrix (vocabulary, width), frozen or trained.
    """
    output: Any = decoder(input_ids=pack.ids, position_ids=pack.positions, spans=pack.spans, use_cache=False)
    hidden = cast(Tensor, output.last_hidden_state)[0, pack.predicting]
    if head.requires_grad:
        return torch.nn.functional.cross_entropy(
            torch.nn.functional.linear(hidden, head).float(), pack.targets, reduction="sum"
        )
    return cast(Tensor, FrozenHeadLoss.apply(hidden, head, pack.targets))
