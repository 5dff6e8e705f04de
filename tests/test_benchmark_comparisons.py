"""Tests of the benchmarks that compare the service with a handwritten one and with peers."""

import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

if sys.platform != "linux":
    pytest.skip("the benchmarks need Linux", allow_module_level=True)

from benchmarks import connections, disk, footprint, minimal, peers, processes, unaudited
from benchmarks.figures import Figure, Section
from benchmarks.processes import ROOT, BenchError, started, tree, wait_for
from benchmarks.report import report
from benchmarks.service import figures
from benchmarks.stage import Stage


def _counts(*thousands: float) -> list[dict[str, float]]:
    return [{"kilo_instructions": each} for each in thousands]


def test_the_aims_of_peers_depend_on_the_operation() -> None:
    operations = ("GET a user", "list of 20", "PATCH a user", "GET /health")
    details = {name: {each: [{"cpu_us": 1.0}] for each in operations} for name in ("mkbackend", "L1", "L3A", "a peer")}
    aims = {figure.name: figure.aim for figure in figures(details)}
    assert aims["GET a user: mkbackend / a peer"] == 0.625
    assert aims["list of 20: mkbackend / a peer"] == 0.625
    assert aims["PATCH a user: mkbackend / a peer"] == pytest.approx(0.77, abs=0.001)
    assert aims["GET /health: mkbackend / a peer"] is None
    assert aims["GET /health: mkbackend / L3A"] == 1.5
    assert aims["GET a user: mkbackend / L1"] is None


def test_an_aim_is_reported_with_all_its_decimals() -> None:
    compared = [
        Figure("GET", [0.62], aim=1 / 1.6),
        Figure("PATCH", [0.8], aim=1 / 1.3),
        Figure("p50", [3.0], "ms", 2.5),
    ]
    output = report([Section("service", {}, compared, {})])
    assert "| GET | 0.62 | 0.62 to 0.62 | ≤ 0.625 | met |" in output
    assert "| PATCH | 0.80 | 0.80 to 0.80 | ≤ 0.769 | **missed** |" in output
    assert "| p50 | 3.0 ms | 3.0 ms to 3.0 ms | ≤ 2.5 ms | **missed** |" in output


def test_the_update_without_audit_is_compared_with_the_limit() -> None:
    cost = {"mkbackend": 300.0, "mkbackend without audit": 200.0, "L3A": 250.0}
    found = figures({name: {"PATCH a user": [{"cpu_us": us}]} for name, us in cost.items()})
    assert [(figure.name, figure.values) for figure in found] == [
        ("PATCH a user: mkbackend without audit / L3A", [0.8]),
        ("PATCH a user: mkbackend / L3A", [1.2]),
    ]


def test_instructions_are_compared_with_the_limit_with_and_without_audit() -> None:
    details = {
        "mkbackend": {"GET a user": _counts(80, 60), "PATCH a user": _counts(110, 100), "GET /health": _counts(8, 10)},
        "mkbackend without audit": {"PATCH a user": _counts(90, 90)},
        "L3A": {"GET a user": _counts(100, 100), "PATCH a user": _counts(100, 100), "GET /health": _counts(5, 5)},
    }
    found = [(figure.name, figure.values, figure.aim, figure.missed) for figure in minimal.figures(details)]
    assert found == [
        ("GET a user, instructions: mkbackend / L3A", [0.8, 0.6], 0.75, False),
        ("PATCH a user, instructions: mkbackend / L3A", [1.1, 1.0], 1.0, True),
        ("PATCH a user, instructions: mkbackend without audit / L3A", [0.9, 0.9], None, False),
        ("GET /health, instructions: mkbackend / L3A", [1.6, 2.0], 1.5, True),
    ]


def test_the_record_of_an_update_is_removed_from_the_template(tmp_path: Path) -> None:
    copy = tmp_path / "user_service.py"
    copy.write_text((ROOT / "template" / unaudited.SERVICE).read_text())
    unaudited.remove_record(copy)
    after = copy.read_text()
    compile(after, copy, "exec")
    assert '"create-user", actor' in after
    assert '"update-user", actor=actor, subject' not in after
    with pytest.raises(BenchError, match="0 times, expected once"):
        unaudited.remove_record(copy)


def test_an_unavailable_peer_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, words in (("uvx", "No such package"), ("git", "No such branch")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {words} >&2\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setitem(processes.ENVIRONMENT, "PATH", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    official, template, fullstack = peers.peers(Stage(tmp_path, Path(), "", "", []), tmp_path)
    assert str(official).startswith("full-stack-fastapi-template 0.10.0: git clone --quiet --depth 1 --branch 0.10.0")
    assert str(official).endswith("No such branch")
    assert str(template).startswith("fastapi-template 6.1.2: uvx --from fastapi-template==6.1.2")
    assert str(fullstack).startswith("fastapi-fullstack 0.2.21: uvx --from fastapi-fullstack==0.2.21")
    assert str(fullstack).endswith("No such package")


def test_a_peer_whose_program_is_missing_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(processes.ENVIRONMENT, "PATH", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    official, *_ = peers.peers(Stage(tmp_path, Path(), "", "", []), tmp_path)
    assert "No such file or directory: 'git'" in str(official)


def test_peers_take_the_settings_from_the_address_of_their_database() -> None:
    address = urlsplit("postgresql://ada:secret@127.0.0.1:5433/peer")
    for peer in peers.PEERS:
        assert {"127.0.0.1", "5433", "ada", "secret", "peer"} <= set(peer.env(address).values())
        assert peer.operations["GET /health"]("", "").path.startswith("/api/")


def test_connections_and_the_disk_are_compared_with_names_of_their_own() -> None:
    details = {
        name: {"GET a user": [{"cpu_us": us, "p50_ms": ms}]}
        for name, us, ms in (("mkbackend", 300.0, 9.0), ("L3A", 400.0, 6.0))
    }
    assert [(figure.name, figure.values) for figure in connections.figures(details)] == [
        ("GET a user, 32 connections: mkbackend / L3A", [0.75])
    ]
    assert [(figure.name, figure.values) for figure in disk.figures(details)] == [
        ("GET a user, on a disk: mkbackend / L3A", [0.75]),
        ("GET a user, on a disk, p50: mkbackend / L3A", [1.5]),
    ]


@pytest.mark.parametrize("kind", ["tmpfs", "ramfs"])
def test_the_disk_must_not_be_memory(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "run", lambda *_, **__: f"{kind}\n")
    with pytest.raises(BenchError, match=rf"is in memory \({kind}\)"):
        disk.require_disk(tmp_path)
    monkeypatch.setattr(disk, "run", lambda *_, **__: "ext2/ext3\n")
    disk.require_disk(tmp_path)


def test_footprints_are_compared_and_sign_ups_where_both_have_them() -> None:
    ours = {"start_s": 2.0, "idle_mib": 80.0, "used_mib": 90.0, "packages": 50}
    least = {"start_s": 1.0, "idle_mib": 40.0, "used_mib": 60.0, "packages": 25}
    measured = {"mkbackend": [ours | {"sign_ups": 20.0}], "L3A": [least], "a peer": [ours | {"sign_ups": 10.0}]}
    found = {figure.name: figure.values for figure in footprint.figures(measured)}
    assert found == {
        "start: mkbackend / L3A": [2.0],
        "start: mkbackend / a peer": [1.0],
        "memory, idle: mkbackend / L3A": [2.0],
        "memory, idle: mkbackend / a peer": [1.0],
        "memory, used: mkbackend / L3A": [1.5],
        "memory, used: mkbackend / a peer": [1.0],
        "packages: mkbackend / L3A": [2.0],
        "packages: mkbackend / a peer": [1.0],
        "sign-up, time: mkbackend / a peer": [0.5],
    }
    output = report([Section("footprint", {}, [], {"service": measured})])
    assert "| service | start, s | memory, idle, MiB | memory, used, MiB | packages | sign-ups per second |" in output
    assert "| mkbackend | 2.00 | 80.0 | 90.0 | 50 | 20.0 |\n| L3A | 1.00 | 40.0 | 60.0 | 25 |  |" in output


def test_memory_includes_the_descendants(tmp_path: Path) -> None:
    # The child writes to its memory, or the kernel would not give it any.
    child = "import time; held = b'x' * (64 << 20); open('held', 'w').close(); time.sleep(60)"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with started(sys.executable, "-c", script, cwd=tmp_path, log=tmp_path / "log") as leash:
        assert wait_for((tmp_path / "held").exists)
        assert 64 < footprint.mebibytes(leash.pid) < 256


def test_the_start_of_a_process_is_known(tmp_path: Path) -> None:
    began = time.monotonic()
    with started("sleep", "60", cwd=tmp_path, log=tmp_path / "log") as leash:
        assert wait_for(lambda: len(tree(leash.pid)) == 2)
        _, pid = tree(leash.pid)
        # The kernel rounds the start to a tick.
        tick = 1 / processes.TICKS
        assert -tick <= processes.seconds_since_start(pid) <= time.monotonic() - began + tick
