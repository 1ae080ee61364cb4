"""What a person says of few-shot learning, and what is made of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netwright.core.config import Config
from netwright.core.errors import ConfigError
from netwright.recipes.fewshot import (
    NO_END,
    SEARCHED,
    Fewshot,
    make_fewshot_options,
    make_training_options,
    read_backbone,
)
from netwright.recipes.search_options import SearchOptions


def test_without_a_word_time_decides_and_is_ten_minutes() -> None:
    options, design = make_training_options("conv4", target="class")
    assert options.fit.seconds == 600
    assert options.fit.trials == 1
    assert options.regime.episodes == NO_END  # type: ignore[attr-defined]
    assert design == Config({"filters": 64})


def test_episodes_alone_consult_no_clock() -> None:
    options, _ = make_training_options("mlp", target="class", episodes=70)
    assert options.fit.seconds is None
    assert options.space.name == "connected"
    assert options.regime.episodes == 70  # type: ignore[attr-defined]


def test_both_are_kept() -> None:
    options, _ = make_training_options("conv4", target="class", time="2m", episodes=70)
    assert (options.fit.seconds, options.regime.episodes) == (120, 70)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("method", "compares"), [("matching", True), ("anil", False)])
def test_a_search_gives_each_method_its_own_episodes(method: str, compares: bool) -> None:
    options = make_fewshot_options(target="class", method=method)
    assert options.regime.episodes == SEARCHED[compares]  # type: ignore[attr-defined]


def test_options_survive_a_round_trip() -> None:
    options = make_fewshot_options(
        target="class", method="maml", inner_lr=0.4, ways=3, rotations=True, time="1m"
    )
    again = SearchOptions.from_json(json.loads(json.dumps(options.to_json())))
    assert again == options
    assert isinstance(again.regime, Fewshot)


def test_a_design_file_is_a_backbone(tmp_path: Path) -> None:
    path = tmp_path / "design.json"
    path.write_text(json.dumps({"space": "conv4", "design": {"filters": 16}}))
    space, design = read_backbone(str(path))
    assert (space.name, design["filters"]) == ("conv4", 16)
    path.write_text(json.dumps({"space": "conv4", "design": {"filters": 17}}))
    with pytest.raises(ConfigError, match="filters"):
        read_backbone(str(path))
