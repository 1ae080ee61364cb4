"""DARTS stopped in time (Zela et al., "Understanding and Robustifying Differentiable Architecture
Search", ICLR 2020).

When DARTS collapses, the held-back loss bends more and more sharply in the strengths: its largest
curvature grows long before skip connections win. The search ends once it has grown by a third
within five epochs, and keeps what was chosen before that.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor

from netwright.nn.bilevel import Turn
from netwright.nn.mixed_operation import Options
from netwright.nn.relaxation import Relaxation
from netwright.paradigms.nas.oneshot.darts import Softmax
from netwright.paradigms.nas.oneshot.relaxed import Relaxed

WINDOW = 5
"""Epochs that are averaged, and how far one looks back."""
GROWN = 0.75
"""The earlier curvature divided by the later one, at which the search ends."""


class Watched(Softmax):
    """Looks at the curvature after every epoch.

    Attributes:
        curvatures: The largest eigenvalue of the Hessian in the strengths, epoch by epoch.
    """

    def __init__(self, options: Options, **settings: object) -> None:
        super().__init__(options, **settings)  # type: ignore[arg-type]
        self.curvatures = torch.empty(0)
        self._turn: Turn | None = None

    def learn(self, turn: Turn) -> None:
        """Remembers the turn."""
        super().learn(turn)
        self._turn = turn

    def end_epoch(self, gone: float) -> bool:
        """Ends the search, and forgets the last epochs, where the curvature has grown."""
        super().end_epoch(gone)
        if self._turn is None:
            return False
        found = curvature(self._turn, self.alpha)
        self._turn = None
        self.curvatures = torch.cat([self.curvatures, torch.tensor([found])])
        if not grown(self.curvatures.tolist()):
            return False
        self.history, self.curvatures = self.history[:-WINDOW], self.curvatures[:-WINDOW]
        return True

    def get_extra_state(self) -> Tensor:
        """The history, and the curvatures beside it."""
        return torch.cat([self.history, self.curvatures[:, None]], dim=1)

    def set_extra_state(self, state: Tensor) -> None:
        """Reads both back."""
        self.history, self.curvatures = state[:, :-1], state[:, -1]


def curvature(turn: Turn, alpha: Tensor) -> float:
    """The largest eigenvalue of the Hessian of the held loss in the strengths.

    Args:
        turn: With the loss of one batch.
        alpha: The strengths.
    """
    alpha.requires_grad_(True)
    (slope,) = torch.autograd.grad(turn.held(None), alpha, create_graph=True)

    def product(direction: np.ndarray) -> np.ndarray:
        along = torch.from_numpy(np.asarray(direction, dtype=np.float32).ravel()).to(alpha)
        (found,) = torch.autograd.grad(slope, alpha, along, retain_graph=True)
        return found.cpu().double().numpy()

    start = np.ones(len(alpha))
    if len(alpha) == 1:
        found = product(start)
    else:
        operator = LinearOperator((len(alpha), len(alpha)), matvec=product, dtype=np.float64)
        words = {"k": 1, "which": "LA", "v0": start, "tol": 1e-2}
        found = eigsh(operator, **words, return_eigenvectors=False)
    alpha.requires_grad_(False)
    return float(found[0])


def grown(curvatures: list[float]) -> bool:
    """Whether the mean over the last epochs is a third above what it was a window before."""
    if len(curvatures) < 2 * WINDOW:
        return False
    now = float(np.mean(curvatures[-WINDOW:]))
    before = float(np.mean(curvatures[-2 * WINDOW : -WINDOW]))
    return now > 0 and before / now < GROWN


class EarlyDARTS(Relaxed):
    """First order, unless another level is asked for."""

    def relaxation(self, options: Options) -> Relaxation:
        """Softmax, watched."""
        return Watched(options, **self.settings)
