"""MobileNetV3-small (Howard et al., ICCV 2019, table 2)."""

from __future__ import annotations

from netwright.nn.mobile import MobileBlock, MobilePlan, divisible

ROWS = (  # kernel, hidden, outputs, squeeze and excitation, activation, stride
    (3, 16, 16, True, "relu", 2),
    (3, 72, 24, False, "relu", 2),
    (3, 88, 24, False, "relu", 1),
    (5, 96, 40, True, "hard_swish", 2),
    (5, 240, 40, True, "hard_swish", 1),
    (5, 240, 40, True, "hard_swish", 1),
    (5, 120, 48, True, "hard_swish", 1),
    (5, 144, 48, True, "hard_swish", 1),
    (5, 288, 96, True, "hard_swish", 2),
    (5, 576, 96, True, "hard_swish", 1),
    (5, 576, 96, True, "hard_swish", 1),
)

SMALL = MobilePlan(
    stem=16,
    blocks=tuple(
        MobileBlock(
            outputs, hidden, kernel, stride, divisible(hidden / 4) if squeeze else 0, activation
        )
        for kernel, hidden, outputs, squeeze, activation, stride in ROWS
    ),
    last=576,
    mix=1024,
    stem_stride=2,
    dropout=0.2,
)
