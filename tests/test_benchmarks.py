"""Tests of the benchmarks: counts, recorded results and comparisons."""

import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from combinations import FULL

if sys.platform != "linux":
    pytest.skip("the benchmarks need Linux", allow_module_level=True)

from benchmarks import __main__ as command
from benchmarks import callgrind, driver, endurance, http_servers, logins, probes, processes
from benchmarks.figures import Figure, Section, ratio
from benchmarks.instructions import REQUESTS, release_before
from benchmarks.instructions import figures as figures_of_counts
from benchmarks.load import Load, Request, load
from benchmarks.processes import ROOT, BenchError, cpu_seconds, started, tree, wait_for
from benchmarks.report import report, verdicts
from benchmarks.sections import Bench
from benchmarks.servers import Plan, Server
from benchmarks.service import figures
from benchmarks.stage import Stage

BURN = "import time\nwhile time.process_time() < 0.3: pass"
BURN_IN_A_CHILD = f"import subprocess, sys, time; subprocess.run([sys.executable, '-c', {BURN!r}]); time.sleep(60)"


def section(*figures: Figure) -> Section:
    return Section("service", {"rounds": 5}, figures, {})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the results, with a README that has text around the figures."""
    monkeypatch.setattr(command, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(command, "README", tmp_path / "README.md")
    (tmp_path / "README.md").write_text(f"# Ours\n\n{command.BEGIN}\nold\n{command.END}\n\nTried: much.\n")
    return tmp_path


def test_a_ratio_is_computed_within_a_round() -> None:
    assert ratio("a / b", [1, 2, 9], [2, 2, 6], None).values == [0.5, 1, 1.5]


def test_servers_are_compared_by_cpu_time() -> None:
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


def test_http_servers_are_compared_by_cpu_time() -> None:
    cost = {"mkbackend": 300.0, "granian": 200.0}
    details = {name: {key: [{"cpu_us": us}] for key in http_servers.OPERATIONS} for name, us in cost.items()}
    found = {figure.name: figure.values for figure in http_servers.figures(details)}
    assert found == {"GET /health: mkbackend / granian": [1.5], "GET a user: mkbackend / granian": [1.5]}


def test_a_table_of_words_is_reported_and_kept() -> None:
    given = Section("servers", {}, [], {}, table=[["", "a"], ["two `Host` headers", "400"]])
    kept = Section.from_json(json.loads(json.dumps(given.to_json())))
    assert "|  | a |\n|---|---:|\n| two `Host` headers | 400 |" in report([kept])


def test_a_missed_aim_is_reported() -> None:
    output = report([section(Figure("fast", [0.7, 0.8, 0.6], aim=0.75), Figure("slow", [0.7, 0.8, 0.9], aim=0.75))])
    assert "| fast | 0.70 | 0.60 to 0.80 | ≤ 0.75 | met |" in output
    assert "| slow | 0.80 | 0.70 to 0.90 | ≤ 0.75 | **missed** |" in output


@pytest.mark.parametrize(("now", "worse"), [([1.1, 1.25, 1.3], False), ([1.1, 1.31, 1.3], True), ([0.1], False)])
def test_worse_means_above_the_recorded_median_by_more_than_its_spread(now: list[float], worse: bool) -> None:
    recorded = section(Figure("ratio", [0.9, 1.0, 1.2]))
    assert [verdict for _, verdict in verdicts([recorded], [section(Figure("ratio", now))])] == [worse]


def test_only_ratios_are_compared() -> None:
    recorded, now = section(Figure("time", [1], "ms")), section(Figure("time", [9], "ms"))
    assert list(verdicts([recorded], [now])) == []


def test_the_check_fails_if_a_ratio_is_worse(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command._record([section(Figure("ratio", [1.0, 1.1]))])
    assert command._check([section(Figure("ratio", [1.1]))]) == 0
    assert command._check([section(Figure("ratio", [1.3]))]) == 1
    assert "ratio: 1.30, recorded 1.05 + 0.10: WORSE" in capsys.readouterr().out


def test_recording_keeps_surrounding_text_and_other_sections(folder: Path) -> None:
    command._record([section(Figure("ratio", [1.0]))])
    command._record([Section("health", {}, [Figure("health", [2.0])], {})])
    text = (folder / "README.md").read_text()
    assert text.startswith("# Ours\n\n")
    assert text.endswith("\n\nTried: much.\n")
    assert "old" not in text
    assert "| ratio | 1.00 |" in text
    assert list(json.loads((folder / "results.json").read_text())) == ["service", "health"]


class Answers(http.server.BaseHTTPRequestHandler):
    """A handler that responds with the status in the path, and records the requests."""

    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, str, str | None, bytes]]

    def do_PATCH(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((self.command, self.path, self.headers["Authorization"], body))
        self.send_response(int(self.path[1:]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name in the base class
        """Do not log requests."""


@pytest.fixture
def port() -> Iterator[int]:
    Answers.asked = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_servers_are_asked_on_sockets(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(Plan("", (), Path(), {}, {}, ()), port, os.getpid(), Path())
    # Python's own server has no POST here, and waits for the rest of a request.
    assert probes.two_lengths(server) == "501"
    assert probes.largest_header(server) == "0 KiB"
    monkeypatch.setattr(endurance, "PATIENCE", 1)
    assert endurance.half_sent_headers(server) == "> 1 s"
    assert endurance.half_sent_body(server) == "0 s, 501"


@pytest.mark.skipif(not shutil.which("wrk"), reason="wrk is not here")
def test_requests_are_sent_in_turn_unchanged(port: int) -> None:
    requests = [Request("PATCH", "/200", json={"full_name": name}) for name in ("Ada", "Grace")]
    done = load(port, [request.raw(port, {"Authorization": "Bearer x"}) for request in requests], 1, connections=1)
    # wrk takes the first request itself, to probe the script.
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


def test_cpu_time_includes_running_and_exited_children(tmp_path: Path) -> None:
    with started(sys.executable, "-c", BURN_IN_A_CHILD, cwd=tmp_path, log=tmp_path / "log") as leash:
        assert wait_for(lambda: len(tree(leash.pid)) == 3)
        assert wait_for(lambda: len(tree(leash.pid)) == 2)
        assert cpu_seconds(leash.pid) >= 0.3


def test_a_started_process_ends_with_the_block(tmp_path: Path) -> None:
    with started("sleep", "60", cwd=tmp_path, log=tmp_path / "log") as leash:
        assert wait_for(lambda: len(tree(leash.pid)) == 2)
        _, pid = tree(leash.pid)
    assert not Path(f"/proc/{pid}").exists()


def test_an_interrupted_command_ends_with_its_children(tmp_path: Path) -> None:
    script = "from pathlib import Path; from benchmarks.processes import run\n"
    script += "run('sh', '-c', 'sleep 60 & echo $! > pid; wait', cwd=Path())"
    env = processes.ENVIRONMENT | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen((sys.executable, "-c", script), cwd=tmp_path, env=env, stderr=subprocess.DEVNULL) as process:
        assert wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().endswith("\n"))
        process.send_signal(signal.SIGINT)
    pid = int((tmp_path / "pid").read_text())
    assert wait_for(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text())


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


def test_tests_over_http_are_timed_without_shared_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(SUITE)
    plugin = ("-p", "benchmarks.http_tests", "--http-tests-to", "out.json")
    env = processes.ENVIRONMENT | {"PYTHONPATH": str(ROOT)}
    subprocess.run((sys.executable, "-m", "pytest", *plugin), cwd=tmp_path, env=env, check=True, capture_output=True)
    output = json.loads((tmp_path / "out.json").read_text())
    assert output["tests"] == 2
    assert 75 <= output["ms_each"] < 300
    assert 75 <= output["ms_median"] < 300


def counts(*thousands: float) -> list[dict[str, float]]:
    return [{"kilo_instructions": each} for each in thousands]


def test_instructions_are_compared_with_the_last_release_round_by_round() -> None:
    (figure,) = figures_of_counts({"v1.2.0": {"GET": counts(200, 400)}, "mkbackend": {"GET": counts(100, 404)}})
    assert (figure.name, figure.values) == ("GET, instructions: mkbackend / v1.2.0", [0.5, 1.01])


def rounds(*results: tuple[float, float]) -> list[dict[str, float]]:
    return [{"per_second": each, "p99_ms": p99} for each, p99 in results]


def test_logins_are_compared_with_the_last_release_and_the_unrelated_request_with_its_aim() -> None:
    before = {name: rounds((20, 4000), (10, 2000)) for name in (logins.SIGN_UP, logins.LOGIN, logins.BUSY)}
    now = {name: rounds((25, 400), (20, 700)) for name in before}
    sign_up, login, beside, p99 = logins.figures({"v1.2.0": before, "mkbackend": now})
    assert sign_up.values == pytest.approx([0.8, 0.5])
    assert login.values == sign_up.values
    assert (beside.name, beside.values) == ("GET a user, during 200 logins, p99: mkbackend / v1.2.0", [0.1, 0.35])
    assert (p99.values, p99.missed) == ([400, 700], True)


def test_a_load_without_a_response_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logins, "load", lambda *_: Load(0, 2.0, 0.0, 0.0))
    server = Server(Plan("", (), Path(), {}, {}, ()), 1, 1, Path())
    version = logins.Version("v1.2.0", Stage(Path(), Path(), "", "", ["1"]), server)
    with pytest.raises(BenchError, match=r"v1\.2\.0: no response in 2 s"):
        version._ask_beside(2)


@pytest.mark.parametrize(
    ("recorded", "now", "worse"),
    [([], 1.009, False), ([], 1.011, True), ([0.8], 0.809, False), ([0.8], 0.811, True), ([1.2], 1.209, False)],
)
def test_a_count_may_exceed_the_release_or_the_record_by_its_tolerance(
    recorded: list[float], now: float, worse: bool
) -> None:
    before = [section(Figure("count", recorded, tolerance=0.01))] if recorded else []
    ((output, verdict),) = verdicts(before, [section(Figure("count", [now], tolerance=0.01))])
    assert verdict == worse
    assert output.startswith(f"count: {now:.4f}, {'recorded' if recorded else 'as released'} ")


@pytest.mark.parametrize(
    ("tags", "release"),
    [
        (["v1.0.0", "v1.1.0", "v1.1.0.post1+g1234"], "v1.1.0"),
        (["v1.0.0", "v1.1.0", "v1.1.0.post1+g1234", "v1.1.0.post2.dev0+g1234.d5678"], "v1.1.0"),
        (["v1.0.0", "v1.0.0.post1+g1234", "v1.1.0"], "v1.0.0"),
    ],
)
def test_the_previous_release_is_not_the_current_one(tags: list[str], release: str) -> None:
    assert release_before(tags) == release


def test_a_history_without_an_earlier_release_is_an_error() -> None:
    with pytest.raises(BenchError, match="git fetch --unshallow"):
        release_before(["v1.1.0"])


def test_without_valgrind_instructions_are_reported_as_not_measured(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command._record([Section("instructions", {}, [Figure("count", [1.0])], {})])
    monkeypatch.setenv("PATH", str(tmp_path))
    with ExitStack() as stack:
        found = Bench(1, 1, False, tmp_path, stack).measure("instructions")
    assert "Not measured: instructions: valgrind, vgdb not found" in report([found])
    assert command._check([found]) == 0
    command._record([found])
    assert "| count | 1.00 |" in (folder / "README.md").read_text()


# An ASGI application whose path sets the amount of work, and an event loop.
SERVICE = {
    "app.py": """
from contextlib import nullcontext

class App:
    def lifespan_context(self, app):
        return nullcontext()

    @property
    def router(self):
        return self

    async def __call__(self, scope, receive, send):
        work = sum(range(int(scope["path"][1:])))
        await send({"type": "http.response.start", "status": 200 if work else 404})
        await send({"type": "http.response.body", "body": (await receive())["body"]})

app = App()
""",
    "uvloop.py": "from asyncio import new_event_loop",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in SERVICE.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.skipif(bool(callgrind.missing_programs()), reason="valgrind is not here")
def test_instructions_are_counted_for_the_requests_only(project: Path) -> None:
    def calls(work: int) -> list[driver.Call]:
        return [("POST", f"/{work}", {}, "body")] * 3

    with callgrind.counted(Path(sys.executable), "app:app", project, project / "counted", {}) as service:
        assert service.send(calls(5)) == [(200, b"body")] * 3
        little, again, much = (service.count(calls(work)) for work in (10_000, 10_000, 40_000))
        with pytest.raises(BenchError, match="A request was answered 404: body"):
            service.send(calls(0))
        with pytest.raises(BenchError, match=r"(?s)The service ended:.*invalid literal for int"):
            service.send([("GET", "/many", {}, "")])
    assert again == pytest.approx(little, rel=0.001)
    assert much / little == pytest.approx(4, rel=0.2)


@pytest.mark.skipif(bool(callgrind.missing_programs()), reason="valgrind is not here")
def test_a_service_that_does_not_start_is_an_error(project: Path) -> None:
    with (
        pytest.raises(BenchError, match=r"(?s)does not start under valgrind:.*has no attribute 'missing'"),
        callgrind.counted(Path(sys.executable), "app:missing", project, project / "counted", {}),
    ):
        pass


@pytest.mark.skipif(not FULL, reason="nox -s full")
@pytest.mark.skipif(bool(callgrind.missing_programs()), reason="valgrind is not here")
def test_requests_take_no_more_instructions_than_in_the_last_release() -> None:
    check = (sys.executable, "-m", "benchmarks", "--only", "instructions", "--check", "--rounds", "3")
    done = subprocess.run(check, cwd=ROOT, env=processes.ENVIRONMENT, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stdout + done.stderr
    assert done.stdout.count(": fine") == len(REQUESTS)
