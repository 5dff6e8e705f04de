"""The benchmarks themselves: what they count, what they record, and when they say that something became worse."""

import http.server
import json
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("the benchmarks want Linux", allow_module_level=True)

from benchmarks import __main__ as command
from benchmarks import peers, processes
from benchmarks.figures import Figure, Section, ratio
from benchmarks.load import Request, load
from benchmarks.processes import ROOT, BenchError, cpu_seconds, started, tree, wait_for
from benchmarks.report import report, verdicts
from benchmarks.service import figures
from benchmarks.stage import Stage

BURN = "import time\nwhile time.process_time() < 0.3: pass"
BURN_IN_A_CHILD = f"import subprocess, sys, time; subprocess.run([sys.executable, '-c', {BURN!r}]); time.sleep(60)"


def section(*figures: Figure) -> Section:
    return Section("service", {"rounds": 5}, figures, {})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the results are recorded, with a text that people wrote around the figures."""
    monkeypatch.setattr(command, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(command, "README", tmp_path / "README.md")
    (tmp_path / "README.md").write_text(f"# Ours\n\n{command.BEGIN}\nold\n{command.END}\n\nTried: much.\n")
    return tmp_path


def test_a_ratio_is_of_the_same_round() -> None:
    assert ratio("a / b", [1, 2, 9], [2, 2, 6], None).values == [0.5, 1, 1.5]


def test_servers_are_compared_by_their_processor_time() -> None:
    details = {
        "mkbackend": {"GET a user": [{"cpu_us": 300.0}], "list of 20": [], "PATCH a user": []},
        "L3A": {"GET a user": [{"cpu_us": 400.0}]},
        "mkbackend with metrics and traces": {"GET a user": [{"cpu_us": 450.0}]},
        "a peer": {"GET a user": [{"cpu_us": 200.0}]},
    }
    told, limit, peer = (each for each in figures(details) if each.name.startswith("GET"))
    assert (told.name, told.values, told.aim) == (
        "GET a user: mkbackend with metrics and traces / mkbackend",
        [1.5],
        None,
    )
    assert (limit.name, limit.values, limit.missed) == ("GET a user: mkbackend / L3A", [0.75], False)
    assert (peer.name, peer.values, peer.missed) == ("GET a user: mkbackend / a peer", [1.5], True)


def test_a_missed_aim_is_named_as_missed() -> None:
    said = report([section(Figure("fast", [0.7, 0.8, 0.6], aim=0.75), Figure("slow", [0.7, 0.8, 0.9], aim=0.75))])
    assert "| fast | 0.70 | 0.60 to 0.80 | ≤ 0.75 | met |" in said
    assert "| slow | 0.80 | 0.70 to 0.90 | ≤ 0.75 | **missed** |" in said


@pytest.mark.parametrize(("now", "worse"), [([1.1, 1.25, 1.3], False), ([1.1, 1.31, 1.3], True), ([0.1], False)])
def test_worse_is_more_than_the_recorded_rounds_were_apart(now: list[float], worse: bool) -> None:
    recorded = section(Figure("ratio", [0.9, 1.0, 1.2]))
    assert [verdict for _, verdict in verdicts([recorded], [section(Figure("ratio", now))])] == [worse]


def test_only_ratios_are_judged() -> None:
    recorded, now = section(Figure("time", [1], "ms")), section(Figure("time", [9], "ms"))
    assert list(verdicts([recorded], [now])) == []


def test_the_check_fails_where_something_is_worse(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command._record([section(Figure("ratio", [1.0, 1.1]))])
    assert command._check([section(Figure("ratio", [1.1]))]) == 0
    assert command._check([section(Figure("ratio", [1.3]))]) == 1
    assert "ratio: 1.30, recorded 1.05 + 0.10: WORSE" in capsys.readouterr().out


def test_recording_keeps_what_people_wrote_and_the_other_sections(folder: Path) -> None:
    command._record([section(Figure("ratio", [1.0]))])
    command._record([Section("health", {}, [Figure("health", [2.0])], {})])
    text = (folder / "README.md").read_text()
    assert text.startswith("# Ours\n\n")
    assert text.endswith("\n\nTried: much.\n")
    assert "old" not in text
    assert "| ratio | 1.00 |" in text
    assert list(json.loads((folder / "results.json").read_text())) == ["service", "health"]


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers 200, or what the path says, and keeps what was asked."""

    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, str, str | None, bytes]]

    def do_PATCH(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((self.command, self.path, self.headers["Authorization"], body))
        self.send_response(int(self.path[1:]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as its base class calls it
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    Answers.asked = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.skipif(not shutil.which("wrk"), reason="wrk is not here")
def test_requests_are_sent_in_turn_as_they_are(port: int) -> None:
    requests = [Request("PATCH", "/200", json={"full_name": name}) for name in ("Ada", "Grace")]
    done = load(port, [request.raw(port, {"Authorization": "Bearer x"}) for request in requests], 1, connections=1)
    # wrk itself looks at the first, to learn how the script behaves.
    grace, ada, *_ = Answers.asked
    assert grace == ("PATCH", "/200", "Bearer x", b'{"full_name": "Grace"}')
    assert ada == ("PATCH", "/200", "Bearer x", b'{"full_name": "Ada"}')
    assert done.requests >= 2
    assert 0 < done.p50_ms <= done.p99_ms


@pytest.mark.skipif(not shutil.which("wrk"), reason="wrk is not here")
def test_a_refused_request_is_an_error(port: int) -> None:
    request = Request("PATCH", "/503", json={})
    with pytest.raises(BenchError, match=r"[1-9]\d* were refused"):
        load(port, [request.raw(port, {})], 1)


def test_the_work_of_children_counts_while_they_live_and_after(tmp_path: Path) -> None:
    with started(sys.executable, "-c", BURN_IN_A_CHILD, cwd=tmp_path, log=tmp_path / "log") as leash:
        assert wait_for(lambda: len(tree(leash.pid)) == 3)
        assert wait_for(lambda: len(tree(leash.pid)) == 2)
        assert cpu_seconds(leash.pid) >= 0.3


def test_what_was_started_ends_with_the_block(tmp_path: Path) -> None:
    with started("sleep", "60", cwd=tmp_path, log=tmp_path / "log") as leash:
        assert wait_for(lambda: len(tree(leash.pid)) == 2)
        _, pid = tree(leash.pid)
    assert not Path(f"/proc/{pid}").exists()


def test_an_interrupted_command_ends_with_all_that_it_started(tmp_path: Path) -> None:
    script = "from pathlib import Path; from benchmarks.processes import run\n"
    script += "run('sh', '-c', 'sleep 60 & echo $! > pid; wait', cwd=Path())"
    env = processes.ENVIRONMENT | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen((sys.executable, "-c", script), cwd=tmp_path, env=env, stderr=subprocess.DEVNULL) as process:
        assert wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().endswith("\n"))
        process.send_signal(signal.SIGINT)
    pid = int((tmp_path / "pid").read_text())
    assert wait_for(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text())


def test_a_peer_that_cannot_be_had_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "uvx").write_text("#!/bin/sh\necho No such package >&2\nexit 1\n")
    (tmp_path / "uvx").chmod(0o755)
    monkeypatch.setitem(processes.ENVIRONMENT, "PATH", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    template, fullstack = peers.peers(Stage(tmp_path, "", "", []), tmp_path)
    assert str(template).startswith("fastapi-template 6.1.2: uvx --from")
    assert str(fullstack).endswith("No such package")


SUITE = """
import time
import pytest

@pytest.fixture(scope="session")
def server():
    time.sleep(0.5)

@pytest.fixture
def client(server):
    time.sleep(0.05)

def test_over_http(client): pass
def test_over_http_too(client): time.sleep(0.05)
def test_of_something_else(): time.sleep(0.5)
"""


def test_tests_over_http_are_timed_without_what_all_share(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(SUITE)
    plugin = ("-p", "benchmarks.http_tests", "--http-tests-to", "out.json")
    env = processes.ENVIRONMENT | {"PYTHONPATH": str(ROOT)}
    subprocess.run((sys.executable, "-m", "pytest", *plugin), cwd=tmp_path, env=env, check=True, capture_output=True)
    said = json.loads((tmp_path / "out.json").read_text())
    assert said["tests"] == 2
    assert 75 <= said["ms_each"] < 300
    assert 75 <= said["ms_median"] < 300
