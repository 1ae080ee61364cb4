"""What a net, or a predictor as a file, costs on this machine: counted, measured, estimated."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from netwright.core.errors import ConfigError

if TYPE_CHECKING:
    from netwright.predictor import Predictor

SECONDS = 3.0
"""Each latency is measured for so long at most."""


def profile(source: str | Path, threads: Sequence[int] = (1, 0)) -> dict[str, Any]:
    """Profiles an ONNX file, or the predictor of a finished run.

    What is counted are numbers that multiply: trees, searches and look-ups in a table's file cost
    time and bytes only.

    Args:
        source: The file, or the run's folder.
        threads: To measure latencies with, one after another; 0 for all cores.

    Returns:
        `source`, `params_m`, `flops_g`, `memory_mb`, `size_mb`, `flops_based_energy_mj`, and
        `latency`: a list of runtime, threads, median_ms, spread_ms, batch and calls.

    Raises:
        DataError: The file is no ONNX file.
        ConfigError: The path is neither, or the run's model cannot be written as ONNX.
        ArtifactError: The run has no predictor.
    """
    path = Path(source)
    if path.is_file():
        return _facts(path, profile_file(path, threads))
    if path.is_dir():
        return _facts(path, profile_run(path, threads))
    raise ConfigError(
        f"A profile is of an ONNX file or a run folder. There is neither at {str(source)!r}."
    )


def profile_file(path: Path, threads: Sequence[int]) -> dict[str, Any]:
    """Costs and latencies of an ONNX file."""
    from netwright.hardware.files import costs_of_file

    return {
        "costs": costs_of_file(path),
        "size_mb": path.stat().st_size / 1e6,
        "latency": _latencies("onnxruntime", path, None, threads),
    }


def profile_run(run: Path, threads: Sequence[int]) -> dict[str, Any]:
    """Costs and latencies of a run's net, with torch and as an ONNX file; of a table's predictor
    as a file only."""
    from netwright.export.onnx import export_onnx
    from netwright.export.predictors import exportable
    from netwright.hardware.costs import costs_of
    from netwright.predictor import Predictor

    predictor = Predictor.load(run)
    if not predictor.task.schema.of_type("image"):
        return _profile_table(predictor, threads)
    whole = exportable(predictor.model)
    with TemporaryDirectory() as folder:
        file = export_onnx(whole.net, whole.shape, Path(folder, "model.onnx"))
        return {
            "costs": costs_of(whole.net, whole.shape),
            "size_mb": file.stat().st_size / 1e6,
            "latency": [
                *_latencies("torch", whole.net, whole.shape, threads),
                *_latencies("onnxruntime", file, None, threads),
            ],
        }


def _profile_table(predictor: Predictor, threads: Sequence[int]) -> dict[str, Any]:
    from netwright.export.graph import write_model
    from netwright.export.tables import table_model

    model = table_model(predictor.model, predictor.task)
    with TemporaryDirectory() as folder:
        file = Path(folder, "model.onnx")
        write_model(model, file)
        return profile_file(file, threads)


def _latencies(
    runtime: str, what: Any, shape: tuple[int, ...] | None, threads: Sequence[int]
) -> list[dict[str, Any]]:
    from netwright.hardware.latency import measure_latency

    return [
        {"runtime": runtime} | asdict(measure_latency(what, shape, threads=count, seconds=SECONDS))
        for count in threads
    ]


def _facts(source: Path, found: dict[str, Any]) -> dict[str, Any]:
    from netwright.hardware.energy import flops_based_energy_mj

    costs = found.pop("costs")
    energy = {"flops_based_energy_mj": flops_based_energy_mj(costs)}
    return {"source": str(source), **asdict(costs), **energy, **found}


def write_kit(path: Path) -> None:
    """Writes the script that measures ONNX files on a device without netwright.

    Raises:
        ConfigError: It cannot be written there.
    """
    from netwright.hardware import kit

    try:
        shutil.copyfile(kit.__file__, path)
    except OSError as error:
        raise ConfigError(
            f"The kit cannot be written to {str(path)!r}: {error.strerror}."
        ) from error
