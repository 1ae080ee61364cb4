"""Tensors on disk come back as they went, whatever lay in memory how."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from netwright.nn.weights import read_tensors, write_tensors

DTYPES = (torch.float32, torch.float64, torch.int64, torch.uint8, torch.bool, torch.bfloat16)


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(
        st.text("abc/._", min_size=1), st.tuples(st.sampled_from(DTYPES), st.integers(0, 3))
    )
)
def test_what_goes_in_comes_out(
    tmp_path_factory: pytest.TempPathFactory, kinds: dict[str, tuple[torch.dtype, int]]
) -> None:
    path = tmp_path_factory.mktemp("weights") / "file"
    tensors = {n: torch.ones([2] * size).to(dtype) for n, (dtype, size) in kinds.items()}
    write_tensors(path, tensors, {"kinds": len(kinds)})
    saved = read_tensors(path)
    assert saved is not None
    assert saved.facts == {"kinds": len(kinds)}
    assert set(saved.tensors) == set(tensors)
    assert all(torch.equal(saved.tensors[name], tensors[name]) for name in tensors)


def test_views_and_shared_memory_are_written_out(tmp_path: Path) -> None:
    base = torch.arange(12.0).reshape(3, 4)
    tensors = {"whole": base, "same": base, "turned": base.T, "row": base[1]}
    pixels = torch.rand(2, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    write_tensors(tmp_path / "deep" / "file", {**tensors, "pixels": pixels}, {})
    saved = read_tensors(tmp_path / "deep" / "file")
    assert saved is not None
    assert all(torch.equal(saved.tensors[name], value) for name, value in tensors.items())
    assert torch.equal(saved.tensors["pixels"], pixels)


def test_facts_keep_their_numbers(tmp_path: Path) -> None:
    write_tensors(tmp_path / "file", {}, {"best": math.inf, "third": 1 / 3, "list": [1, None]})
    saved = read_tensors(tmp_path / "file")
    assert saved is not None
    assert saved.facts == {"best": math.inf, "third": 1 / 3, "list": [1, None]}


def test_parts_are_taken_out_by_prefix(tmp_path: Path) -> None:
    write_tensors(tmp_path / "file", {"net/a": torch.ones(1), "network/a": torch.zeros(1)}, {})
    saved = read_tensors(tmp_path / "file")
    assert saved is not None
    assert saved.within("net") == {"a": torch.ones(1)}


def test_a_file_of_anything_else_is_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert read_tensors(path) is None
    path.write_text("hello")
    assert read_tensors(path) is None
    from safetensors.torch import save_file

    save_file({"a": torch.ones(1)}, path)
    assert read_tensors(path) is None  # no facts: another program's
