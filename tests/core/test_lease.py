"""Leases: who is alive, judged by the observer."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import psutil
import pytest

from netwright.core.lease import Observer, held, new_lease


def test_a_living_process_of_this_machine_is_not_lost() -> None:
    assert not Observer(0.0).lost(1, new_lease("w"))


def test_a_dead_process_of_this_machine_is_lost_at_once() -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    lease = {
        **new_lease("w"),
        "pid": process.pid,
        "started": psutil.Process(process.pid).create_time(),
    }
    process.wait()
    assert Observer(1000).lost(1, lease)


def test_a_process_that_took_over_the_number_does_not_count() -> None:
    lease = {**new_lease("w"), "started": psutil.Process().create_time() - 100}
    assert Observer(1000).lost(1, lease)


def test_a_zombie_is_dead() -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    lease = {**new_lease("w"), "pid": process.pid, "started": 1.0}
    for _ in range(100):
        if psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE:
            break
        time.sleep(0.05)
    assert Observer(1000).lost(1, lease)
    process.wait()


def far_away(beat: int) -> dict:
    return {"worker": "w", "host": "another-machine", "pid": 1, "started": 0.0, "beat": beat}


def test_another_machine_is_judged_by_its_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("netwright.core.lease.time.monotonic", lambda: now)
    observer = Observer(patience_seconds=10)
    assert not observer.lost(1, far_away(0))
    now += 9
    assert not observer.lost(1, far_away(0))
    assert not observer.lost(1, far_away(1))  # it moved: patience starts anew
    now += 9
    assert not observer.lost(1, far_away(1))
    now += 2
    assert observer.lost(1, far_away(1))


def test_a_trial_without_a_lease_is_lost_after_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("netwright.core.lease.time.monotonic", lambda: now)
    observer = Observer(patience_seconds=5)
    assert not observer.lost(1, None)
    now = 6.0
    assert observer.lost(1, None)


def test_a_held_lease_beats() -> None:
    told: list[dict] = []
    with held({"worker": "w"}, told.append, beat_seconds=0.02):
        time.sleep(0.3)
    count = len(told)
    assert count >= 3
    assert [lease["beat"] for lease in told] == list(range(1, count + 1))
    time.sleep(0.1)
    assert len(told) == count  # no beat after the work is over


def test_a_lease_that_was_taken_away_ends_quietly() -> None:
    def refuse(lease: dict) -> None:
        raise RuntimeError("the trial is finished")

    with held({"worker": "w"}, refuse, beat_seconds=0.01):
        time.sleep(0.1)


def test_a_new_lease_names_this_process() -> None:
    lease = new_lease("me")
    assert (lease["worker"], lease["pid"], lease["beat"]) == ("me", os.getpid(), 0)
