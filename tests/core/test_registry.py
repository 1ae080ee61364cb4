"""Finding parts by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from netwright.core.errors import ConfigError, MissingExtra, UnknownName
from netwright.core.registry import find, import_attribute, missing_module, names

TABLE = {"join": "os.path:join", "loads": "json:loads"}


def test_a_name_finds_its_part() -> None:
    import json

    assert find("parsers", "loads", TABLE) is json.loads


def test_package_and_attribute_find_a_persons_own() -> None:
    from collections import Counter

    assert find("parsers", "collections:Counter", TABLE) is Counter


def test_a_dotted_attribute_is_followed() -> None:
    from pathlib import Path as P

    assert import_attribute("pathlib:Path.cwd") == P.cwd


def test_a_module_beside_the_person_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_part_of_mine.py").write_text("ANSWER = 42\n")
    monkeypatch.chdir(tmp_path)
    assert import_attribute("own_part_of_mine:ANSWER") == 42


def test_an_unknown_name_lists_the_near_ones() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'join'"):
        find("parsers", "joim", TABLE)


@pytest.mark.parametrize("target", ["json", "json:", ":loads", "json.loads"])
def test_a_target_needs_both_halves(target: str) -> None:
    with pytest.raises(ConfigError, match=r"package\.module:attribute"):
        import_attribute(target)


def test_an_absent_attribute_is_named() -> None:
    with pytest.raises(ConfigError, match="has no 'nope'"):
        import_attribute("json:nope")


def test_an_absent_module_is_named() -> None:
    with pytest.raises(ConfigError, match="no module named 'absent_module_xyz'"):
        import_attribute("absent_module_xyz:a")


def test_a_missing_extra_says_what_to_install() -> None:
    error = missing_module(ModuleNotFoundError("no", name="catboost"), "catboost")
    assert isinstance(error, MissingExtra)
    assert 'pip install "netwright[tabular]"' in str(error)


def test_built_ins_come_first() -> None:
    assert list(names("parsers", TABLE))[:2] == ["join", "loads"]


@pytest.mark.parametrize(
    ("module", "table"),
    [
        ("netwright.learners", "LEARNERS"),
        ("netwright.strategies", "STRATEGIES"),
        ("netwright.strategies.pruners", "PRUNERS"),
        ("netwright.paradigms.nas.oneshot", "ONE_SHOT"),
        ("netwright.engines", "ENGINES"),
        ("netwright.evaluators", "EVALUATORS"),
        ("netwright.spaces", "SPACES"),
        ("netwright.recipes", "RECIPES"),
        ("netwright.learners.models", "MODELS"),
    ],
)
def test_every_row_of_every_table_can_be_imported(module: str, table: str) -> None:
    for target in import_attribute(f"{module}:{table}").values():
        assert import_attribute(target) is not None
