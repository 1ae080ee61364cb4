"""Few-shot learning as a person does it: train, evaluate, adapt, predict, search, bad inputs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from torch import Tensor, nn

import netwright
from netwright.core.errors import ConfigError, RunError, UnknownName
from netwright.core.folder import RunFolder
from netwright.core.task import Task
from tests.conftest import Outcome

Run = Callable[..., Outcome]
TERMS = ("--ways", 3, "--shots", 1, "--queries", 3)
FAST = (*TERMS, "--engine", "inline", "--threads", 1)
DESIGN = {"space": "conv4", "design": {"filters": 8}}


class Lines(nn.Module):
    """A net of a person's own."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU())
        self.head = nn.Linear(16, task.outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 1, 8, 8) -> (batch, outputs)."""
        out: Tensor = self.head(self.body(x))
        return out


OWN = f"{__name__}:Lines"


def draw(root: Path, classes: int, each: int, first: int = 0) -> Path:
    """Class folders of small grey pictures; a class is where its pictures are bright."""
    for number in range(first, first + classes):
        rng = np.random.default_rng(number)
        shape = rng.integers(0, 2, (4, 4)).repeat(2, 0).repeat(2, 1) * 180
        folder = root / f"letter{number:02d}"
        folder.mkdir(parents=True)
        for place in range(each):
            pixels = (shape + rng.integers(0, 60, (8, 8))).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{place}.png")
    return root


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, the letters it learned from, letters it has not seen, and a support of three."""
    root = tmp_path_factory.mktemp("fewshot")
    draw(root / "letters", 12, 6)
    draw(root / "others", 6, 8, first=20)
    draw(root / "support", 3, 2, first=30)
    (root / "design.json").write_text(json.dumps(DESIGN))
    netwright.fewshot.train(
        root / "letters", out=root / "run", backbone=str(root / "design.json"), episodes=120,
        ways=3, shots=1, queries=3, engine="inline", threads=1,
    )  # fmt: skip
    return root


def refused(done: Outcome) -> str:
    """The sentence of a refusal."""
    assert done.code == 2, done.err
    assert "Traceback" not in done.err
    (line,) = [line for line in done.err.splitlines() if line.startswith("error: ")]
    return line


def test_new_letters_are_learned(trained: Path, cli: Run) -> None:
    words = ("fewshot", "evaluate", trained / "run", trained / "others", "--episodes", 40)
    facts = json.loads(cli(*words, "--json").out)
    assert facts["accuracy"] > 0.6  # by chance a third
    assert 0 < facts["interval95"] < 0.2
    assert facts["episodes"] == 40
    told = "protonet; 3-way 1-shot, 3 queries; transductive normalisation; 6 classes"
    assert facts["protocol"] == told
    assert "protocol  protonet; 4-way" in cli(*words, "--ways", 4).out
    assert "; 6 classes in 4 turns" in cli(*words, "--rotations").out


def test_what_a_run_shows(trained: Path, cli: Run) -> None:
    out = cli("show", trained / "run").out
    assert "learned  by protonet; 3-way 1-shot" in out
    assert "netwright fewshot adapt" in out
    facts = json.loads(cli("show", trained / "run", "--json").out)
    assert facts["best"]["design"] == '{"filters": 8}'
    assert facts["protocol"].startswith("protonet")
    said = [entry["said"] for entry in RunFolder.open(trained / "run").audit.entries()]
    assert "9 classes are learned from, 3 others judge." in said


def test_a_few_letters_become_a_predictor(trained: Path, cli: Run, tmp_path: Path) -> None:
    done = cli("fewshot", "adapt", trained / "run", trained / "support", "--out", tmp_path / "mine")
    assert done.code == 0, done.err
    assert "letter30, letter31, letter32" in done.out
    cli("predict", tmp_path / "mine", trained / "support", "--out", tmp_path / "p.csv", "--proba")
    table = pd.read_csv(tmp_path / "p.csv")
    assert list(table.columns) == ["path", "prediction", "letter30", "letter31", "letter32"]
    assert (table["prediction"] == table["path"].str.split("/").str[0]).mean() > 0.8
    done = cli("evaluate", tmp_path / "mine", trained / "support", "--json")
    assert json.loads(done.out)["accuracy"] > 0.8
    assert len(netwright.load(tmp_path / "mine").explain(trained / "support")) == 1


def test_an_adapted_predictor_is_exported(trained: Path, cli: Run, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    netwright.load(trained / "run").adapt(trained / "support", tmp_path / "mine")
    words = ("export", tmp_path / "mine", "--out", tmp_path / "m.onnx")
    done = cli(*words, "--data", trained / "support")
    assert "same label on 100.0% of 6 rows" in done.out, done.err


def test_a_search_finds_a_backbone_to_train(trained: Path, cli: Run, tmp_path: Path) -> None:
    out = tmp_path / "search"
    done = cli(
        "fewshot", "search", trained / "letters", "--space", "conv4", "--strategy", "random",
        "--trials", 2, "--episodes", 16, "--objectives", "accuracy,params_m",
        "--max-params-m", 0.05, *FAST, "--out", out,
    )  # fmt: skip
    assert done.code == 0, done.err
    facts = json.loads(cli("show", out, "--json").out)
    assert len(facts["designs"]) == 2
    assert all(row["costs"]["params_m"] <= 0.05 for row in facts["designs"])
    words = ("fewshot", "train", trained / "letters", "--backbone", out, "--episodes", 8, *FAST)
    done = cli(*words, "--out", tmp_path / "run")
    assert done.code == 0, done.err
    assert facts["best"]["design"] in done.out
    assert "'netwright fewshot train DATA" in refused(cli("retrain", out))


@pytest.mark.parametrize("method", ["protonet", "fomaml"])
def test_designs_inherit_what_their_parents_learned(
    method: str, trained: Path, cli: Run, tmp_path: Path
) -> None:
    done = cli(
        "fewshot", "search", trained / "letters", "--space", "morphism", "--method", method,
        "--strategy", "morphism_evolution", "--trials", 3, "--episodes", 8, *FAST,
        "--out", tmp_path / "run",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert len(list((tmp_path / "run" / "weights").glob("*.safetensors"))) == 3
    done = cli(
        "fewshot", "search", trained / "letters", "--space", "morphism", "--norm", "group",
        "--strategy", "morphism_evolution", "--trials", 1, *FAST, "--out", tmp_path / "other",
    )  # fmt: skip
    assert "name another --norm than group" in refused(done)


def test_folders_in_folders_are_classes(cli: Run, tmp_path: Path) -> None:
    for alphabet in ("greek", "latin"):
        draw(tmp_path / "letters" / alphabet, 4, 5)
    words = ("fewshot", "train", tmp_path / "letters", "--backbone", "mlp", "--episodes", 4)
    done = cli(*words, *FAST, "--out", tmp_path / "run")
    assert "5 classes are learned from, 3 others judge." in done.err
    assert RunFolder.open(tmp_path / "run").task().name == "letters"
    assert "greek/letter02" in RunFolder.open(tmp_path / "run").task().classes


def test_a_run_goes_on(trained: Path, cli: Run, tmp_path: Path) -> None:
    words = ("fewshot", "search", trained / "letters", "--space", "conv4", "--trials", 1)
    cli(*words, "--strategy", "random", "--episodes", 8, *FAST, "--out", tmp_path / "run")
    done = cli("resume", tmp_path / "run", "--trials", 2)
    assert done.code == 0, done.err
    assert json.loads(cli("show", tmp_path / "run", "--json").out)["trials"]["complete"] == 2


@pytest.mark.parametrize(
    ("method", "settings"),
    [("maml", ("--inner-lr", 0.4, "--inner-steps", 1)), ("reptile", ()), ("matching", ())],
)
def test_every_kind_of_method_runs(
    method: str, settings: tuple[object, ...], trained: Path, cli: Run, tmp_path: Path
) -> None:
    words = ("--method", method, "--backbone", trained / "design.json", "--episodes", 16, *settings)
    done = cli("fewshot", "train", trained / "letters", *words, *FAST, "--out", tmp_path / "run")
    assert done.code == 0, done.err
    done = cli(
        "fewshot", "adapt", tmp_path / "run", trained / "support", "--out", tmp_path / "mine"
    )
    assert done.code == 0, done.err
    done = cli("predict", tmp_path / "mine", trained / "support", "--out", tmp_path / "p.csv")
    assert "6 predictions" in done.out


def test_what_learns_no_classes_says_so(trained: Path, cli: Run, tmp_path: Path) -> None:
    for words in (("evaluate",), ("predict", "--out", tmp_path / "p.csv")):
        done = cli(words[0], trained / "run", trained / "others", *words[1:])
        assert "netwright fewshot adapt" in refused(done)
    netwright.load(trained / "run").adapt(trained / "support", tmp_path / "mine")
    with pytest.raises(ConfigError, match="knows its classes for good"):
        netwright.load(tmp_path / "mine").adapt(trained / "support", tmp_path / "again")
    with pytest.raises(RunError, match="no few-shot model"):
        netwright.fewshot.evaluate(tmp_path / "mine", trained / "others")


@pytest.mark.parametrize("method", ["maml", "protonet"])
def test_a_net_of_ones_own_is_judged_adapted_and_asked_once_trusted(
    method: str, trained: Path, cli: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, others, mine = tmp_path / "run", trained / "others", tmp_path / "mine"
    words = ("--method", method, "--backbone", OWN, "--episodes", 64, *FAST)
    assert cli("fewshot", "train", trained / "letters", *words, "--out", run).code == 0
    monkeypatch.setattr("netwright.learners.trust._TRUSTED", set())  # as in another process
    judge = ("fewshot", "evaluate", run, others, "--episodes", 20)
    assert f"--trust {OWN}" in refused(cli(*judge))
    said = json.loads(cli(*judge, "--json", "--trust", OWN).out)
    assert said == netwright.fewshot.evaluate(run, others, episodes=20, trust=[OWN]).to_json()
    support = trained / "support"
    assert cli("fewshot", "adapt", run, support, "--out", mine, "--trust", OWN).code == 0
    done = cli("predict", mine, support, "--out", tmp_path / "said.csv", "--trust", OWN)
    assert done.code == 0, done.err
    assert len(pd.read_csv(tmp_path / "said.csv")) == 6


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--ways", 13), "Got 12; name fewer ways"),
        (("--queries", 6), "12 have fewer, such as 'letter00'; name fewer queries"),
        (("--shots", 0), "shots of at least 1"),
        (("--method", "mamal"), "maml"),
        (("--norm", "batch"), "transductive"),
        (("--augment", "cutmix"), "cutout"),
        (("--backbone", "conv5"), "conv4"),
        (("--inner-steps", 3), "cannot be made with inner_steps"),
        (("--method", "maml", "--inner-steps", 0), "inner steps of at least 1"),
        (("--method", "maml", "--adapt-steps", 0), "adapt steps of at least 1"),
        (("--episodes", 0), "at least one episode"),
        (("--target", "letter"), "target column"),
    ],
)
def test_bad_words_are_refused(
    words: tuple[object, ...], told: str, trained: Path, cli: Run, tmp_path: Path
) -> None:
    asked = {"--episodes": 4, "--backbone": trained / "design.json"}
    given = [word for pair in asked.items() if pair[0] not in words for word in pair]
    done = cli(
        "fewshot", "train", trained / "letters", *FAST, *given, *words, "--out", tmp_path / "run"
    )
    assert told in refused(done)
    assert not (tmp_path / "run" / "predictor").exists()


def test_bad_supports_are_refused(trained: Path, cli: Run, tmp_path: Path) -> None:
    def adapt(support: Path) -> str:
        done = cli("fewshot", "adapt", trained / "run", support, "--out", tmp_path / "mine")
        assert not (tmp_path / "mine").exists()
        return refused(done)

    support = draw(tmp_path / "loose", 2, 2)
    (support / "letter00" / "0.png").rename(support / "stray.png")
    assert "'stray.png' lies in no class folder" in adapt(support)
    (support / "stray.png").write_bytes(b"")
    assert "Here every picture counts" in adapt(support)
    (support / "stray.png").unlink()
    (support / "letter07").mkdir()
    assert "'letter07' holds no picture" in adapt(support)
    (support / "letter07" / "torn.png").write_bytes(b"no picture")
    assert "Here every picture counts" in adapt(support)
    table = pd.DataFrame({"file": ["letter01/0.png", "letter01/1.png"], "letter": ["a", None]})
    table.to_csv(support / "s.csv", index=False)
    done = cli(
        "fewshot", "adapt", trained / "run", support / "s.csv", "--target", "letter",
        "--out", tmp_path / "mine",
    )  # fmt: skip
    assert "has no 'letter'" in refused(done)
    done = cli("fewshot", "adapt", trained / "run", support / "s.csv", "--out", tmp_path / "mine")
    assert "Name it with --target" in refused(done)


def test_bad_designs_are_refused(trained: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"design": {"filters": 8}}')
    with pytest.raises(ConfigError, match="holds space and design"):
        netwright.fewshot.train(trained / "letters", backbone=str(wrong), episodes=4)
    with pytest.raises(UnknownName, match="log_loss"):
        netwright.fewshot.search(
            trained / "letters", objectives="log_loss", trials=1, ways=3, queries=3
        )
    with pytest.raises(ConfigError, match="takes no --proxies"):
        netwright.fewshot.search(trained / "letters", proxies="synflow", trials=1)
