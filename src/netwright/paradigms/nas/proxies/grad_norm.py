"""grad_norm (Abdelfattah, Mehrotra, Dudziak and Lane, "Zero-Cost Proxies for Lightweight NAS",
ICLR 2021, section 3.2)."""

from __future__ import annotations

from netwright.paradigms.nas.proxies.probe import Probe, Proxy


@Proxy
def grad_norm(probe: Probe) -> float:
    """The sum over layers of the Euclidean norm of the loss's gradient."""
    return sum(float(gradient.norm()) for gradient in probe.flow.gradients)
