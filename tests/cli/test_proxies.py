"""`netwright proxies`, end to end."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netwright.recipes.proxies import read_batch
from tests.conftest import Outcome

Cli = Callable[..., Outcome]
CELL = "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|"
DEAD = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "pictures.zip"
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as packed:
        for place in range(12):
            picture = io.BytesIO()
            pixels = rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(picture, "PNG")
            packed.writestr(
                f"train/{'cat' if place % 2 else 'dog'}/{place}.png", picture.getvalue()
            )
        packed.writestr("train/readme.txt", "no picture")
    return path


@pytest.fixture
def listing(tmp_path: Path) -> Path:
    path = tmp_path / "designs.txt"
    path.write_text(f"{CELL}\n\n  {DEAD}\n")
    return path


def words(designs: Path, data: Path, out: Path) -> tuple[object, ...]:
    common = ("--space", "nasbench201", "--designs", designs, "--data", data)
    return ("proxies", *common, "--json", out, "--batch", 4)


def test_designs_are_scored(cli: Cli, listing: Path, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    wanted = ("--proxies", "params, jacob_cov,snip")
    done = cli(*words(listing, data, out), *wanted)
    assert done.code == 0, done.err
    assert done.out.startswith("2 designs scored by 3 proxies in ")
    alive, dead = json.loads(out.read_text())
    assert [alive["design"], dead["design"]] == [CELL, DEAD]
    assert list(alive["scores"]) == ["params", "jacob_cov", "snip"]
    assert alive["scores"]["params"] > dead["scores"]["params"]
    assert dead["scores"]["jacob_cov"] is None
    again = tmp_path / "again.json"
    assert cli(*words(listing, data, again), *wanted).code == 0
    assert again.read_text() == out.read_text()


def test_a_broken_line_is_named(cli: Cli, listing: Path, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    for broken in ("|nor_conv_7x7~0|", "hello", CELL.replace("3x3", "7x7")):
        listing.write_text(f"{CELL}\n\n{broken}\n")
        done = cli(*words(listing, data, out))
        assert done.code == 2
        assert f"Line 3 of designs.txt, {broken!r}" in done.err
        assert "Traceback" not in done.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"--proxies": "synflo"}, "'synflow'"),
        ({"--batch": 13}, "from 2 to 12 pictures"),
        ({"--batch": 1}, "from 2 to 12 pictures"),
        ({"--space": "mlpp"}, "'mlp'"),
        ({"--designs": "nowhere.txt"}, "nowhere.txt"),
        ({"--data": "nowhere.zip"}, "nowhere.zip"),
        ({"--json": "nowhere/out.json"}, "no folder 'nowhere'"),
    ],
)
def test_what_is_wrong_is_said(
    cli: Cli, listing: Path, data: Path, tmp_path: Path, changed: dict[str, object], said: str
) -> None:
    usual = words(listing, data, tmp_path / "out.json")
    told = {**dict(zip(usual[1::2], usual[2::2], strict=True)), **changed}
    done = cli("proxies", *[word for pair in told.items() for word in pair])
    assert done.code == 2
    assert said in done.err


def test_files_that_hold_nothing(cli: Cli, listing: Path, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    listing.write_text("\n \n")
    assert "There is no design" in cli(*words(listing, data, out)).err
    listing.write_bytes(b"\xff\xfe\x00")
    assert cli(*words(listing, data, out)).code == 2
    data.write_text("no zip")
    assert cli(*words(listing, data, out)).code == 2


def test_a_batch_is_scaled_and_seeded(data: Path) -> None:
    images, targets, task = read_batch(data, 8, seed=3)
    assert images.shape == (8, 3, 8, 8)
    assert images.mean((0, 2, 3)).abs().max() < 1e-5
    assert images.std((0, 2, 3)).sub(1).abs().max() < 1e-5
    assert (task.input_shape, task.outputs) == ((3, 8, 8), 2)
    assert set(targets.tolist()) <= {0, 1}
    again, same, _ = read_batch(data, 8, seed=3)
    assert images.equal(again)
    assert targets.equal(same)
    assert not read_batch(data, 8, seed=4)[0].equal(images)
