"""A graph hypernetwork (Zhang, Ren and Urtasun, "Graph HyperNetworks for Neural Architecture
Search", ICLR 2019).

The graph of what a design computes is read by a graph neural network, whose nodes tell each other
what they are along the edges and back; from what a weight's node knows in the end its weight is
made. So a weight fits what stands around it, in any net that can go backward.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from functools import partial
from typing import Any, ClassVar, NamedTuple
from zlib import crc32

import torch
from torch import Tensor, nn

from netwright.core.config import Config
from netwright.core.task import Task
from netwright.nn.hypernetwork import Hypernetwork
from netwright.nn.single_path import KEPT, SinglePath
from netwright.paradigms.nas.oneshot.spos import SinglePathOneShot
from netwright.spaces.supernet import SupernetSpace

WIDTH = 32
"""Of what a node knows."""
ROUNDS = 5
"""Times that all nodes tell their neighbours, as in the paper."""
KINDS = 256
"""Kinds of nodes that are told apart; a kind is found by its name."""


class Traced(NamedTuple):
    """The graph of what a net computes.

    Attributes:
        kinds: What each node is, (nodes,).
        edges: Share that a node hears of each that stands before it, (nodes, nodes).
        weights: The node of every weight, in the net's order.
    """

    kinds: Tensor
    edges: Tensor
    weights: Tensor


def trace(net: nn.Module, shape: Sequence[int]) -> Traced:
    """Reads the graph that torch keeps to go backward.

    Args:
        net: Any.
        shape: Of one input.
    """
    out = net(torch.randn(2, *shape))
    last = (out[0] if isinstance(out, tuple) else out).grad_fn
    nodes = {node: place for place, node in enumerate(_before(last))}
    places = {id(weight): place for place, weight in enumerate(net.parameters())}
    edges, weights = torch.zeros(len(nodes), len(nodes)), torch.zeros(len(places)).long()
    for node, place in nodes.items():
        for before, _ in node.next_functions:
            if before is not None:
                edges[place, nodes[before]] = 1.0
        weight = getattr(node, "variable", None)
        if weight is not None:
            weights[places[id(weight)]] = place
    kinds = torch.tensor([_kind(node) for node in nodes])
    return Traced(kinds, edges / edges.sum(dim=1, keepdim=True).clamp_min(1), weights)


def _before(last: Any) -> Iterator[Any]:
    """A node and all that it depends on, each once."""
    seen, waiting = {last}, [last]
    while waiting:
        node = waiting.pop()
        yield node
        for before, _ in node.next_functions:
            if before is not None and before not in seen:
                seen.add(before)
                waiting.append(before)


def _kind(node: Any) -> int:
    """A number for a name, the same in every process."""
    weight = getattr(node, "variable", None)
    name = node.name() if weight is None else f"weight {tuple(weight.shape[2:])} {weight.ndim}"
    return crc32(name.encode()) % KINDS


class GraphEncoder(nn.Module):
    """Tells every node of a graph what stands around it."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds = nn.Embedding(KINDS, WIDTH)
        self.ahead, self.back = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.cell = nn.GRUCell(WIDTH, WIDTH)

    def forward(self, graph: Traced) -> Tensor:
        """What the nodes of the weights know, (weights, WIDTH)."""
        known = self.kinds(graph.kinds)
        heard = graph.edges.T / graph.edges.T.sum(dim=1, keepdim=True).clamp_min(1)
        for _ in range(ROUNDS):
            told = graph.edges @ self.ahead(known) + heard @ self.back(known)
            known = self.cell(told, known)
        out: Tensor = known[graph.weights]
        return out


class GraphPath(SinglePath[Config]):
    """Runs a design with weights that are made for its graph.

    Args:
        bank, build, draw: As for `SinglePath`.
        shape: Of one input.
    """

    bank: Hypernetwork

    def __init__(
        self,
        bank: Hypernetwork,
        build: Callable[[Config], nn.Module],
        draw: Callable[[int], Config],
        shape: Sequence[int],
    ) -> None:
        super().__init__(bank, build, draw)
        self.encoder, self.shape = GraphEncoder(), tuple(shape)
        self._graphs: dict[tuple[Config, int], Traced] = {}

    def weights_of(self, net: nn.Module, design: Config) -> dict[str, Tensor]:
        """Each by its own code."""
        known = design, len(list(net.parameters()))  # a net may lack its last layer
        if known not in self._graphs:
            while len(self._graphs) >= KEPT:
                del self._graphs[next(iter(self._graphs))]
            self._graphs[known] = self._traced(net)
        return self.bank.made(net, self.encoder(self._graphs[known]))

    def _traced(self, net: nn.Module) -> Traced:
        device = self.bank.mixes.device
        fork = torch.random.fork_rng(devices=[])
        with torch.inference_mode(False), torch.enable_grad(), fork:  # who predicts needs it too
            found = trace(deepcopy(net).cpu(), self.shape)
        return Traced(*(part.to(device) for part in found))


class GraphSpace(SupernetSpace):
    """The supernet whose weights are made from the design's graph."""

    def build(self, config: Config, task: Task) -> nn.Module:
        """The hypernetwork and its encoder."""
        build = partial(self.inner.build, task=task)
        bank = Hypernetwork(self.passing(task), WIDTH)
        return GraphPath(bank, build, self.draw, task.input_shape)


class GHN(SinglePathOneShot):
    """Uniform sampling; evolution judges at most 1,000 designs."""

    space: ClassVar[str] = "ghn"
