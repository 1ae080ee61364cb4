"""Prototypes and attention against plain arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import cosine_similarity

from netwright.nn.full_context import QueryReader, SupportReader
from netwright.nn.normalisation import NORMS
from netwright.paradigms.fewshot.matching import MatchingNetwork
from netwright.paradigms.fewshot.protonet import PrototypicalNetwork, prototypes
from tests.paradigms.fewshot.toys import QUERIES, TASKS, WAYS, backbone, batch

KINDS = (PrototypicalNetwork, MatchingNetwork)


def test_prototypes_are_means_of_classes() -> None:
    embedded = torch.randn(2, 6, 3)
    labels = torch.tensor([[0, 1, 0, 2, 2, 2], [2, 1, 0, 0, 1, 2]])
    found = prototypes(embedded, labels)
    for task in range(2):
        for way in range(3):
            mean = embedded[task][labels[task] == way].mean(0)
            assert torch.allclose(found[task, way], mean)


def test_prototypes_answer_by_squared_distance() -> None:
    method = PrototypicalNetwork(backbone("group")).eval()
    support, labels, query, _ = batch(tasks=1)
    found = method(support, labels, query)[0].detach().numpy()
    known, asked = (method.net(part[0]).detach().numpy() for part in (support, query))
    means = np.stack([known[labels[0].numpy() == way].mean(0) for way in range(WAYS)])
    distances = ((asked[:, None] - means[None]) ** 2).sum(-1)
    assert np.allclose(found, -distances)


def test_attention_is_a_softmax_over_cosines() -> None:
    method = MatchingNetwork(backbone("group")).eval()
    support, labels, query, _ = batch(tasks=1)
    found = method(support, labels, query)[0].exp()
    known, asked = (method.net(part[0]) for part in (support, query))
    similar = torch.stack([cosine_similarity(row[None], known) for row in asked])
    shares = torch.softmax(method.scale * similar, dim=1)
    for way in range(WAYS):
        assert torch.allclose(found[:, way], shares[:, labels[0] == way].sum(1))


def test_the_support_is_read_both_ways() -> None:
    """Against an LSTM each way by hand."""
    torch.manual_seed(0)
    reader, rows = SupportReader(4).double(), torch.randn(1, 3, 4, dtype=torch.float64)
    cells = []
    for suffix in ("", "_reverse"):
        cell = torch.nn.LSTMCell(4, 4).double()
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        cell.load_state_dict({n: getattr(reader.both, f"{n}_l0{suffix}") for n in names})
        cells.append(cell)
    expected = rows[0].clone()
    for cell, order in zip(cells, ((0, 1, 2), (2, 1, 0)), strict=True):
        state = None
        for place in order:
            state = cell(rows[0, place][None], state)
            expected[place] = expected[place] + state[0][0]
    assert torch.allclose(reader(rows)[0], expected)


def test_a_query_reads_the_support_step_by_step() -> None:
    """Two steps of appendix A.1 of the paper, number by number."""
    torch.manual_seed(0)
    reader = QueryReader(3, steps=2).double()
    asked, known = (torch.randn(n, 3, dtype=torch.float64) for n in (1, 4))
    h, r, c = (torch.zeros(3, dtype=torch.float64) for _ in range(3))
    x = asked[0]
    for _ in range(2):
        i, f, g, o = (reader.own(x) + reader.state(torch.cat([h, r]))).chunk(4)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c) + x
        shares = torch.softmax(torch.stack([h @ row for row in known]), dim=0)
        r = sum(share * row for share, row in zip(shares, known, strict=True))
    assert torch.allclose(reader(asked[None], known[None])[0, 0], h)


@pytest.mark.parametrize("how", NORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_no_task_sees_another(kind: type, how: str) -> None:
    support, labels, query, _ = batch()
    method = kind(backbone(how)).eval()
    together = method(support, labels, query)
    alone = [method(support[i, None], labels[i, None], query[i, None]) for i in range(TASKS)]
    assert together.shape == (TASKS, WAYS * QUERIES, WAYS)
    assert torch.allclose(together, torch.cat(alone))


@pytest.mark.parametrize("kind", KINDS)
def test_renaming_classes_renames_answers(kind: type) -> None:
    support, labels, query, _ = batch()
    method = kind(backbone()).eval()
    order = torch.tensor([2, 0, 1])
    there, here = method(support, order[labels], query), method(support, labels, query)
    assert torch.allclose(there[..., order], here)


@pytest.mark.parametrize("how", ["support", "running", "group"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_adapted_net_says_what_the_method_says(kind: type, how: str) -> None:
    method = kind(backbone(how)).eval()
    support, labels, query, _ = (part[0] for part in batch())
    whole = method(support[None], labels[None], query[None])[0].softmax(-1)
    net = method.adapted(support, labels)
    alone = torch.cat([net(row[None]) for row in query]).softmax(-1)
    assert torch.allclose(alone, whole)
