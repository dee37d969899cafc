"""The optimizer that makes the base: Muon inside the layers, AdamW for the rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any


class Muon:
    """Steepest descent in the spectral norm for the matrices inside the layers (Jordan 2024, "Muon").

    It found copying in fewer steps than AdamW. torch's own Muon iterates in bfloat16, ten times slower on a CPU.
    """

    momentum = 0.95
    coefficients = (3.4445, -4.7750, 2.0315)  # quintic Newton-Schulz iteration of Jordan's post

    def __init__(self, weights: Sequence[Any]) -> None:
        import torch

        self.groups = [[w for w in weights if w.shape == shape] for shape in dict.fromkeys(w.shape for w in weights)]
        self.momenta = [torch.zeros(len(group), *group[0].shape) for group in self.groups]

    def step(self, rate: float) -> None:
        """Move every matrix along its orthogonalised momentum; the step's root mean square is 0.2 x rate, as Adam's."""
        import torch

        with torch.no_grad():
            for group, momentum in zip(self.groups, self.momenta, strict=True):
                gradient = torch.stack([weight.grad for weight in group])
                momentum.lerp_(gradient, 1 - self.momentum)
                direction = self.orthogonal(gradient.lerp(momentum, self.momentum))
                scale = 0.2 * math.sqrt(max(direction.shape[-2:])) * rate
                for weight, part in zip(group, direction, strict=True):
                    weight.add_(part, alpha=-scale)

    def orthogonal(self, stack: Any) -> Any:
        """Return the matrices with all singular values drawn near 1."""
        a, b, c = self.coefficients
        tall = stack.shape[-2] > stack.shape[-1]
        x = stack.mT if tall else stack
        x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
        for _ in range(5):
            gram = x @ x.mT
            x = a * x + (b * gram + c * gram @ gram) @ x
        return x.mT if tall else x


class Optimizer:
    """Muon for the matrices inside the layers, AdamW for embeddings and norms."""

    def __init__(self, model: Any) -> None:
        import torch

        named = list(model.named_parameters())
        self.muon = Muon([weight for name, weight in named if weight.ndim == 2 and "layers." in name])
        rest = [weight for name, weight in named if weight.ndim != 2 or "layers." not in name]
        self.adam = torch.optim.AdamW(rest, betas=(0.9, 0.98), weight_decay=0.0)

    def step(self, rate: float) -> None:
        """Apply the gradients at this learning rate."""
        self.muon.step(rate)
        for group in self.adam.param_groups:
            group["lr"] = rate
        self.adam.step()
