"""SMAC: expected improvement against an integral, the forest, the race against the incumbent."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from netwright.core.errors import ConfigError
from netwright.core.space import Categorical, Float, Parameters
from netwright.strategies.acquisition import expected_improvement
from netwright.strategies.proposer import spec
from netwright.strategies.smac import Forest, Smac, log_losses
from netwright.testing import check_replay, toy_spaces

optuna.logging.set_verbosity(optuna.logging.ERROR)


@pytest.mark.parametrize("best", [-1.0, 0.4, 2.0])
@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (0.5, 0.1), (1.5, 2.0)])
def test_expected_improvement_is_the_integral(mean: float, deviation: float, best: float) -> None:
    def improvement(loss: float) -> float:
        return (best - loss) * float(norm.pdf(loss, mean, deviation))

    wanted, _ = quad(improvement, min(best, mean) - 20 * deviation, best, limit=200)
    found = expected_improvement(np.array([mean]), np.array([deviation]), best)
    assert found[0] == pytest.approx(wanted, abs=1e-6)


def test_without_doubt_the_improvement_is_what_it_says() -> None:
    found = expected_improvement(np.array([1.0, 3.0]), np.zeros(2), 2.0)
    assert found == pytest.approx([1.0, 0.0])


def test_the_forest_is_scikit_learns_and_knows_what_it_has_not_seen() -> None:
    rng = np.random.default_rng(0)
    x = rng.random((80, 2))
    y = (x[:, 0] > 0.5) + 0.3 * rng.normal(size=80) * (x[:, 1] > 0.5)
    forest = Forest(0, trees=20).fit(x, y)
    mean, deviation = forest.predict(x)
    assert mean == pytest.approx(forest.model.predict(x.astype(np.float32)))
    assert deviation[x[:, 1] > 0.5].mean() > 1.5 * deviation[x[:, 1] < 0.5].mean()


def test_total_variance_is_that_of_a_draw_from_the_trees() -> None:
    """A tree at random, then a normal with the variance of its leaf."""
    rng = np.random.default_rng(0)
    x = rng.random((60, 3))
    forest = Forest(1, trees=5).fit(x, x.sum(1) + rng.normal(size=60))
    mean, deviation = forest.predict(x[:1])
    leaves = [(t.tree_, t.tree_.apply(x[:1].astype(np.float32))[0]) for t in forest.model]
    drawn = np.concatenate(
        [rng.normal(t.value[n, 0, 0], t.impurity[n] ** 0.5, 20_000) for t, n in leaves]
    )
    assert mean[0] == pytest.approx(drawn.mean(), abs=0.02)
    assert deviation[0] == pytest.approx(drawn.std(), rel=0.02)


def test_logarithms_keep_the_order_and_stand_failures() -> None:
    losses = np.array([3.0, -1.0, np.inf, 100.0, 0.5])
    found = log_losses(losses)
    assert np.isfinite(found).all()
    assert list(np.argsort(found[[1, 4, 0, 3]])) == [0, 1, 2, 3]
    assert found[2] == found[3]
    assert log_losses(np.array([np.inf, np.inf])) == pytest.approx([0, 0])
    assert np.isfinite(log_losses(np.array([7.0, 7.0]))).all()


SPACE = Parameters({"x": Float(0, 1), "kind": Categorical(("a", "b", "c"))})


def bowl(trial: optuna.Trial) -> float:
    config = SPACE.configure(trial)
    return (float(config["x"]) - 0.62) ** 2 + (config["kind"] != "b")  # type: ignore[arg-type]


def test_it_finds_the_bottom_of_a_bowl() -> None:
    study = optuna.create_study(sampler=Smac(SPACE, 0))
    study.optimize(bowl, n_trials=40)
    assert study.best_value < 1e-4
    assert study.best_params["kind"] == "b"


def test_without_noise_no_design_is_run_twice() -> None:
    space = toy_spaces()["discrete"]
    strategy = Smac(space, 0)
    study = optuna.create_study(sampler=strategy)
    study.optimize(lambda t: len(str(space.configure(t))), n_trials=41)
    assert len(set(strategy.past.configs)) == len(strategy.past.configs) == 40


def test_a_lucky_challenger_is_run_again_and_loses() -> None:
    space = Parameters({"arm": Categorical(("good", "lucky"))})
    strategy = Smac(space, 0, repeats=3)
    study = optuna.create_study(sampler=strategy)
    script = [("good", 1.0), ("lucky", 5.0), ("good", 1.1)]
    for arm, loss in [*script, ("good", 0.9)]:
        study.enqueue_trial({"arm": arm})
        study.tell(study.ask(), loss)
    assert strategy_incumbent(strategy, study) == "good"
    study.enqueue_trial({"arm": "lucky"})
    study.tell(study.ask(), -20.0)  # its mean is now below, with two runs of three
    trial = study.ask()
    assert space.configure(trial)["arm"] == "lucky"  # is run again
    study.tell(trial, 90.0)
    assert strategy_incumbent(strategy, study) == "good"


def strategy_incumbent(strategy: Smac, study: optuna.Study) -> str:
    strategy._update(study, study.get_trials(deepcopy=False), -1)
    assert strategy._incumbent is not None
    return str(strategy.past.configs[strategy._runs[strategy._incumbent][0]]["arm"])


def test_repeats_bound_the_runs_of_a_design_and_the_best_on_average_is_found() -> None:
    rng = np.random.default_rng(0)
    truth = {"a": 1.0, "b": 0.0, "c": 1.5, "d": 2.0}
    losses = {arm: list(mean + rng.normal(size=60)) for arm, mean in truth.items()}
    space = Parameters({"arm": Categorical(tuple(losses))})
    strategy = Smac(space, 0, repeats=8)
    study = optuna.create_study(sampler=strategy)
    left = {arm: iter(values) for arm, values in losses.items()}
    for _ in range(40):
        trial = study.ask()
        study.tell(trial, next(left[str(space.configure(trial)["arm"])]))
    assert strategy_incumbent(strategy, study) == "b"


def test_reopened_inside_a_race_it_goes_on_as_if_never_stopped() -> None:
    check_replay(spec("racing", Smac, repeats=3), toy_spaces()["conditional"])


@pytest.mark.parametrize("name", ["repeats", "trees", "candidates", "interleave"])
def test_bad_settings_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"SMAC needs {name} of at least"):
        Smac(SPACE, 0, **{name: 0})
