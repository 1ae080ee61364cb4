"""REINFORCE: the gradient against its closed form, the LSTM against torch's, and that it learns."""

from __future__ import annotations

import math

import numpy as np
import optuna
import pytest
import torch

from netwright.core.config import Config
from netwright.core.errors import ConfigError
from netwright.core.space import Categorical, Float, Int, Ordinal, Parameters
from netwright.strategies import proposer
from netwright.strategies.reinforce import START, Controller, ControllerChooser, Reinforce
from netwright.testing import check_replay, toy_spaces

PARTS = {"a": 3, "b": 2, "c": 8}


def loud(controller: Controller, seed: int = 0) -> Controller:
    """With weights large enough that a mistake in any of them shows."""
    generator = torch.Generator().manual_seed(seed)
    for weight in controller.weights.values():
        weight.data.normal_(0, 0.7, generator=generator)
    controller._copy()
    return controller


def test_sampling_takes_the_steps_of_torchs_lstm_cell() -> None:
    controller = loud(Controller(PARTS, 0, hidden=5))
    told = controller.weights
    cell = torch.nn.LSTMCell(5, 5)
    with torch.no_grad():
        cell.weight_ih.copy_(told["input"])
        cell.weight_hh.copy_(told["recurrent"])
        cell.bias_ih.copy_(told["bias"])
        cell.bias_hh.zero_()
    tokens: tuple[int, ...] = (START, 2, 5, 9)
    state = (torch.zeros(1, 5), torch.zeros(1, 5))
    for token in tokens:
        state = cell(told["embedding"][token][None], state)
    for ours, theirs in zip(controller.state(tokens), state, strict=True):
        assert ours == pytest.approx(theirs[0].detach().numpy(), abs=1e-5)


def test_sampling_and_training_agree_on_how_likely_a_design_is() -> None:
    controller = loud(Controller(PARTS, 0, hidden=6))
    designs = [[("a", 2), ("c", 7), ("b", 0)], [("b", 1)]]
    likely, entropy = controller.log_probabilities(designs)
    for design, told, bonus in zip(designs, likely.tolist(), entropy.tolist(), strict=True):
        tokens, log, unsure = (START,), 0.0, 0.0
        for name, part in design:
            p = controller.probabilities(controller.state(tokens), name)
            log += math.log(p[part])
            unsure -= float((p * np.log(p)).sum())
            tokens = (*tokens, controller.spans[name][0] + part)
        assert told == pytest.approx(log, abs=1e-4)
        assert bonus == pytest.approx(unsure, abs=1e-4)


def test_all_designs_together_have_probability_one() -> None:
    controller = loud(Controller(PARTS, 1, hidden=4))
    designs = [[("a", i), ("b", j), ("c", k)] for i in range(3) for j in range(2) for k in range(8)]
    likely, _ = controller.log_probabilities(designs)
    assert float(likely.detach().exp().sum()) == pytest.approx(1, abs=1e-5)


def test_the_gradient_of_a_bandits_expected_reward_is_the_closed_form() -> None:
    """d E[r] / d logit_k = p_k (r_k - E[r]), less what the limit on logits takes off."""
    controller = loud(Controller({"arm": 4}, 0, hidden=3))
    rewards = torch.tensor([0.3, -1.0, 2.0, 0.5])
    likely, _ = controller.log_probabilities([[("arm", part)] for part in range(4)])
    p = likely.exp().detach()
    # What REINFORCE averages over draws, summed over all draws by their probability:
    surrogate = (p * (rewards - 0.7) * likely).sum()
    (gradient,) = torch.autograd.grad(surrogate, [controller.weights["answer"]])
    h = torch.tensor(controller.state((START,))[0])
    logits = controller.weights["answer"].detach()[1:] @ h
    closed = p * (rewards - (p * rewards).sum()) / torch.cosh(logits / controller.limit) ** 2
    assert gradient[1:].numpy() == pytest.approx((closed[:, None] * h).numpy(), abs=1e-5)


def test_an_update_makes_what_was_good_likelier() -> None:
    controller = Controller(PARTS, 0)
    good, bad = [("a", 0), ("b", 1)], [("a", 1), ("b", 0)]
    before = controller.log_probabilities([good, bad])[0].tolist()
    controller.update([good, bad], [1.0, -1.0], bonus=0.0)
    after = controller.log_probabilities([good, bad])[0].tolist()
    assert after[0] > before[0]
    assert after[1] < before[1]


def test_entropy_alone_makes_the_policy_even() -> None:
    controller = loud(Controller({"arm": 4}, 0, hidden=4, learning_rate=0.05))
    for _ in range(200):
        controller.update([[("arm", 0)]], [0.0], bonus=1.0)
    p = controller.probabilities(controller.state((START,)), "arm")
    assert p == pytest.approx(np.full(4, 0.25), abs=0.02)


def test_draws_follow_the_probabilities() -> None:
    controller = loud(Controller({"arm": 4}, 0, hidden=4))
    rng = np.random.default_rng(0)
    drawn = [controller.draw((START,), "arm", rng) for _ in range(4000)]
    shares = np.bincount(drawn, minlength=4) / 4000
    wanted = controller.probabilities(controller.state((START,)), "arm")
    assert shares == pytest.approx(wanted, abs=0.03)


@pytest.mark.parametrize("name", list(toy_spaces()))
def test_what_is_drawn_is_read_back_as_the_same_steps(name: str) -> None:
    space = toy_spaces()[name]
    strategy = Reinforce(space, 0)
    rng = np.random.default_rng(0)
    for _ in range(20):
        config = space.configure(ControllerChooser(strategy.controller, rng))
        assert space.complete(config) == config
        for question, part in strategy.steps(config):
            low, high = strategy.controller.spans[question]
            assert 0 <= part < high - low


def test_every_value_of_a_small_domain_can_be_drawn_and_every_part_of_a_large_one() -> None:
    space = Parameters(
        {
            "few": Int(2, 8, step=2),
            "many": Int(1, 1000, log=True),
            "real": Float(1e-4, 1, log=True),
            "steps": Float(0, 1, step=0.25),
            "one": Float(3, 3),
            "order": Ordinal((1, 5, 9)),
            "kind": Categorical((True, False, None)),
        }
    )
    strategy = Reinforce(space, 0)
    rng = np.random.default_rng(0)
    seen = [space.configure(ControllerChooser(strategy.controller, rng)) for _ in range(300)]
    assert {config["few"] for config in seen} == {2, 4, 6, 8}
    assert {config["steps"] for config in seen} == {0, 0.25, 0.5, 0.75, 1}
    assert {config["kind"] for config in seen} == {True, False, None}
    steps = [dict(strategy.steps(config)) for config in seen]
    assert {step["many"] for step in steps} == set(range(8))
    assert {step["real"] for step in steps} == set(range(8))
    assert {step["one"] for step in steps} == {0}


def rewards_of(losses: list[float]) -> list[float]:
    strategy = Reinforce(toy_spaces()["plain"], 0, batch=100)
    for loss in losses:
        strategy.past.configs.append(Config({}))
        strategy.past.losses.append((loss,))
        strategy.past.violations.append(0.0)
    return strategy._rewards(range(len(losses)))


def test_rewards_have_no_unit_and_failures_do_not_explode() -> None:
    losses = [5.0, 1.0, float("inf"), 3.0, float("inf")]
    found = rewards_of(losses)
    assert found == pytest.approx(rewards_of([1e6 * loss - 7 for loss in losses]))
    assert found[1] == pytest.approx(math.log(5))
    assert found[1] > found[3] > found[0] > found[2] == found[4] == 0


def test_the_global_generator_and_threads_of_torch_stay_as_they_were() -> None:
    before, threads = torch.random.get_rng_state(), torch.get_num_threads()
    run(Reinforce(toy_spaces()["discrete"], 0, batch=4), 10)
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.get_num_threads() == threads


def run(strategy: Reinforce, trials: int) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=strategy)

    def wrong(trial: optuna.Trial) -> float:
        return sum(answer != "b" for answer in strategy.space.configure(trial).values())

    study.optimize(wrong, n_trials=trials)
    return study


@pytest.mark.parametrize("name", ["conditional", "blocks"])
def test_reopened_between_updates_it_goes_on_as_if_never_stopped(name: str) -> None:
    check_replay(proposer.spec("often", Reinforce, batch=3), toy_spaces()[name])


def test_it_learns_which_answers_are_right() -> None:
    names = [f"question{place}" for place in range(6)]
    space = Parameters(dict.fromkeys(names, Categorical(("a", "b", "c", "d"))))
    strategy = Reinforce(space, 0)
    run(strategy, 100)
    likely, _ = strategy.controller.log_probabilities([[(name, 1) for name in names]])
    assert float(likely.detach().exp()) > 20 / 4**6


@pytest.mark.parametrize(
    "setting",
    [{"batch": 0}, {"hidden": 0}, {"learning_rate": 0}, {"bonus": -1}, {"decay": 1.0}],
)
def test_bad_settings_are_refused(setting: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="REINFORCE needs"):
        Reinforce(toy_spaces()["plain"], 0, **setting)  # type: ignore[arg-type]


def test_a_space_without_a_choice_is_proposed_as_it_is() -> None:
    study = optuna.create_study(sampler=Reinforce(Parameters({}), 0, batch=2))
    study.optimize(lambda trial: 1.0, n_trials=5)
    assert len(study.trials) == 5
