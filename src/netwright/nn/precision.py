"""Half precision where the device has it (Micikevicius et al., ICLR 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def pick_precision(name: str, device: torch.device) -> torch.dtype:
    """The type to compute in; `auto` is half where there are circuits for it, else float32."""
    if name != "auto":
        return DTYPES[name]
    if device.type == "cpu":
        tell = getattr(torch.cpu, "get_capabilities", None)  # older versions cannot tell
        return torch.bfloat16 if tell and tell().get("amx_bf16") else torch.float32
    if device.type != "cuda":
        return torch.float32
    made_for_it = torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if made_for_it else torch.float16


def whole_precision(like: Tensor) -> torch.autocast:
    """The context for what half precision is too coarse for, such as differences of distances.

    Args:
        like: Lies on the device.
    """
    return torch.autocast(like.device.type, enabled=False)


class Precision:
    """Runs a net in some precision; its weights stay float32.

    Args:
        name: As in a recipe.
        device: Where the net lies.
    """

    def __init__(self, name: str, device: torch.device) -> None:
        self.device, self.dtype = device, pick_precision(name, device)
        # Small gradients would vanish in float16; bfloat16 reaches as far as float32.
        self._scaler = torch.amp.GradScaler(device.type, enabled=self.dtype == torch.float16)

    def autocast(self) -> torch.autocast:
        """The context in which the net runs."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32)

    def step(
        self, loss: Tensor, net: nn.Module, optimiser: torch.optim.Optimizer, clip: float
    ) -> None:
        """Goes down a loss, the gradient no longer than `clip`."""
        self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self._scaler.unscale_(optimiser)
        nn.utils.clip_grad_norm_(net.parameters(), clip)
        self._scaler.step(optimiser)
        self._scaler.update()
