"""ANIL (Raghu, Raghu, Bengio and Vinyals, "Rapid Learning or Feature Reuse?", ICLR 2020): almost no
inner loop. The body is reused as it is, and only the head adapts.
"""

from __future__ import annotations

from netwright.paradigms.fewshot.gradient import GradientMethod


class ANIL(GradientMethod):
    """MAML whose inner steps move the last layer only."""

    def moving(self) -> list[str]:
        """The last linear layer's weights."""
        return [n for n, _ in self.net.named_parameters() if n.startswith(f"{self.head}.")]
