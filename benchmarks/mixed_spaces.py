"""Six conditional spaces over real trainings: every strategy, equal trials, 20 seeds.

Two nets, two boosters and two pipelines on scikit-learn's own data. What counts is the validation
loss of the best design found; Optuna's own TPE with its defaults runs in the same loop.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

import argparse
import json
import multiprocessing
import time
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import optuna
from lightgbm import LGBMClassifier
from sklearn import datasets
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor
from xgboost import XGBRegressor

from common import RESULTS, write
from netwright.core.combining import Branch, Joined
from netwright.core.config import Config
from netwright.core.space import Categorical, Float, Int, Parameters, Space
from netwright.strategies import get_strategy, known_strategies

TPE = "optuna's own TPE"
Results = dict[str, dict[str, Any]]
"""Problem to strategy to what it reached."""


def net(epochs: int, config: Any, kind: type) -> Any:
    """A multilayer perceptron of scikit-learn."""
    widths = tuple(int(config[f"width{i}"]) for i in range(int(config["depth"])))
    words: dict[str, Any] = {"solver": config["solver"]}
    if config["solver"] == "sgd":
        words |= {"momentum": config["momentum"], "nesterovs_momentum": config["nesterov"]}
    else:
        words |= {"beta_1": config["beta1"]}
    return make_pipeline(
        StandardScaler(),
        kind(
            hidden_layer_sizes=widths,
            activation=config["activation"],
            alpha=config["alpha"],
            batch_size=int(config["batch"]),
            learning_rate_init=config["rate"],
            max_iter=epochs,
            random_state=0,
            **words,
        ),
    )


NET = Parameters(
    {
        "depth": Int(1, 3),
        "width0": Int(4, 96, log=True),
        "width1": Int(4, 96, log=True),
        "width2": Int(4, 96, log=True),
        "activation": Categorical(("relu", "tanh", "logistic")),
        "alpha": Float(1e-6, 1.0, log=True),
        "batch": Int(16, 128, log=True),
        "rate": Float(1e-4, 0.3, log=True),
        "solver": Categorical(("adam", "sgd")),
        "momentum": Float(0.0, 0.99),
        "nesterov": Categorical((True, False)),
        "beta1": Float(0.5, 0.99),
    },
    when={
        "width1": ("depth", (2, 3)),
        "width2": ("depth", 3),
        "momentum": ("solver", "sgd"),
        "nesterov": ("solver", "sgd"),
        "beta1": ("solver", "adam"),
    },
)

LIGHTGBM = Parameters(
    {
        "boosting_type": Categorical(("gbdt", "dart")),
        "n_estimators": Int(5, 80, log=True),
        "learning_rate": Float(0.005, 0.5, log=True),
        "num_leaves": Int(2, 64, log=True),
        "min_child_samples": Int(2, 60, log=True),
        "reg_lambda": Float(1e-6, 30, log=True),
        "colsample_bytree": Float(0.2, 1.0),
        "drop_rate": Float(0.02, 0.5),
        "skip_drop": Float(0.1, 0.9),
        "subsample": Float(0.4, 1.0),
    },
    when={
        "drop_rate": ("boosting_type", "dart"),
        "skip_drop": ("boosting_type", "dart"),
        "subsample": ("boosting_type", "gbdt"),
    },
)

XGBOOST = Parameters(
    {
        "booster": Categorical(("gbtree", "gblinear")),
        "n_estimators": Int(5, 100, log=True),
        "learning_rate": Float(0.01, 1.0, log=True),
        "reg_lambda": Float(1e-4, 100, log=True),
        "reg_alpha": Float(1e-4, 10, log=True),
        "max_depth": Int(1, 8),
        "min_child_weight": Float(0.5, 30, log=True),
        "subsample": Float(0.3, 1.0),
        "colsample_bytree": Float(0.3, 1.0),
    },
    when=dict.fromkeys(
        ("max_depth", "min_child_weight", "subsample", "colsample_bytree"), ("booster", "gbtree")
    ),
)

CLASSIFIERS = Joined(
    Branch(
        "prepare",
        {
            "standard": Parameters({}),
            "minmax": Parameters({}),
            "pca": Parameters({"share": Float(0.5, 0.99), "whiten": Categorical((True, False))}),
            "quantile": Parameters({"quantiles": Int(5, 100, log=True)}),
        },
    ),
    Branch(
        "model",
        {
            "logistic": Parameters({"C": Float(1e-3, 100, log=True)}),
            "neighbours": Parameters(
                {"k": Int(1, 40, log=True), "weights": Categorical(("uniform", "distance"))}
            ),
            "trees": Parameters(
                {
                    "leaf": Int(1, 20, log=True),
                    "share": Float(0.1, 1.0),
                    "criterion": Categorical(("gini", "entropy")),
                }
            ),
            "bayes": Parameters({"smoothing": Float(1e-10, 1, log=True)}),
        },
    ),
)

REGRESSORS = Joined(
    Parameters({"kept": Int(2, 10)}),
    Branch(
        "model",
        {
            "svr": Parameters(
                {
                    "C": Float(0.1, 1000, log=True),
                    "epsilon": Float(0.01, 30, log=True),
                    "kernel": Categorical(("rbf", "linear", "sigmoid")),
                    "gamma": Float(1e-3, 3, log=True),
                },
                when={"gamma": ("kernel", ("rbf", "sigmoid"))},
            ),
            "tree": Parameters({"depth": Int(1, 12), "leaf": Int(1, 60, log=True)}),
            "boosting": Parameters(
                {
                    "rounds": Int(5, 80, log=True),
                    "rate": Float(0.01, 0.5, log=True),
                    "depth": Int(1, 6),
                }
            ),
        },
    ),
)


def classifier_pipeline(config: Any) -> Any:
    """Preparation and a classifier."""
    told = config.within(str(config["prepare"]))
    prepare = {
        "standard": lambda: StandardScaler(),
        "minmax": lambda: MinMaxScaler(),
        "pca": lambda: make_pipeline(StandardScaler(), PCA(told["share"], whiten=told["whiten"])),
        "quantile": lambda: QuantileTransformer(n_quantiles=int(told["quantiles"])),
    }[str(config["prepare"])]()
    inside = config.within(str(config["model"]))
    model = {
        "logistic": lambda: LogisticRegression(C=inside["C"], max_iter=60),
        "neighbours": lambda: KNeighborsClassifier(int(inside["k"]), weights=inside["weights"]),
        "trees": lambda: ExtraTreesClassifier(
            20,
            min_samples_leaf=int(inside["leaf"]),
            max_features=inside["share"],
            criterion=inside["criterion"],
            random_state=0,
        ),
        "bayes": lambda: GaussianNB(var_smoothing=inside["smoothing"]),
    }[str(config["model"])]()
    return make_pipeline(prepare, model)


def regressor_pipeline(config: Any) -> Any:
    """Selection of columns and a regressor."""
    inside = config.within(str(config["model"]))
    model = {
        "svr": lambda: SVR(
            C=inside["C"],
            epsilon=inside["epsilon"],
            kernel=inside["kernel"],
            gamma=inside.get("gamma", "scale"),
            max_iter=5000,
        ),
        "tree": lambda: DecisionTreeRegressor(
            max_depth=inside["depth"], min_samples_leaf=int(inside["leaf"]), random_state=0
        ),
        "boosting": lambda: XGBRegressor(
            n_estimators=inside["rounds"],
            learning_rate=inside["rate"],
            max_depth=inside["depth"],
            n_jobs=1,
        ),
    }[str(config["model"])]()
    chosen = SelectKBest(_correlation, k=int(config["kept"]))
    return make_pipeline(StandardScaler(), chosen, model)


def _correlation(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.abs(np.corrcoef(X.T, y)[-1, :-1])


Problem = tuple[Space, str, bool, Callable[[Any], BaseEstimator]]
PROBLEMS: dict[str, Problem] = {
    "net_digits": (NET, "digits", True, lambda c: net(8, c, MLPClassifier)),
    "net_diabetes": (NET, "diabetes", False, lambda c: net(30, c, MLPRegressor)),
    "lightgbm_cancer": (
        LIGHTGBM, "breast_cancer", True,
        lambda c: LGBMClassifier(**c, subsample_freq=1, n_jobs=1, verbose=-1, random_state=0),
    ),
    "xgboost_diabetes": (
        XGBOOST, "diabetes", False, lambda c: XGBRegressor(**c, n_jobs=1, random_state=0),
    ),
    "pipeline_digits": (CLASSIFIERS, "digits", True, classifier_pipeline),
    "pipeline_diabetes": (REGRESSORS, "diabetes", False, regressor_pipeline),
}  # fmt: skip


@lru_cache
def data(name: str) -> tuple[np.ndarray, ...]:
    """Fixed rows to learn from and to be judged on; at most 600 each."""
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    X, y = X[:1200], y[:1200]
    return tuple(train_test_split(X, y, test_size=0.5, random_state=0))


def loss(problem: Problem, config: Config) -> float:
    """Trains and judges; a training that breaks has no loss."""
    _, name, classes, make = problem
    X, held, y, truth = data(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = make(config).fit(X, y)
            if classes:
                return float(log_loss(truth, model.predict_proba(held), labels=np.unique(y)))
            return float(root_mean_squared_error(truth, model.predict(held)))
        except (ValueError, FloatingPointError):
            return float("inf")


def search(job: tuple[str, str, int, int]) -> tuple[list[float], float]:
    """One strategy, one problem, one seed: best loss by trial, and the strategy's own seconds."""
    name, strategy, seed, trials = job
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    problem = PROBLEMS[name]
    space = problem[0]
    if strategy == TPE:
        sampler: Any = optuna.samplers.TPESampler(seed=seed)
    else:
        found = get_strategy(strategy)
        space = space.flat() if found.flat else space
        sampler = found.sampler(seed, space)
    study = optuna.create_study(sampler=sampler)
    best, seconds = [float("inf")], 0.0
    for _ in range(trials):
        started = time.perf_counter()
        trial = study.ask()
        config = space.configure(trial)
        seconds += time.perf_counter() - started
        value = loss(problem, config)
        if np.isfinite(value):
            study.tell(trial, value)
        else:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        best.append(min(best[-1], value))
    return best[1:], seconds / trials


def main() -> None:
    """Everything, over two processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="smallest run, writes nothing")
    parser.add_argument("--strategies", help="a,b,c [all]")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--name", default="mixed_spaces", help="result file to write")
    told = parser.parse_args()
    names = told.strategies.split(",") if told.strategies else known_strategies()
    seeds, trials = (1, 8) if told.smoke else (told.seeds, told.trials)
    names = ["auto", "random"] if told.smoke else names
    names = list(dict.fromkeys([*names, "random", TPE]))
    terms = {"trials": trials, "seeds": seeds}
    results: Results = {} if told.smoke else _known(told.name, terms)
    with multiprocessing.get_context("forkserver").Pool(len(os.sched_getaffinity(0))) as pool:
        for problem in list(PROBLEMS)[:: 3 if told.smoke else 1]:
            by = results.setdefault(problem, {})
            for strategy in (name for name in names if name not in by):
                jobs = [(problem, strategy, seed, trials) for seed in range(seeds)]
                by[strategy] = _said(pool.map(search, jobs, chunksize=1))
                write(told.name, {**terms, **_verdict(results)}, told.smoke)


def _known(name: str, terms: dict[str, int]) -> Results:
    """What was measured before under the same terms; a run that was stopped goes on from there."""
    path = RESULTS / f"{name}.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    same = {key: known.get(key) for key in terms} == terms
    return dict(known["problems"]) if same else {}


def _said(runs: list[tuple[list[float], float]]) -> dict[str, Any]:
    last = np.array([best[-1] for best, _ in runs])
    return {
        "mean": round(float(last.mean()), 5),
        "standard_error": round(float(last.std() / np.sqrt(len(last))), 5),
        "milliseconds_a_trial": round(1e3 * float(np.mean([taken for _, taken in runs])), 2),
    }


def _verdict(results: Results) -> dict[str, Any]:
    def wins(one: str, other: str) -> list[str]:
        return [p for p, by in results.items() if by[one]["mean"] < by[other]["mean"]]

    names = [s for s in next(iter(results.values())) if all(s in by for by in results.values())]
    told: dict[str, Any] = {"problems": results}
    if "random" in names:
        losses = {s: [p for p in results if p not in wins(s, "random")] for s in names}
        told = {"loses_to_random_on": {s: losses[s] for s in names if s != "random"}, **told}
    if TPE in names:
        told = {
            "better_than_optunas_tpe": {s: len(wins(s, TPE)) for s in names if s != TPE},
            **told,
        }
    return told


if __name__ == "__main__":
    main()
