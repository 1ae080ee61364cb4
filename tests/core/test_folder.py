"""Run folders and the audit trail."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from netwright.core.audit import Audit
from netwright.core.errors import RunError
from netwright.core.folder import MARK, RunFolder, check_output


def test_a_new_folder_has_its_rooms(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "deep" / "run")
    assert folder.trials.is_dir()
    assert folder.logs.is_dir()


def test_an_empty_folder_may_be_used(tmp_path: Path) -> None:
    RunFolder.create(tmp_path)


def test_another_run_is_kept_unless_told(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run")
    folder.write_json(MARK, {"a": 1})
    with pytest.raises(RunError, match="--overwrite"):
        RunFolder.create(tmp_path / "run")
    assert folder.read_json(MARK) == {"a": 1}
    RunFolder.create(tmp_path / "run", overwrite=True)
    assert not (tmp_path / "run" / MARK).exists()


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_of_other_things_is_never_touched(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(RunError, match="holds other files"):
        check_output(tmp_path, overwrite)
    with pytest.raises(RunError):
        RunFolder.create(tmp_path, overwrite)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("x")
    with pytest.raises(RunError, match="is a file"):
        RunFolder.create(path)


def test_an_absent_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="There is no run"):
        RunFolder.open(tmp_path / "nothing")


def test_json_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run")
    folder.write_json("a.json", {"x": 1})
    circular: dict = {}
    circular["self"] = circular
    with pytest.raises(ValueError, match="Circular"):
        folder.write_json("a.json", circular)
    assert folder.read_json("a.json") == {"x": 1}


def test_damaged_json_is_told(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run")
    (folder.path / "a.json").write_text("{")
    with pytest.raises(RunError, match="no readable"):
        folder.read_json("a.json")


def test_a_run_has_one_owner(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run")
    with folder.owned(), pytest.raises(RunError, match="Another process"), folder.owned():
        pass
    with folder.owned():
        pass


def test_a_dead_owner_lets_go(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run")
    script = (
        "import os, signal; from netwright.core.folder import RunFolder\n"
        f"with RunFolder({str(folder.path)!r}).owned(): os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    with folder.owned():
        pass


def test_the_audit_trail_is_one_object_a_line(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "audit.jsonl")
    audit.say("schema", "Column 'x' is number.", column="x")
    audit.say("clean", "Ein Wort: größer")
    lines = (tmp_path / "audit.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == ["schema", "clean"]
    assert "größer" in lines[1]
    assert audit.entries()[0]["column"] == "x"


def test_a_torn_audit_line_is_passed_over(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "audit.jsonl")
    audit.say("a", "whole")
    with (tmp_path / "audit.jsonl").open("a") as file:
        file.write('{"step": "b", "sa')
    assert [entry["said"] for entry in audit.entries()] == ["whole"]


def test_an_audit_without_a_file_remembers() -> None:
    audit = Audit()
    audit.say("a", "one")
    assert [entry["said"] for entry in audit.entries()] == ["one"]
