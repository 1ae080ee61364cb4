"""Reptile goes where adapting went."""

from __future__ import annotations

import torch
from torch.nn.functional import cross_entropy

from netwright.data.tasksets import Terms
from netwright.paradigms.fewshot.approach import Approach
from netwright.paradigms.fewshot.reptile import Reptile
from tests.paradigms.fewshot.toys import TASKS, backbone, batch, pool


def test_its_gradient_is_the_way_back_from_the_adapted_weights() -> None:
    support, labels, query, target = batch()
    method = Reptile(backbone(), inner_lr=0.3, inner_steps=3).train()
    loss = method.loss(method(support, labels, query), target)
    found = torch.autograd.grad(loss, list(method.net.parameters()))
    gone = [torch.zeros_like(weight) for weight in found]
    for task in range(TASKS):
        net = backbone()
        first = [weight.detach().clone() for weight in net.parameters()]
        descent = torch.optim.SGD(net.parameters(), lr=0.3)
        for _ in range(3):
            descent.zero_grad()
            cross_entropy(net(support[task]), labels[task]).backward()
            descent.step()
        for sums, before, after in zip(gone, first, net.parameters(), strict=True):
            sums += (before - after.detach()) / TASKS
    for ours, theirs in zip(found, gone, strict=True):
        assert torch.allclose(ours, theirs)


def test_it_learns_from_all_rows_but_one_a_class() -> None:
    assert Approach("reptile", terms=Terms(5, 1, 11)).learning(pool()) == Terms(5, 11, 1)


def test_once_it_has_learned_it_answers_queries() -> None:
    support, labels, query, target = batch()
    method = Reptile(backbone(), inner_lr=0.3).eval()
    outputs = method(support, labels, query)
    assert outputs.shape == (*target.shape, 3)
    assert method.loss(outputs, target) == cross_entropy(outputs.flatten(0, 1), target.flatten())
