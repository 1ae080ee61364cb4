"""A design found on small pictures is trained on other ones, at another size, as its own run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import netwright
from netwright.core.errors import RunError, UserError
from netwright.core.folder import RunFolder
from netwright.evaluators.costs import counted
from netwright.learners.image import NetModel
from netwright.report.summary import summarise
from netwright.spaces.naming import NetSpaceName
from tests.conftest import Outcome
from tests.recipes.test_search import make_pictures

FAST = ("--epochs", 2, "--engine", "inline", "--threads", 1)


def make_colours(root: Path, each: int = 9, height: int = 8, width: int = 10) -> Path:
    """Red, green and blue pictures: three classes, colour, another size."""
    rng = np.random.default_rng(1)
    for part in ("train", "test"):
        for place, label in enumerate(("red", "green", "blue")):
            folder = root / part / label
            folder.mkdir(parents=True)
            for number in range(each):
                pixels = rng.integers(0, 80, (height, width, 3)).astype(np.uint8)
                pixels[..., place] += 150
                Image.fromarray(pixels).save(folder / f"{number}.png")
    return root


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search on small grey pictures, and colour pictures to carry a design over to."""
    root = tmp_path_factory.mktemp("transfer")
    source = make_pictures(root / "grey")
    netwright.search(
        source, trials=2, epochs=1, out=root / "run", engine="inline", strategy="random",
        space="nasbench201", arguments={"cells": 1, "channels": 4},
    )  # fmt: skip
    make_colours(root / "colours")
    return root


@pytest.fixture(scope="module")
def carried(found: Path) -> Path:
    """The transfer of the search's second design."""
    netwright.transfer(
        found / "run", found / "colours", 1, out=found / "new", epochs=3, engine="inline",
        threads=1, arguments={"cells": 2, "channels": 6},
    )  # fmt: skip
    return found / "new"


def test_the_design_is_the_same_and_the_net_is_not(found: Path, carried: Path) -> None:
    old, new = (summarise(RunFolder.open(folder)) for folder in (found / "run", carried))
    texts = {row["number"]: row["design"] for row in old["designs"]}
    assert [row["design"] for row in new["designs"]] == [texts[1]]
    assert new["retrained"]["arguments"] == {"cells": 2, "channels": 6}
    assert new["retrained"]["epochs"] == 3
    assert 0 <= new["test_metrics"]["accuracy"] <= 1
    predictor = netwright.load(carried)
    assert predictor.classes == ("blue", "green", "red")
    assert predictor.task.input_shape == (3, 8, 10)


def test_the_net_has_the_wanted_size_to_the_weight(carried: Path) -> None:
    run = RunFolder.open(carried)
    net = NetModel.load(run.predictor / "model" / "member000")
    space = NetSpaceName("nasbench201", {"cells": 2, "channels": 6})
    design = space.open().from_text(summarise(run)["best"]["design"])
    millions = sum(weight.numel() for weight in net.net.parameters()) / 1e6
    assert millions == pytest.approx(counted(space, design, run.task())["params_m"])


def test_the_trail_says_where_the_design_is_from(found: Path, carried: Path) -> None:
    said = [entry["said"] for entry in RunFolder.open(carried).audit.entries()]
    assert f"The design is number 1 of the search {str(found / 'run')!r}." in said


def test_every_command_understands_the_new_run(
    carried: Path, found: Path, cli: Callable[..., Outcome], tmp_path: Path
) -> None:
    shown = cli("show", carried)
    assert shown.code == 0, shown.err
    assert "design 0, trained again for 3 epochs" in shown.out
    assert "search   accuracy" in shown.out  # of the net that was judged, not of this one
    assert "before it was trained again" in (carried / "card.md").read_text()
    out = tmp_path / "predictions.csv"
    assert cli("predict", carried, found / "colours", "--out", out).code == 0
    assert set(pd.read_csv(out)["prediction"]) <= {"red", "green", "blue"}
    judged = json.loads(cli("evaluate", carried, found / "colours", "--json").out)
    assert judged == summarise(RunFolder.open(carried))["test_metrics"]
    assert cli("report", carried).code == 0
    assert cli("export", carried, "--out", tmp_path / "net.onnx").code == 0
    assert (tmp_path / "net.onnx").exists()


def test_from_the_command_line_within_a_time(
    found: Path, cli: Callable[..., Outcome], tmp_path: Path
) -> None:
    out = tmp_path / "new"
    words = ("--cells", 1, "--channels", 8, "--time", "20s", *FAST)
    done = cli("transfer", found / "run", found / "colours", "--out", out, *words)
    assert done.code == 0, done.err
    facts = json.loads(cli("show", out, "--json").out)
    assert facts["retrained"]["arguments"] == {"cells": 1, "channels": 8}
    assert (out / "report.html").exists()


def test_it_can_be_trained_once_more(carried: Path) -> None:
    netwright.retrain(carried, epochs=4, threads=1)
    assert summarise(RunFolder.open(carried))["retrained"]["epochs"] == 4


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"arguments": {"layers": 3}}, "cannot be made with .*layers"),
        ({"design": 9}, "best, knee, or the number"),
        ({"metric": "rmse"}, "does not fit"),
        ({"augment": "turn"}, "augmentation"),
        ({"target": "colour"}, "target column"),
    ],
)
def test_what_cannot_be_carried_over(
    found: Path, wrong: dict, message: str, tmp_path: Path
) -> None:
    out = tmp_path / "new"
    options = {"epochs": 1, "engine": "inline", **wrong}
    with pytest.raises(UserError, match=message):
        netwright.transfer(found / "run", found / "colours", out=out, **options)
    assert not out.exists()


def test_a_search_is_not_replaced_by_its_own_transfer(found: Path) -> None:
    with pytest.raises(RunError, match="itself"):
        netwright.transfer(found / "run", found / "colours", out=found / "run", overwrite=True)
    assert (found / "run" / "result.json").exists()


def test_a_run_that_is_no_search(cli: Callable[..., Outcome], tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"recipe": null}')
    done = cli("transfer", tmp_path, tmp_path, "--target", "y", "--out", tmp_path / "new")
    assert done.code == 2
    assert "no search of nets" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("nasbench201", {"cells": 3, "channels": 24}),
        ("nasbench101", {"cells": 3, "channels": 24}),
        ("cell", {"cells": 8, "channels": 24}),
        ("darts", {"cells": 8, "channels": 24}),
        ("chain", {"channels": 24}),
    ],
)
def test_a_design_is_the_same_design_at_every_size(name: str, size: dict) -> None:
    small, large = NetSpaceName(name).open(), NetSpaceName(name, size).open()
    rng = np.random.default_rng(0)
    for design in (small.sample(rng) for _ in range(20)):
        assert large.complete(design) == design
        assert large.to_text(design) == small.to_text(design)


def test_a_grown_design_is_carried_over_without_its_parents(found: Path, tmp_path: Path) -> None:
    netwright.search(
        found / "grey", trials=2, epochs=1, out=tmp_path / "grown", engine="inline",
        space="morphism", strategy="nash",
    )  # fmt: skip
    netwright.transfer(
        tmp_path / "grown", found / "colours", 1, out=tmp_path / "new", epochs=1, engine="inline",
        threads=1,
    )  # fmt: skip
    old, new = (summarise(RunFolder.open(tmp_path / name)) for name in ("grown", "new"))
    assert new["designs"][0]["design"] == old["designs"][1]["design"]
    assert new["retrained"]["epochs"] == 1
