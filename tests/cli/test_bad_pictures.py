"""What bad pictures, limits and designs get: a clear sentence, exit 2, nothing lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netwright.core.folder import RunFolder
from tests.conftest import Outcome
from tests.recipes.test_search import make_pictures

Run = Callable[..., Outcome]
CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|"
FAST = ("--space", "nasbench201", "--cells", 1, "--channels", 4, "--epochs", 1, "--trials", 1,
        "--engine", "inline", "--strategy", "random")  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two classes of small grey pictures, with a train and a test part."""
    return make_pictures(tmp_path / "pictures")


def refused(done: Outcome) -> str:
    """Checks the manners of a refusal and returns its sentence."""
    assert done.code == 2, done.err
    assert "Traceback" not in done.err
    (line,) = [line for line in done.err.splitlines() if line.startswith("error: ")]
    return line


def test_corrupt_pictures_are_skipped_counted_and_listed(
    source: Path, cli: Run, tmp_path: Path
) -> None:
    broken = [source / "train" / "dark" / name for name in ("torn.png", "empty.jpg", "text.png")]
    whole = (source / "train" / "dark" / "0.png").read_bytes()
    for path, content in zip(broken, (whole[: len(whole) // 2], b"", b"no picture"), strict=True):
        path.write_bytes(content)
    out = tmp_path / "run"
    done = cli("search", source, "--out", out, *FAST)
    assert done.code == 0, done.err
    (note,) = [line for line in done.err.splitlines() if "cannot be read" in line]
    assert note.startswith("note: 3 pictures cannot be read: ")
    assert all(path.name in note for path in broken)
    (told,) = [e for e in RunFolder.open(out).audit.entries() if "broken" in e]
    assert sorted(told["broken"]) == sorted(str(path.relative_to(source)) for path in broken)
    assert len(RunFolder.open(out).task().classes) == 2


def test_nothing_but_corrupt_pictures(cli: Run, tmp_path: Path) -> None:
    for label in ("a", "b"):
        (tmp_path / "bad" / label).mkdir(parents=True)
        (tmp_path / "bad" / label / "1.png").write_bytes(b"no picture")
    done = cli("search", tmp_path / "bad", "--out", tmp_path / "run", *FAST)
    assert "None of the 2 pictures can be read" in refused(done)
    assert not (tmp_path / "run").exists()


def test_one_class(source: Path, cli: Run, tmp_path: Path) -> None:
    done = cli("search", source / "train" / "dark", "--out", tmp_path / "run", *FAST)
    assert "lie in no class folders" in refused(done)
    lone = tmp_path / "lone"
    lone.mkdir()
    (source / "train" / "dark").rename(lone / "dark")
    sentence = refused(cli("search", lone, "--out", tmp_path / "run", *FAST))
    assert "two classes" in sentence
    assert not (tmp_path / "run").exists()


def test_classes_with_one_picture_are_kept_and_told(source: Path, cli: Run, tmp_path: Path) -> None:
    for label in ("owl", "eel"):
        folder = source / "train" / label
        folder.mkdir()
        Image.fromarray(np.full((6, 6), 128, np.uint8)).save(folder / "1.png")
    out = tmp_path / "run"
    done = cli("search", source, "--out", out, *FAST)
    assert done.code == 0, done.err
    assert "2 classes have fewer than 5 rows" in done.err
    assert RunFolder.open(out).task().classes == ("bright", "dark", "eel", "owl")


def make_mixed(folder: Path) -> None:
    """A picture of every mode and of many sizes; one lies on its side and says so."""
    rng = np.random.default_rng(3)
    colour = Image.fromarray(rng.integers(0, 255, (9, 12, 3)).astype(np.uint8))
    turned = Image.Exif()
    turned[0x0112] = 6
    colour.save(folder / "turned.jpg", exif=turned)
    colour.convert("RGBA").resize((5, 7)).save(folder / "rgba.png")
    colour.convert("P").resize((20, 4)).save(folder / "palette.png")
    colour.convert("LA").save(folder / "grey_alpha.png")
    colour.convert("1").save(folder / "bits.png")
    colour.convert("CMYK").save(folder / "cmyk.jpg")
    deep = rng.integers(0, 65535, (30, 30)).astype(np.uint16)
    Image.fromarray(deep).save(folder / "sixteen.png")
    Image.fromarray(np.zeros((1, 1), np.uint8)).save(folder / "pixel.png")


def test_mixed_sizes_and_modes_are_brought_to_one_shape(
    source: Path, cli: Run, tmp_path: Path
) -> None:
    make_mixed(source / "train" / "bright")
    make_mixed(source / "test" / "bright")
    out, predicted = tmp_path / "run", tmp_path / "predicted.csv"
    done = cli("search", source, "--out", out, *FAST)
    assert done.code == 0, done.err
    assert "cannot be read" not in done.err
    assert RunFolder.open(out).task().input_shape[0] == 3
    assert cli("predict", out, source, "--out", predicted).code == 0
    assert len(predicted.read_text().splitlines()) == 1 + 8 + 8


@pytest.mark.parametrize(
    ("limit", "named"),
    [
        ("--max-params-m", "params_m"),
        ("--max-flops-g", "flops_g"),
        ("--max-memory-mb", "memory_mb"),
    ],
)
def test_limits_no_design_can_meet(
    source: Path, cli: Run, tmp_path: Path, limit: str, named: str
) -> None:
    done = cli("search", source, "--out", tmp_path / "run", *FAST, limit, 1e-9)
    sentence = refused(done)
    assert "the nearest of" in sentence
    assert f"{named} is" in sentence
    assert "allowed are 1e-09" in sentence
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("space", "said", "message"),
    [
        ("mobile", "0.5,whole", "such as 0.75,1. Got '0.5,whole'"),
        ("mobile", "0.5,2", "above 0 and at most 1. Got 0.5,2"),
        ("resnet", "0.5,1", "resolutions"),
    ],
)
def test_resolutions_that_cannot_be(
    source: Path, cli: Run, tmp_path: Path, space: str, said: str, message: str
) -> None:
    words = ("--space", space, "--resolutions", said, "--trials", 1)
    assert message in refused(cli("search", source, "--out", tmp_path / "run", *words))
    assert not (tmp_path / "run").exists()


def test_a_latency_no_design_can_meet(source: Path, cli: Run, tmp_path: Path) -> None:
    done = cli("search", source, "--out", tmp_path / "run", *FAST, "--max-latency-ms", 1e-7)
    sentence = refused(done)
    assert "the nearest is over the limit: latency_ms is" in sentence
    assert "allowed are 1e-07" in sentence


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([CELL, CELL.replace("nor_conv_1x1", "nor_conv_9x9")], "nor_conv_9x9"),
        ([CELL, "|nor_conv_3x3~0|+|none"], "Line 2"),
        ([CELL, "%PDF-1.4"], "Line 2"),
        ([], "There is no design"),
    ],
)
def test_design_files_with_a_broken_line(
    source: Path, cli: Run, tmp_path: Path, lines: list[str], message: str
) -> None:
    designs, out = tmp_path / "designs.txt", tmp_path / "scores.json"
    designs.write_text("\n".join(lines))
    done = cli(
        "proxies", "--space", "nasbench201", "--designs", designs, "--data", source,
        "--json", out, "--proxies", "params", "--batch", 4,
    )  # fmt: skip
    assert message in refused(done)
    assert not out.exists()


def test_a_whole_design_file_is_scored(source: Path, cli: Run, tmp_path: Path) -> None:
    designs, out = tmp_path / "designs.txt", tmp_path / "scores.json"
    designs.write_text(CELL + "\n")
    done = cli(
        "proxies", "--space", "nasbench201", "--designs", designs, "--data", source,
        "--json", out, "--proxies", "params", "--batch", 4,
    )  # fmt: skip
    assert done.code == 0, done.err
    assert [row["design"] for row in json.loads(out.read_text())] == [CELL]
