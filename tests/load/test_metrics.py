"""Tests of the metrics of several workers under load: they equal the requests sent, and promtool accepts them."""

import re
import shutil
import subprocess
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from .conftest import Serve
from .service import Service, free_port

CALLERS = 8
EACH = 240
COUNTED = re.compile(r'^http_requests_total\{method="(\w+)",route="([^"]*)",status="(\d+)"\} ([\d.]+)$', re.MULTILINE)


def test_a_scrape_under_load_equals_the_requests_sent(serve: Serve) -> None:
    port = free_port()
    with serve(workers=2, METRICS_PORT=str(port)) as service:
        before = counted(scrape(port))
        with ThreadPoolExecutor() as callers:
            calling = [callers.submit(call, service, number) for number in range(CALLERS)]
            during = [scrape(port) for _ in range(5)]
            for each in calling:
                each.result()
        text = scrape(port)
        after = counted(text)
    sent = CALLERS * EACH
    asked = {
        ("GET", "/api/v1/users/me", "200"): sent // 2,
        ("GET", "/api/v1/users/{user_id}", "422"): sent // 4,
        ("GET", "none", "404"): sent // 4,
    }
    assert {key: after[key] - before.get(key, 0) for key in asked} == asked
    assert all(0 < sum(counted(each).values()) <= sum(after.values()) for each in during)
    assert {key for key in after if "{" not in key[1] and key[1].count("/") > 4} == set(), "a path, not a template"
    check(text)


def test_promtool_detects_an_invalid_metric() -> None:
    with pytest.raises(AssertionError, match="suffix"):
        check("# HELP sold Sold\n# TYPE sold counter\nsold 1\n")


def call(service: Service, number: int) -> None:
    paths = ["/users/me", f"/users/{number}", "/users/me", f"/nowhere/{number}"]
    with service.client() as client:
        for turn in range(EACH):
            # A quarter of the calls each; two of the four paths are the same.
            client.get(paths[(turn + number) % 4])


def scrape(port: int) -> str:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return str(answer.read(), "utf-8")


def counted(text: str) -> dict[tuple[str, str, str], float]:
    return {(method, route, status): float(number) for method, route, status, number in COUNTED.findall(text)}


def check(text: str) -> None:
    if not shutil.which("promtool"):
        pytest.skip("promtool is missing: it comes with Prometheus")
    done = subprocess.run(("promtool", "check", "metrics"), input=text, capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
