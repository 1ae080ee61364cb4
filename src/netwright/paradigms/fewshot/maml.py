"""MAML (Finn, Abbeel and Levine, "Model-Agnostic Meta-Learning for Fast Adaptation of Deep
Networks", ICML 2017): first weights from which a few steps go far.

The gradient goes through the inner steps, second derivatives included; the first-order variant of
the same paper leaves them out.
"""

from __future__ import annotations

from typing import ClassVar

from netwright.paradigms.fewshot.gradient import GradientMethod


class MAML(GradientMethod):
    """Second order, exactly."""


class FirstOrderMAML(GradientMethod):
    """Takes the gradient at the adapted weights for that at the first ones."""

    first_order: ClassVar[bool] = True
