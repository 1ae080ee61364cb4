"""Extrapolation: known curves are recovered, the best is never stopped, the hopeless is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import optuna
import pytest
from scipy.optimize import curve_fit

from netwright.core.errors import ConfigError
from netwright.strategies.extrapolation import ExtrapolationPruner, chance_below

optuna.logging.set_verbosity(optuna.logging.ERROR)
STEPS = np.arange(1.0, 13.0)
END = 100


def power(t: np.ndarray | float, a: float, b: float, c: float) -> np.ndarray:
    return a + b * np.asarray(t) ** -c


def exponential(t: np.ndarray | float, a: float, b: float, c: float) -> np.ndarray:
    return a + b * np.exp(-c * np.asarray(t))


def median_end(curve: np.ndarray) -> float:
    """The value that the end is as likely below as above, by bisection."""
    low, high = curve.min() - 10 * np.ptp(curve), curve.max() + 10 * np.ptp(curve)
    for _ in range(60):
        middle = (low + high) / 2
        below = chance_below(STEPS.tolist(), curve.tolist(), END, middle) > 0.5
        low, high = (low, middle) if below else (middle, high)
    return float(low)


@pytest.mark.parametrize(
    "law", [lambda t: power(t, 0.2, 0.7, 0.8), lambda t: exponential(t, 0.1, 0.9, 0.3)]
)
def test_a_known_law_is_recovered(law: Callable[..., np.ndarray]) -> None:
    curve = law(STEPS)
    assert median_end(curve) == pytest.approx(float(law(END)), abs=0.02)


def test_with_noise_it_agrees_with_scipys_fit_of_the_right_law() -> None:
    rng = np.random.default_rng(0)
    curve = power(STEPS, 0.2, 0.7, 0.8) + 0.003 * rng.normal(size=12)
    fitted, _ = curve_fit(power, STEPS, curve, p0=(0.1, 1, 1))
    assert median_end(curve) == pytest.approx(float(power(END, *fitted)), abs=0.04)


def test_the_chance_rises_with_the_bar_from_none_to_all() -> None:
    curve = power(STEPS, 0.2, 0.7, 0.8).tolist()
    bars = np.linspace(-2, 2, 41)
    chances = [chance_below(STEPS.tolist(), curve, END, bar) for bar in bars]
    assert (np.diff(chances) >= 0).all()
    assert chances[0] < 0.01
    assert chances[-1] > 0.99


@pytest.mark.parametrize(("scale", "shift"), [(1e-4, 0), (1e3, 5e4), (1, -7)])
def test_units_do_not_matter(scale: float, shift: float) -> None:
    curve = power(STEPS, 0.2, 0.7, 0.8)
    plain = chance_below(STEPS.tolist(), curve.tolist(), END, 0.25)
    moved = scale * curve + shift
    found = chance_below(STEPS.tolist(), moved.tolist(), END, scale * 0.25 + shift)
    assert found == pytest.approx(plain, abs=1e-3)


def test_the_first_step_may_be_zero() -> None:
    curve = power(STEPS, 0.2, 0.7, 0.8).tolist()
    first = chance_below(STEPS.tolist(), curve, END, 0.25)
    assert chance_below((STEPS - 1).tolist(), curve, END - 1, 0.25) == pytest.approx(first)


def test_more_noise_means_more_doubt() -> None:
    rng = np.random.default_rng(1)
    noise, bar = rng.normal(size=12), 0.0
    chances = [
        chance_below(STEPS.tolist(), (power(STEPS, 0.2, 0.7, 0.8) + s * noise).tolist(), END, bar)
        for s in (0.001, 0.1)
    ]
    assert chances[0] < chances[1]


def test_a_flat_curve_stays_where_it_is() -> None:
    assert chance_below(STEPS.tolist(), [0.5] * 12, END, 0.4) < 0.01
    assert chance_below(STEPS.tolist(), [0.5] * 12, END, 0.6) > 0.99


def play(
    asymptotes: list[float], direction: str, noise: float = 0.0, **settings: float
) -> optuna.Study:
    """A plain Optuna study of curves with 30 steps each."""
    sign = -1 if direction == "maximize" else 1
    rng = np.random.default_rng(0)

    def objective(trial: optuna.Trial) -> float:
        bottom = asymptotes[trial.number]
        for step in range(30):
            value = sign * (float(power(step + 1, bottom, 0.6, 0.7)) + noise * rng.normal())
            trial.report(value, step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return value

    pruner = ExtrapolationPruner(**settings)  # type: ignore[arg-type]
    study = optuna.create_study(direction=direction, pruner=pruner)
    study.optimize(objective, n_trials=len(asymptotes))
    return study


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
@pytest.mark.parametrize("noise", [0.0, 0.005])
def test_the_best_is_never_stopped_and_the_hopeless_soon(direction: str, noise: float) -> None:
    better = [0.5, 0.45, 0.4]
    study = play([*better, 0.1, 0.8, 0.7, 0.05, 0.9], direction, noise)
    states = [trial.state.name for trial in study.trials]
    assert states[:3] == ["COMPLETE"] * 3
    assert states[3] == states[6] == "COMPLETE"
    assert [states[place] for place in (4, 5, 7)] == ["PRUNED"] * 3
    assert all(t.last_step <= 12 for t in study.trials if t.state.name == "PRUNED")


def test_falling_asymptotes_are_never_stopped() -> None:
    study = play(list(np.linspace(0.9, 0.1, 12)), "minimize")
    assert {trial.state.name for trial in study.trials} == {"COMPLETE"}


def test_nothing_is_stopped_before_there_is_something_to_go_by() -> None:
    worse = [0.1, 0.9, 0.9, 0.9]
    assert play(worse, "minimize", startup=4).trials[3].state.name == "COMPLETE"
    assert play(worse, "minimize", startup=3).trials[3].state.name == "PRUNED"
    assert play(worse, "minimize", least=30).trials[3].state.name == "COMPLETE"


def test_reports_that_are_no_numbers_are_passed_over() -> None:
    study = optuna.create_study(pruner=ExtrapolationPruner(end=20, startup=1))
    study.add_trial(optuna.create_trial(value=0.0))
    trial = study.ask()
    for step in range(5):
        trial.report(float("nan") if step % 2 else 1.0, step)
    assert not trial.should_prune()
    for step in range(5, 9):
        trial.report(1.0, step)
    assert trial.should_prune()


def test_trials_that_reported_nothing_give_no_end() -> None:
    study = optuna.create_study(pruner=ExtrapolationPruner(startup=1))
    study.add_trial(optuna.create_trial(value=0.0))
    trial = study.ask()
    for step in range(9):
        trial.report(1.0, step)
    assert not trial.should_prune()


@pytest.mark.parametrize(
    "settings", [{"threshold": 0}, {"threshold": 1}, {"least": 3}, {"startup": 0}]
)
def test_bad_settings_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        ExtrapolationPruner(**settings)  # type: ignore[arg-type]
