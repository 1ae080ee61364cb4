"""What decides how a backbone learns to learn."""

from __future__ import annotations

import pytest

from netwright.core.errors import ConfigError, DataError
from netwright.data.sines import Sines
from netwright.data.tasksets import Terms
from netwright.paradigms.fewshot.approach import Approach
from tests.paradigms.fewshot.toys import pool

TERMS = Terms(3, 1, 8)


def test_it_survives_a_round_trip() -> None:
    approach = Approach("maml", "group", TERMS, {"inner_lr": 0.4}, train_queries=5)
    assert Approach.from_json(approach.to_json()) == approach


def test_methods_that_compare_learn_on_more_classes_and_fewer_queries() -> None:
    assert Approach("protonet", terms=TERMS).learning(pool(70, 2)) == Terms(60, 1, 1)
    assert Approach("protonet", terms=TERMS).learning(pool(8)) == Terms(8, 1, 1)
    assert Approach("protonet", terms=Terms(65, 1, 2)).learning(pool(70, 3)) == Terms(65, 1, 1)


def test_methods_that_adapt_are_asked_of_as_many_pictures_as_they_were_shown() -> None:
    assert Approach("maml", terms=TERMS).learning(pool(30)) == Terms(3, 1, 1)
    assert Approach("anil", terms=Terms(3, 4, 2)).learning(pool(30)) == Terms(3, 4, 2)
    assert Approach("reptile", terms=TERMS).learning(pool(30)) == Terms(3, 8, 1)
    assert Approach("maml", terms=TERMS).learning(Sines()).queries == TERMS.queries


def test_augmentation_is_as_asked_or_as_suits_the_method() -> None:
    assert Approach("protonet").augmentation == "affine"
    assert Approach("meta_sgd").augmentation == "shift"
    assert Approach("maml", augment="none").augmentation == "none"


def test_what_was_asked_for_is_learned_on() -> None:
    approach = Approach("matching", terms=TERMS, train_ways=5, train_queries=6)
    assert approach.learning(pool(8)) == Terms(5, 1, 6)
    assert Approach(terms=TERMS, train_queries=6).learning(pool(8)) == Terms(8, 1, 6)
    with pytest.raises(DataError, match="name fewer ways"):
        Approach(terms=TERMS, train_ways=9).learning(pool(8))


def test_gradient_methods_learn_on_what_they_answer() -> None:
    Approach("maml", terms=TERMS, train_ways=3).check()
    with pytest.raises(ConfigError, match=r"as many ways as it is to answer, 3\. Got 5"):
        Approach("maml", terms=TERMS, train_ways=5).check()
