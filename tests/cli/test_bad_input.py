"""What bad input gets: one sentence, exit code 2, nothing written, nothing lost."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.conftest import make_frame

FAST = ("--engine", "inline", "--learners", "linear", "--trials", "1")


def refused(done: object) -> str:
    """Checks the manners of a refusal and returns its sentence."""
    assert done.code == 2, done.err  # type: ignore[attr-defined]
    assert "Traceback" not in done.err  # type: ignore[attr-defined]
    lines = [line for line in done.err.splitlines() if line.startswith("error: ")]  # type: ignore[attr-defined]
    assert len(lines) == 1, done.err  # type: ignore[attr-defined]
    return lines[0]


def text(content: str | bytes):  # type: ignore[no-untyped-def]
    def write(path: Path) -> None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return write


def frame(change):  # type: ignore[no-untyped-def]
    def write(path: Path) -> None:
        made = make_frame(40)
        made = change(made)
        made.to_csv(path, index=False)

    return write


def constant(made: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"a": 1, "b": "x", "y": made["y"]})


FILES = {
    "empty": (text(""), "is empty"),
    "header only": (text("a,b,y\n"), "header but no rows"),
    "unknown target": (frame(lambda f: f.rename(columns={"y": "yy"})), "Did you mean 'yy'"),
    "target all missing": (frame(lambda f: f.assign(y=None)), "missing in every row"),
    "one class": (frame(lambda f: f.assign(y="same")), "needs two classes"),
    "one row a class": (frame(lambda f: f.assign(y=[f"c{i}" for i in range(40)])), "its own class"),
    "all constant": (frame(constant), "No column is left"),
    "binary garbage": (text(bytes(range(256)) * 9), "binary data"),
    "repeated names": (text("a,a,y\n1,2,3\n4,5,6\n"), "'a' more than once"),
    "ragged": (text("a,b,y\n1,2,3\n1,2,3,4,5\n"), "is not a table"),
}


@pytest.mark.parametrize("case", FILES)
def test_files(tmp_path: Path, cli, case: str) -> None:  # type: ignore[no-untyped-def]
    write, message = FILES[case]
    path, out = tmp_path / "data.csv", tmp_path / "run"
    write(path)
    assert message in refused(cli("fit", path, "--target", "y", "--out", out, *FAST))
    assert not out.exists()


def test_a_missing_file(tmp_path: Path, cli) -> None:  # type: ignore[no-untyped-def]
    done = cli("fit", tmp_path / "no.csv", "--target", "y", "--out", tmp_path / "run", *FAST)
    assert "There is no file" in refused(done)


@pytest.mark.parametrize("command", [("fit",), ("search",), ("fewshot", "train")])
def test_a_file_that_is_not_there_comes_before_its_target(
    tmp_path: Path,
    cli,  # type: ignore[no-untyped-def]
    command: tuple[str, ...],
) -> None:
    done = cli(*command, tmp_path / "absent.npz", "--out", tmp_path / "run")
    assert "There is no file" in refused(done)


def test_a_corrupt_parquet(tmp_path: Path, cli) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "data.parquet"
    path.write_bytes(b"PAR1garbage")
    done = cli("fit", path, "--target", "y", "--out", tmp_path / "run", *FAST)
    assert "not a readable Parquet" in refused(done)


def test_a_column_of_lists(tmp_path: Path, cli) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "data.jsonl"
    path.write_text("\n".join(json.dumps({"a": [1, i], "b": i, "y": i % 2}) for i in range(30)))
    done = cli("fit", path, "--target", "y", "--out", tmp_path / "run", *FAST)
    assert "'a' holds list values" in refused(done)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--time", "soon"), "'soon'"),
        (("--time", "-5m"), "'-5m'"),
        (("--time", "0s"), "must be positive"),
        (("--trials", "0"), "at least 1"),
        (("--metric", "rmse"), "does not fit a binary task"),
        (("--metric", "acuracy"), "Did you mean 'accuracy'"),
        (("--kind", "ordinal"), "no kind 'ordinal'"),
        (("--kind", "regression"), "holds finite numbers"),
        (("--level", "fully"), "Did you mean 'full'"),
        (("--learners", "lightgmb"), "Did you mean 'lightgbm'"),
        (("--strategy", "tpee"), "Did you mean 'tpe'"),
        (("--pruner", "hyperbend"), "Did you mean 'hyperband'"),
        (("--engine", "inlin"), "Did you mean 'inline'"),
        (("--memory", "lots"), "'lots'"),
        (("--weight", "town"), "Weights are numbers"),
        (("--group", "toun"), "Did you mean 'town'"),
        (("--time-column", "note"), "must hold dates or numbers"),
        (("--config", "absent.yaml"), "no config file"),
        (("--schema", "absent.yaml"), "no schema file"),
        (("--recipe", "absent.yaml"), "no recipe file"),
        (("--workers", "0"), "at least 1"),
        (("--device", "abacus"), "A device is"),
        (("--max-size-mb", "-1"), "must be positive"),
        (("--metric", "absent_module_x:f"), "no module named"),
    ],
)
def test_options(tmp_path: Path, csv: Path, cli, words: tuple, message: str) -> None:  # type: ignore[no-untyped-def]
    given = [word for word in FAST if not (word == "--trials" and words[0] == "--trials")]
    out = tmp_path / "run"
    options = dict(zip(FAST[::2], FAST[1::2], strict=True)) | {words[0]: words[1]}
    flat = [word for pair in options.items() for word in pair]
    assert given
    assert message in refused(cli("fit", csv, "--target", "y", "--out", out, *flat))
    assert not out.exists()


def test_no_target_at_all(tmp_path: Path, csv: Path, cli) -> None:  # type: ignore[no-untyped-def]
    assert "--target" in refused(cli("fit", csv, "--out", tmp_path / "run", *FAST))


def test_an_output_that_holds_another_run(tmp_path: Path, csv: Path, cli) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "run"
    assert cli("fit", csv, "--target", "y", "--out", out, *FAST).code == 0
    before = (out / "result.json").read_text()
    done = cli("fit", csv, "--target", "y", "--out", out, *FAST)
    assert "--overwrite" in refused(done)
    assert (out / "result.json").read_text() == before
    assert cli("fit", csv, "--target", "y", "--out", out, "--overwrite", *FAST).code == 0


def test_an_output_that_holds_other_things(tmp_path: Path, csv: Path, cli) -> None:  # type: ignore[no-untyped-def]
    done = cli("fit", csv, "--target", "y", "--out", tmp_path, "--overwrite", *FAST)
    assert "holds other files" in refused(done)
    assert csv.exists()


def test_a_bad_input_does_not_cost_the_run_that_is_there(tmp_path: Path, csv: Path, cli) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "run"
    cli("fit", csv, "--target", "y", "--out", out, *FAST)
    done = cli("fit", csv, "--target", "nope", "--out", out, "--overwrite", *FAST)
    assert "target column" in refused(done)
    assert cli("predict", out, csv, "--out", tmp_path / "p.csv").code == 0


# ---------------------------------------------------------------- odd, but good enough


ODD = {
    "mixed types": lambda f: f.assign(mix=[1, "two", 3.5, None] * 10),
    "infinities": lambda f: f.assign(x=[np.inf, -np.inf, *f["x"][2:]]),
    "a target with gaps": lambda f: f.assign(y=[None, None, *f["y"][2:]]),
    "strange names": lambda f: f.rename(columns={"x": 'größe (m²), "x"', "town": "a[b]<c>"}),
    "an empty column": lambda f: f.assign(void=None),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_tables_are_fitted(tmp_path: Path, cli, case: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "data.csv"
    ODD[case](make_frame(40)).to_csv(path, index=False)
    words = ("--engine", "inline", "--learners", "linear,lightgbm", "--trials", "2")
    done = cli("fit", path, "--target", "y", "--out", tmp_path / "run", *words)
    assert done.code == 0, done.err
    if case == "a target with gaps":
        assert "2 rows have no value in the target" in done.err


def test_text_that_is_not_utf_8(tmp_path: Path, cli) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "data.csv"
    made = make_frame(40).assign(town=["Zürich", "Genève"] * 20)
    path.write_bytes(made.to_csv(index=False).encode("cp1252"))
    assert cli("fit", path, "--target", "y", "--out", tmp_path / "run", *FAST).code == 0


def test_ten_thousand_columns(tmp_path: Path, cli) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(0)
    wide = pd.DataFrame(rng.normal(size=(40, 10_000)).round(2)).rename(columns=lambda i: f"c{i}")
    wide["y"] = np.where(wide["c0"] > 0, "a", "b")
    path = tmp_path / "wide.parquet"
    wide.to_parquet(path)
    words = (
        "--engine",
        "inline",
        "--learners",
        "linear",
        "--time",
        "40s",
        "--trials",
        "1",
        "--no-explain",
    )
    done = cli("fit", path, "--target", "y", "--out", tmp_path / "run", *words)
    assert done.code == 0, done.err


# ---------------------------------------------------------------- predicting


def test_predicting_without_a_needed_column(tmp_path: Path, fitted: Path, cli) -> None:  # type: ignore[no-untyped-def]
    make_frame(3).drop(columns="town").to_csv(tmp_path / "d.csv", index=False)
    done = cli("predict", fitted, tmp_path / "d.csv", "--out", tmp_path / "p.csv")
    assert "lacks the column 'town'" in refused(done)
    assert not (tmp_path / "p.csv").exists()


@pytest.mark.parametrize("name", ["p.txt", "p", "absent/p.csv"])
def test_predicting_into_nowhere(tmp_path: Path, csv: Path, fitted: Path, cli, name: str) -> None:  # type: ignore[no-untyped-def]
    refused(cli("predict", fitted, csv, "--out", tmp_path / name))


def test_commands_on_what_is_no_run(tmp_path: Path, csv: Path, cli) -> None:  # type: ignore[no-untyped-def]
    for words in (("show", tmp_path), ("report", tmp_path), ("resume", tmp_path)):
        assert "There is no run" in refused(cli(*words))
    done = cli("predict", tmp_path, csv, "--out", tmp_path / "p.csv")
    assert "There is no predictor" in refused(done)


def test_a_tampered_predictor(tmp_path: Path, csv: Path, fitted: Path, cli) -> None:  # type: ignore[no-untyped-def]
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(fitted, copy)
    model = next((copy / "predictor" / "model").rglob("*.safetensors"))
    model.write_bytes(model.read_bytes()[:-1] + b"!")
    done = cli("predict", copy, csv, "--out", tmp_path / "p.csv")
    assert "was changed; refusing to load" in refused(done)


def test_evaluating_without_the_target(tmp_path: Path, fitted: Path, cli) -> None:  # type: ignore[no-untyped-def]
    make_frame(3).drop(columns="y").to_csv(tmp_path / "d.csv", index=False)
    assert "target column 'y'" in refused(cli("evaluate", fitted, tmp_path / "d.csv"))


def test_typos_in_commands_and_flags_are_told_by_the_parser(cli) -> None:  # type: ignore[no-untyped-def]
    assert cli("fitt").code == 2
    assert cli("fit", "--targett", "y").code == 2
