"""A design for a device out of a trained supernet, without training: predict, evolve, export.

The designs that the supernet judged in its search teach two predictors, of the score and of the
latency. Evolution asks them for the best design within the limit; it gets its part of the weights,
is written, and measured.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.core.config import Config
from netwright.core.errors import ConfigError, RunError
from netwright.core.folder import SUPERNET, RunFolder
from netwright.core.pareto import pareto_mask
from netwright.core.trial import TrialRecord
from netwright.evaluators.nets import MODEL
from netwright.evaluators.shared import SharedEvaluator
from netwright.hardware.additive import AdditiveProcess
from netwright.hardware.features import Features
from netwright.hardware.prediction import LatencyPredictor
from netwright.paradigms.nas.oneshot import get_one_shot
from netwright.recipes.oneshot import JUDGED, read_judged
from netwright.recipes.regime import Plain
from netwright.recipes.search import read_options
from netwright.spaces.nets import LATENCY, NetSpace

FEWEST, MOST = 10, 300
"""Judged designs that can teach a predictor; the time it takes grows with the cube of them."""
ROUNDS, PARENTS, CHILDREN = 6, 40, 120
"""Of the evolution: rounds, those that have children, and their children."""
TRIES = 4
"""Designs that are written and measured, at most, until one keeps the limit."""
TINY = 1e-6
"""Milliseconds that no design takes less of, whatever is predicted."""
CHECKED = 64
"""Rows that the file is checked with."""


@dataclass(frozen=True)
class Deployed:
    """What was found.

    Attributes:
        design: Its text.
        file: The ONNX file.
        score: On the run's held-back rows, by `metric`.
        metric: Its name.
        latency_ms: Measured here with one thread.
        predicted_ms: By the predictor of the device.
        limit_ms: What was asked for, None for no limit.
        agreement: Share of rows to which file and net give the same label.
        designs: How many the predictors learned from.
        seconds: In all.
    """

    design: str
    file: str
    score: float
    metric: str
    latency_ms: float
    predicted_ms: float
    limit_ms: float | None
    agreement: float
    designs: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict."""
        return asdict(self)


def deploy(
    run: str | Path,
    out: str | Path,
    *,
    max_latency_ms: float | None = None,
    device: str = "cpu",
    designs: str | Path | None = None,
    seed: int = 0,
) -> Deployed:
    """Writes the best design within a limit as an ONNX file.

    Args:
        run: A search whose supernet judged designs and measured them, such as `--strategy ofa`.
        out: The file.
        max_latency_ms: Most milliseconds for a row.
        device: `cpu` for this machine, or the CSV that the kit of `netwright profile` made on
            another.
        designs: The kit's folder, for another device.
        seed: Decides what evolution tries.

    Raises:
        RunError: The run has no such supernet.
        ConfigError: No design keeps the limit, or it is not positive.
    """
    started = time.monotonic()
    if max_latency_ms is not None and max_latency_ms <= 0:
        raise ConfigError(f"The limit max_latency_ms must be positive. Got {max_latency_ms}.")
    folder = RunFolder.open(run)
    options = read_options(folder)
    home = folder.path / SUPERNET
    judged = _judged(folder, str(run))
    space = options.space.open()
    task = folder.task()
    rng = np.random.default_rng(seed)
    taught = [judged[place] for place in rng.permutation(len(judged))[:MOST]]
    latency = _device(space, taught, device, designs)
    pool = _Pool(space, taught, latency, max_latency_ms, task.metric.maximise)
    pool.add([record.config for record in judged])
    pool.evolve(rng)
    evaluator = SharedEvaluator(task, folder.data, options.space, home / MODEL, options.fit.seed)
    found = _first_that_fits(pool, evaluator, Path(out), here=device == "cpu")
    design, ms, agreement, score = found
    return Deployed(
        design=space.to_text(design),
        file=str(out),
        score=score,
        metric=task.metric.name,
        latency_ms=ms,
        predicted_ms=round(pool.predicted_ms(design), 4),
        limit_ms=max_latency_ms,
        agreement=agreement,
        designs=len(taught),
        seconds=round(time.monotonic() - started, 2),
    )


def front(run: str | Path) -> list[dict[str, Any]]:
    """The judged designs of which none is both faster and better than another, fastest first.

    Args:
        run: As for `deploy`.

    Returns:
        `design`, `score` and `latency_ms` of each.
    """
    folder = RunFolder.open(run)
    judged, space = _judged(folder, str(run)), read_options(folder).space.open()
    sign = -1.0 if folder.task().metric.maximise else 1.0
    losses = [[sign * record.values[0], record.scores[LATENCY]] for record in judged]
    kept = [judged[place] for place in np.flatnonzero(pareto_mask(losses))]
    rows = [
        {
            "design": space.to_text(record.config),
            "score": record.values[0],
            "latency_ms": record.scores[LATENCY],
        }
        for record in kept
    ]
    return sorted(rows, key=lambda row: row["latency_ms"])


def _judged(folder: RunFolder, run: str) -> list[TrialRecord]:
    options = read_options(folder)
    method = get_one_shot(options.one_shot) if options.one_shot else None
    judges = method is not None and method.strategy and isinstance(options.regime, Plain)
    if not judges or not (folder.path / SUPERNET / MODEL).exists():
        raise RunError(
            f"The run {run!r} has no supernet whose designs can be used as they are; make one with "
            "'netwright search --strategy ofa'."
        )
    found = [record for record in read_judged(folder, JUDGED) if LATENCY in record.scores]
    if len(found) < FEWEST:
        raise RunError(
            f"{len(found)} designs of the run {run!r} were judged and measured, and predictions "
            f"take {FEWEST}: search with --strategy ofa, or longer."
        )
    return found


def _device(
    space: NetSpace, judged: list[TrialRecord], device: str, designs: str | Path | None
) -> LatencyPredictor:
    if device == "cpu":
        measured = [record.scores[LATENCY] for record in judged]
        return LatencyPredictor().fit(space, [record.config for record in judged], measured)
    if designs is None:
        raise ConfigError(
            f"Which designs stand in {device!r}? Name the folder of the kit with --designs."
        )
    from netwright.recipes.devices import device_predictor

    return device_predictor(device, designs, space)


class _Pool:
    """Designs that were judged, and those that evolution makes of them.

    Args:
        space: Of the designs.
        judged: What the predictor of the score learns from.
        latency: Of the device.
        limit: In milliseconds, None for none.
        maximise: Whether more is better.
    """

    def __init__(
        self,
        space: NetSpace,
        judged: list[TrialRecord],
        latency: LatencyPredictor,
        limit: float | None,
        maximise: bool = True,
    ) -> None:
        self.space, self.latency, self.limit = space, latency, limit
        configs = [record.config for record in judged]
        self._features = Features(space, configs)
        sign = 1.0 if maximise else -1.0
        worth = np.array([sign * record.values[0] for record in judged], dtype=float)
        self._score = AdditiveProcess(self._features.blocks(configs), worth)
        self._rows: dict[Config, tuple[float, float]] = {}
        self.add(configs)

    def evolve(self, rng: np.random.Generator) -> None:
        """Children of the best within the limit, or of the fastest where none is."""
        for _ in range(ROUNDS):
            parents = self.best()[:PARENTS] or self.fastest()[:PARENTS]
            children = [
                self.space.mutate(parents[int(rng.integers(len(parents)))], rng)
                for _ in range(CHILDREN)
            ]
            self.add(children)

    def add(self, configs: list[Config]) -> None:
        """Predicts what is not known yet."""
        fresh = [config for config in dict.fromkeys(configs) if config not in self._rows]
        if fresh:
            score = self._score.predict(self._features.blocks(fresh))
            pairs = zip(score, self.latency.predict(fresh), strict=True)
            self._rows.update(zip(fresh, pairs, strict=True))

    def best(self, slower: float = 1.0) -> list[Config]:
        """Designs within the limit, best first, if all take `slower` times what is predicted."""
        most = float("inf") if self.limit is None else self.limit / slower
        kept = {config: score for config, (score, ms) in self._rows.items() if ms <= most}
        return sorted(kept, key=lambda config: -kept[config])

    def predicted_ms(self, design: Config) -> float:
        """Of a design of the pool."""
        return float(self._rows[design][1])

    def fastest(self) -> list[Config]:
        """All designs, fastest first."""
        return sorted(self._rows, key=lambda config: self._rows[config][1])


def _first_that_fits(
    pool: _Pool, evaluator: SharedEvaluator, out: Path, here: bool
) -> tuple[Config, float, float, float]:
    """Writes designs, best first, until one keeps the limit: as it is measured on this machine, as
    it is predicted for another. The design, its milliseconds here, how often file and net agree,
    and its score. A miss tells how much slower all are than predicted (a machine is not always as
    fast as it was when it judged), and the last to be tried is the fastest of all. A file that is
    there stays until one is found."""
    nearest, slower, fastest = float("inf"), 1.0, pool.fastest()[0]
    with TemporaryDirectory() as folder:
        draft = Path(folder, "model.onnx")
        for left in reversed(range(TRIES)):
            kept = pool.best(slower)
            design = kept[0] if kept and left else fastest
            ms, agreement = _write(evaluator, design, draft)
            takes = ms if here else pool.predicted_ms(design)
            if pool.limit is None or takes <= pool.limit:
                shutil.copyfile(draft, out)
                score = evaluator.scored(design)[evaluator.task.metric.name]
                return design, ms, agreement, score
            nearest = min(nearest, takes)
            slower = max(slower, takes / max(pool.predicted_ms(design), TINY))
            if design == fastest:
                break
    raise ConfigError(
        f"No design keeps {pool.limit:g} ms; the nearest is {nearest:.3g} ms. Loosen the limit, or "
        "search a smaller space."
    )


def _write(evaluator: SharedEvaluator, design: Config, out: Path) -> tuple[float, float]:
    import torch

    from netwright.export.checking import compare, run_onnx
    from netwright.export.onnx import export_onnx
    from netwright.export.predictors import exportable
    from netwright.hardware.latency import measure_latency

    model, rows = evaluator.model(design), evaluator.held(CHECKED)
    whole = exportable(model)
    (column,) = evaluator.task.schema.of_type("image")
    samples: NDArray[Any] = np.stack(list(rows.features[column]))
    export_onnx(whole.net, whole.shape, out, torch.from_numpy(samples[:1]).dtype)
    said = model.predict(rows.features)
    agreed = compare(said.reshape(len(said), -1), run_onnx(out, samples), evaluator.task.parts)
    return round(measure_latency(out).median_ms, 4), agreed.agreement
