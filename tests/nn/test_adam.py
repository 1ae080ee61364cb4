"""Our Adam against torch's."""

from __future__ import annotations

import torch

from netwright.nn.adam import Adam


def test_it_takes_the_steps_of_torchs() -> None:
    generator = torch.Generator().manual_seed(0)
    first = [torch.randn(shape, generator=generator) for shape in ((3, 4), (4,))]
    ours = [weight.clone().requires_grad_() for weight in first]
    theirs = [weight.clone().requires_grad_() for weight in first]
    adam, reference = Adam(ours, 0.05), torch.optim.Adam(theirs, 0.05)
    x = torch.randn(7, 3, generator=generator)
    for _ in range(20):
        adam.step(((x @ ours[0] + ours[1]) ** 2).mean())
        reference.zero_grad()
        ((x @ theirs[0] + theirs[1]) ** 2).mean().backward()
        reference.step()
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other)
