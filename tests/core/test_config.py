"""Configurations are values."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwright.core.config import Config

VALUES = st.one_of(st.integers(-5, 5), st.floats(-2, 2), st.text(max_size=4), st.booleans())


@given(st.dictionaries(st.text(min_size=1, max_size=6), VALUES, max_size=6), st.randoms())
def test_order_does_not_matter(values: dict, random: object) -> None:
    items = list(values.items())
    random.shuffle(items)  # type: ignore[attr-defined]
    first, second = Config(values), Config(dict(items))
    assert first == second
    assert hash(first) == hash(second)
    assert first.digest() == second.digest()


@given(st.dictionaries(st.text(min_size=1, max_size=6), VALUES, max_size=6))
def test_json_and_back(values: dict) -> None:
    config = Config(values)
    assert Config(json.loads(json.dumps(config.to_json()))) == config


def test_within_takes_the_prefix_off() -> None:
    config = Config({"learner": "net", "net.lr": 0.1, "net.body.depth": 2, "network": 1})
    assert config.within("net") == Config({"lr": 0.1, "body.depth": 2})
    assert config.within("net").within("body") == Config({"depth": 2})


def test_a_config_is_a_mapping_and_a_key() -> None:
    config = Config({"a": 1, "b": None})
    assert dict(config) == {"a": 1, "b": None}
    assert len(config) == 2
    assert {config: "found"}[Config({"b": None, "a": 1})] == "found"


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        Config({"a": 1})["a"] = 2  # type: ignore[index]


def test_changing_the_source_changes_nothing() -> None:
    source = {"a": 1}
    config = Config(source)
    source["a"] = 2
    assert config["a"] == 1


def test_it_reads_well() -> None:
    assert repr(Config({"a": 1, "b": "x"})) == "Config(a=1, b='x')"


def test_a_pickled_config_is_found_by_a_process_that_hashes_differently() -> None:
    config = Config({"op": "conv"})
    assert config in {config}  # the hash is remembered now
    code = (
        "import pickle, sys; from netwright.core.config import Config;"
        "assert Config({'op': 'conv'}) in pickle.load(sys.stdin.buffer)"
    )
    seed = {**os.environ, "PYTHONHASHSEED": "77"}
    subprocess.run([sys.executable, "-c", code], input=pickle.dumps({config}), env=seed, check=True)
