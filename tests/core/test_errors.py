"""The error tree and its sentences."""

from __future__ import annotations

import inspect

import pytest

from netwright.core import errors


def all_errors() -> list[type[errors.NetwrightError]]:
    return [
        item
        for item in vars(errors).values()
        if inspect.isclass(item) and issubclass(item, errors.NetwrightError)
    ]


@pytest.mark.parametrize("error", all_errors())
def test_the_drawing_in_the_docstring_names_every_error(error: type) -> None:
    assert error.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize("error", all_errors())
def test_a_persons_mistake_exits_with_two_and_all_else_with_one(error: type) -> None:
    assert error.exit_code == (2 if issubclass(error, errors.UserError) else 1)


def test_unknown_name_offers_the_near_ones() -> None:
    error = errors.unknown_name("column", "prise", ["price", "prize", "area"])
    assert isinstance(error, errors.UnknownName)
    assert "'prise'" in str(error)
    assert "Did you mean" in str(error)
    assert "'price'" in str(error)


def test_unknown_name_lists_what_there_is_when_nothing_is_near() -> None:
    assert "Known: area, price." in str(errors.unknown_name("column", "zzz", ["price", "area"]))


def test_unknown_name_shortens_long_lists() -> None:
    told = str(errors.unknown_name("column", "zzz", [f"c{i}" for i in range(100)]))
    assert told.endswith(", ....")
    assert len(told) < 200


def test_unknown_name_with_nothing_known() -> None:
    assert "None is known" in str(errors.unknown_name("column", "zzz", []))
