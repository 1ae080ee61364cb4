"""Adam (Kingma and Ba, ICLR 2015), as small as it is.

For small nets inside strategies: making an optimiser of `torch.optim` loads torch's compiler,
three seconds that a search of a hundred designs would feel.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch


class Adam:
    """Moves weights against their gradients.

    Args:
        weights: Leaves that require a gradient.
        learning_rate: Size of a step.
        betas: Decay of the averages of the gradient and of its square.
        epsilon: Added to the root of the latter.
    """

    def __init__(
        self,
        weights: Sequence[torch.Tensor],
        learning_rate: float,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        self.weights = list(weights)
        self.learning_rate, self.betas, self.epsilon = learning_rate, betas, epsilon
        self._mean = [torch.zeros_like(weight) for weight in self.weights]
        self._square = [torch.zeros_like(weight) for weight in self.weights]
        self._steps = 0

    @torch.no_grad()
    def step(self, loss: torch.Tensor, rate: float = 1.0) -> None:
        """One step down a loss; `rate` is this step's share of the learning rate."""
        self._steps += 1
        one, two = self.betas
        size = rate * self.learning_rate / (1 - one**self._steps)
        unbias = (1 - two**self._steps) ** -0.5
        gradients = torch.autograd.grad(loss, self.weights)
        for weight, gradient, mean, square in zip(
            self.weights, gradients, self._mean, self._square, strict=True
        ):
            mean.lerp_(gradient, 1 - one)
            square.mul_(two).addcmul_(gradient, gradient, value=1 - two)
            weight.addcdiv_(mean, square.sqrt().mul_(unbias).add_(self.epsilon), value=-size)
