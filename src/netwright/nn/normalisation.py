"""Where batch normalisation takes its statistics from when a batch is a task.

Four answers, of which papers seldom say which they took (Bronskill et al., "TaskNorm", ICML 2020):
`transductive`: the rows that are predicted together, query included; `support`: the support alone,
so that queries are predicted one by one; `running`: averages over all tasks of training; `group`:
none (Wu and He, ECCV 2018: each row by itself). Whichever it is, no task sees another's rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm
from torch.nn.modules.batchnorm import _BatchNorm

from netwright.core.errors import unknown_name
from netwright.nn.single_path import SinglePath, paths_in

T = TypeVar("T", bound=nn.Module)
NORMS = ("transductive", "support", "running", "group")
MOST_GROUPS = 8
IMAGES = 4
"""Dimensions of a batch of pictures, which are faster channels last."""


class TaskNorm(nn.Module):
    """Batch normalisation over the rows of one task; keeps the weights of the one it replaces.

    It is a pure function of its input, so that tasks can be vectorised. Running statistics move
    only inside `recording`.

    Args:
        norm: What it replaces.
        how: `transductive`, `support` or `running`.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, norm: _BatchNorm, how: str) -> None:
        super().__init__()
        self.how, self.eps = how, norm.eps
        self.weight, self.bias = norm.weight, norm.bias
        self.kind, self.features = type(norm), norm.num_features
        mean, var = norm.running_mean, norm.running_var
        self.register_buffer("running_mean", torch.zeros(self.features) if mean is None else mean)
        self.register_buffer("running_var", torch.ones(self.features) if var is None else var)
        self.supports: int | None = None
        self.tasks: int | None = None
        self.momentum: float | None = None

    def forward(self, x: Tensor) -> Tensor:
        """(rows, features, ...) -> the same shape.

        The first `supports` rows are the support; of `tasks` folded into one batch, those of each.
        """
        if self.momentum is not None:
            self._record(x)
        if self.how == "running" and not self.training and self.momentum is None:
            return batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        if self.tasks == 1:
            return self._of_task(x)
        if self.tasks is not None:
            return torch.cat([self._of_task(part) for part in x.chunk(self.tasks)])
        return self._scaled(self._centred(x))

    def _of_task(self, x: Tensor) -> Tensor:
        """One task where nothing is vectorised, and torch may scale as well."""
        if self.how == "support" and self.supports is not None:
            return self._scaled(self._centred(x))
        return batch_norm(x, None, None, self.weight, self.bias, training=True, eps=self.eps)

    def _centred(self, x: Tensor) -> Tensor:
        """Mean 0 and spread 1."""
        if self.how != "support" or self.supports is None:
            return batch_norm(x, None, None, training=True, eps=self.eps)
        x = _exact(x)
        seen = x[: self.supports]
        var, mean = torch.var_mean(seen, [0, *range(2, x.ndim)], correction=0, keepdim=True)
        return (x - mean) * torch.rsqrt(var + self.eps)

    def _scaled(self, x: Tensor) -> Tensor:
        """Not left to `batch_norm`: where vmap hands every task a scale of its own, the gradients
        that function gives are wrong (torch 2.13), and it says nothing."""
        if self.weight is None:
            return x
        shape = [1, -1] + [1] * (x.ndim - 2)
        return torch.addcmul(self.bias.reshape(shape), x, self.weight.reshape(shape))

    def _record(self, x: Tensor) -> None:
        var, mean = torch.var_mean(_exact(x.detach()), [0, *range(2, x.ndim)], correction=0)
        self.running_mean.lerp_(mean, self.momentum)  # type: ignore[arg-type]
        self.running_var.lerp_(var, self.momentum)  # type: ignore[arg-type]

    def plain(self) -> _BatchNorm:
        """Batch normalisation by the statistics it has now."""
        norm = self.kind(self.features, self.eps, affine=self.weight is not None)
        if self.weight is not None:
            norm.weight, norm.bias = self.weight, self.bias
        norm.running_mean, norm.running_var = self.running_mean, self.running_var
        return norm.eval()


def normalise_tasks(net: nn.Module, how: str) -> nn.Module:
    """Replaces every batch normalisation of a net, in place, and of the designs that it runs.

    Raises:
        UnknownName: There is no such way.
    """
    if how not in NORMS:
        raise unknown_name("norm", how, NORMS)
    for path in paths_in(net):
        path.change(partial(normalise_tasks, how=how))
    return _replaced(net, _BatchNorm, lambda norm: _one(norm, how))


def _one(norm: _BatchNorm, how: str) -> nn.Module:
    if how != "group":
        return TaskNorm(norm, how)
    groups = math.gcd(norm.num_features, MOST_GROUPS)
    made = nn.GroupNorm(groups, norm.num_features, norm.eps, affine=norm.weight is not None)
    if norm.weight is not None:
        made.weight, made.bias = norm.weight, norm.bias
    return made


def _replaced(net: nn.Module, kind: type[T], change: Callable[[T], nn.Module]) -> nn.Module:
    if isinstance(net, kind):
        return change(net)
    for name, child in net.named_children():
        setattr(net, name, _replaced(child, kind, change))
    return net


def plain(net: nn.Module) -> nn.Module:
    """The net with ordinary batch normalisation again, in place; groups stay groups."""
    return _replaced(net, TaskNorm, TaskNorm.plain)


def norms_of(net: nn.Module) -> list[TaskNorm]:
    """Every one in a net, and in the nets of designs that it runs now."""
    modules = list(net.modules())
    for path in [module for module in modules if isinstance(module, SinglePath)]:
        modules += path.drawn.modules()
    return [module for module in modules if isinstance(module, TaskNorm)]


def supported(net: nn.Module, supports: int) -> AbstractContextManager[None]:
    """The first rows of what the net is shown are a task's support."""
    return _told(net, "supports", supports)


def folded(net: nn.Module, tasks: int) -> AbstractContextManager[None]:
    """What the net is shown are so many tasks in one batch, one after another; nothing parts them
    by `vmap`."""
    return _told(net, "tasks", tasks)


@contextmanager
def _told(net: nn.Module, name: str, value: int) -> Iterator[None]:
    norms = norms_of(net)
    for norm in norms:
        setattr(norm, name, value)
    try:
        yield
    finally:
        for norm in norms:
            setattr(norm, name, None)


def track(net: nn.Module, tasks: Tensor, momentum: float = 0.1) -> None:
    """Moves running statistics towards those of each task, where the net has such.

    Args:
        net: See `normalise_tasks`.
        tasks: (tasks, rows, ...).
        momentum: How far all of them together move it.
    """
    norms = [norm for norm in norms_of(net) if norm.how == "running"]
    if norms:
        _record(net, norms, tasks, 1 - (1 - momentum) ** (1 / len(tasks)))


def freeze(net: nn.Module, support: Tensor) -> nn.Module:
    """The net for good: what depended on the rows beside it now depends on the support alone.

    Args:
        net: Is changed, and in evaluation mode afterwards.
        support: (rows, ...).

    Returns:
        The net with ordinary batch normalisation, which may be exported.
    """
    norms = [norm for norm in norms_of(net) if norm.how != "running"]
    _record(net.eval(), norms, support[None], 1.0)
    return plain(net).eval()


def _record(net: nn.Module, norms: list[TaskNorm], tasks: Tensor, momentum: float) -> None:
    for norm in norms:
        norm.momentum = momentum
    with torch.no_grad():
        for task in tasks if norms else []:
            net(task)
    for norm in norms:
        norm.momentum = None


def embed_tasks(net: nn.Module, support: Tensor, query: Tensor) -> tuple[Tensor, Tensor]:
    """What a net makes of tasks, each by its own statistics.

    Args:
        net: (rows, ...) -> (rows, width).
        support: (tasks, supports, ...).
        query: (tasks, queries, ...).

    Returns:
        (tasks, supports, width) and (tasks, queries, width).
    """
    whole = torch.cat([support, query], dim=1)
    if net.training:
        track(net, whole)
    tasks, supports = support.shape[:2]
    rows = whole.flatten(0, 1)
    if rows.ndim == IMAGES:
        rows = rows.contiguous(memory_format=torch.channels_last)
    with supported(net, supports), folded(net, tasks):
        found = _exact(net(rows))
    found = found.reshape(tasks, -1, *found.shape[1:])
    return found[:, :supports], found[:, supports:]


def _exact(x: Tensor) -> Tensor:
    """Statistics and distances want more digits than half precision has."""
    return x.float() if x.dtype in (torch.bfloat16, torch.float16) else x
