"""BANANAS: the nets against torch's, predictions that rank, and proposals that are new."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
import torch
from scipy.stats import spearmanr

from netwright.core.config import Config
from netwright.core.errors import ConfigError
from netwright.core.space import Categorical, Parameters
from netwright.spaces.nasbench201 import NASBench201
from netwright.strategies import bananas
from netwright.strategies.bananas import LOWER, WORST, Bananas, Ensemble, relative_losses
from netwright.strategies.proposer import Past, spec
from netwright.testing import check_replay, toy_spaces
from netwright.testing.toys import toy_loss


def torch_nets(ensemble: Ensemble) -> list[torch.nn.Sequential]:
    """The same weights as separate nets of torch."""
    nets = []
    for place in range(ensemble.nets):
        parts: list[torch.nn.Module] = []
        for weight, bias in ensemble.layers:
            linear = torch.nn.Linear(weight.shape[1], weight.shape[2])
            linear.weight.data = torch.tensor(weight[place].T.copy())
            linear.bias.data = torch.tensor(bias[place, 0].copy())
            parts += [linear, torch.nn.ReLU()]
        nets.append(torch.nn.Sequential(*parts[:-1]))
    return nets


@pytest.fixture
def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = (rng.random((17, 6)) < 0.5).astype(np.float32)
    return x, np.minimum(x @ rng.random(6), WORST).astype(np.float32)


def make(rng_seed: int = 0, **settings: object) -> Ensemble:
    return Ensemble(6, np.random.default_rng(rng_seed), **settings)  # type: ignore[arg-type]


def test_one_program_says_what_five_nets_of_torch_say(rows: tuple[np.ndarray, np.ndarray]) -> None:
    ensemble = make()
    mean, spread = ensemble.predict(rows[0])
    x = torch.tensor(rows[0])
    said = torch.stack([net(x)[:, 0] for net in torch_nets(ensemble)]).detach().numpy()
    assert said.shape == (5, 17)
    assert mean == pytest.approx(said.mean(0), abs=1e-5)
    assert spread == pytest.approx(said.std(0), abs=1e-5)


def test_gradients_are_torchs(rows: tuple[np.ndarray, np.ndarray]) -> None:
    ensemble = make(widths=(7, 4))
    ours = ensemble._layers(ensemble.gradient(*rows))
    x, y = (torch.tensor(part) for part in rows)
    for place, net in enumerate(torch_nets(ensemble)):
        loss = ((net(x)[:, 0] - y) / (y - LOWER)).abs().mean()
        loss.backward()
        linears = [part for part in net if isinstance(part, torch.nn.Linear)]
        for linear, (weight, bias) in zip(linears, ours, strict=True):
            assert weight[place] == pytest.approx(linear.weight.grad.T.numpy(), abs=1e-6)
            assert bias[place, 0] == pytest.approx(linear.bias.grad.numpy(), abs=1e-6)


def test_training_takes_the_steps_of_torchs_adam(rows: tuple[np.ndarray, np.ndarray]) -> None:
    ensemble = make(nets=2, widths=(5,))
    nets, steps = torch_nets(ensemble), 25
    for net in nets:
        net[-1].bias.data.fill_(float(np.median(rows[1])))
    ensemble.fit(*rows, steps, 0.01)
    x, y = (torch.tensor(part) for part in rows)
    for net, ours in zip(nets, ensemble.forward(rows[0])[-1], strict=True):
        adam = torch.optim.Adam(net.parameters(), 0.01)
        for step in range(steps):
            adam.param_groups[0]["lr"] = 0.01 * (1 - step / steps)
            adam.zero_grad()
            ((net(x)[:, 0] - y).abs() / (y - LOWER)).mean().backward()
            adam.step()
        assert ours[:, 0] == pytest.approx(net(x)[:, 0].detach().numpy(), abs=1e-4)


def test_errors_near_the_best_weigh_more() -> None:
    ensemble = make(nets=1, widths=())
    ensemble.flat[:] = -9  # every prediction is too low, so that gradients only differ by weight
    x = np.eye(6, dtype=np.float32)
    gradient = ensemble.gradient(x, np.linspace(0, WORST, 6).astype(np.float32))[:6]
    assert (np.diff(np.abs(gradient)) < 0).all()


def spearman(space: object, loss: object, width: int) -> float:
    strategy = Bananas(space, 0)  # type: ignore[arg-type]
    rng = np.random.default_rng(0)
    configs = [strategy.space.sample(rng) for _ in range(160)]
    losses = [loss(config) for config in configs]  # type: ignore[operator]
    past = Past(configs[:80], [(value,) for value in losses[:80]], [0.0] * 80)
    x = strategy.encode(configs)
    assert x.shape[1] == width
    ensemble = Ensemble(x.shape[1], rng).fit(x[:80], relative_losses(past, 80), 100, 0.01)
    return float(spearmanr(ensemble.predict(x[80:])[0], losses[80:]).statistic)


def convolutions(config: Config) -> float:
    return -sum(value == "nor_conv_3x3" for value in config.values()) + (config["3<-0"] == "none")


def test_predictions_rank_designs_better_than_chance() -> None:
    assert spearman(NASBench201(), convolutions, 30 + 84) > 0.5
    for name, width in (("plain", 6), ("conditional", 10), ("discrete", 9)):
        assert spearman(toy_spaces()[name], toy_loss, width) > 0.5, name


def past_of(losses: list[float], violations: list[float] | None = None) -> Past:
    count = len(losses)
    return Past([Config({})] * count, [(v,) for v in losses], violations or [0.0] * count)


def test_relative_losses_have_no_unit_and_failures_are_the_worst() -> None:
    losses = [5.0, 1.0, np.inf, 3.0, 900.0]
    found = relative_losses(past_of(losses), 5)
    assert found == pytest.approx([4 / 3, 0, WORST, 2 / 3, WORST])
    moved = relative_losses(past_of([1e5 * loss - 3 for loss in losses]), 5)
    assert moved == pytest.approx(found)
    assert relative_losses(past_of([1.0, 2.0, 3.0], [1.0, 0.0, 0.0]), 3)[0] == WORST


@pytest.mark.parametrize("losses", [[np.inf, np.inf], [2.0, 2.0], [1.0, 1.0, 9.0], [4.0]])
def test_relative_losses_of_dull_pasts_are_finite(losses: list[float]) -> None:
    found = relative_losses(past_of(losses), len(losses))
    assert np.isfinite(found).all()
    assert (found >= 0).all()


def run(strategy: Bananas, trials: int) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=strategy)
    study.optimize(lambda t: convolutions(strategy.space.configure(t)), n_trials=trials)
    return study


def test_no_cell_is_tried_twice_and_the_best_is_found() -> None:
    strategy = Bananas(NASBench201(), 0)
    study = run(strategy, 60)
    keys = {strategy.space.canonical(config) for config in strategy.past.configs}
    assert len(keys) == len(strategy.past.configs)
    assert study.best_value == -6


@pytest.mark.parametrize("name", ["conditional", "discrete"])
def test_reopened_inside_a_batch_it_goes_on_as_if_never_stopped(name: str) -> None:
    check_replay(spec("often", Bananas, start=2, batch=2), toy_spaces()[name])
    check_replay(spec("inside", Bananas, start=3, batch=3), toy_spaces()[name])


def test_nets_are_trained_once_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    known: list[int] = []
    real = relative_losses

    def counted(past: Past, count: int) -> np.ndarray:
        known.append(count)
        return real(past, count)

    monkeypatch.setattr(bananas, "relative_losses", counted)
    run(Bananas(NASBench201(), 0, start=10, batch=10), 45)
    assert known == [10, 20, 30, 40]


def test_when_all_is_tried_it_goes_on() -> None:
    space = Parameters({"a": Categorical((1, 2)), "b": Categorical((1, 2, 3))})
    strategy = Bananas(space, 0, start=3, batch=2)
    study = optuna.create_study(sampler=strategy)
    study.optimize(lambda t: float(space.configure(t)["a"]), n_trials=9)  # type: ignore[arg-type]
    assert len(set(strategy.past.configs)) == 6


@pytest.mark.parametrize("name", ["start", "batch", "nets", "steps", "candidates", "parents"])
def test_bad_settings_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"BANANAS needs {name} of at least 1"):
        Bananas(toy_spaces()["plain"], 0, **{name: 0})  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="learning rate"):
        Bananas(toy_spaces()["plain"], 0, learning_rate=-1)
