"""Tests of starting programs, and of passing on what they print."""

import sys
from pathlib import Path

import pytest

from mkbackend.errors import MkbackendError
from mkbackend.system.programs import output_of, reporting, run

PRINTS = "import sys; print('data'); print('one\\ntwo', file=sys.stderr); sys.exit(int(sys.argv[1]))"


def python(text: str, *arguments: str) -> list[str]:
    """Return a command that runs Python code."""
    return [sys.executable, "-c", text, *arguments]


def test_a_reported_program_passes_on_its_command_and_its_errors_only() -> None:
    lines: list[str] = []
    with reporting(lines.append):
        assert run(*python(PRINTS, "0")) == b"data\n"
    assert lines[0].startswith("$ ")
    assert lines[1:] == ["one", "two"]


def test_a_reported_program_reads_its_input() -> None:
    with reporting(lambda line: None):
        assert run(*python("import sys; print(sys.stdin.read())"), stdin=b"given") == b"given\n"


@pytest.mark.parametrize("reported", [True, False])
def test_a_failed_program_is_the_same_error_whether_it_is_reported_or_not(reported: bool) -> None:
    with pytest.raises(MkbackendError, match=r"failed \(3\): one two"):
        if reported:
            with reporting(lambda line: None):
                run(*python(PRINTS, "3"))
        else:
            run(*python(PRINTS, "3"))


def test_a_reported_program_is_killed_after_its_timeout() -> None:
    child = "import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)'])\n"
    with reporting(lambda line: None), pytest.raises(MkbackendError, match="did not finish in 1 seconds"):
        run(*python(f"{child}time.sleep(20)"), timeout=1)


@pytest.mark.parametrize("user", ["ada:secret", "ada:sec@ret", "secret", "ada:s'ecret@"])
def test_a_password_in_a_url_is_not_reported(user: str) -> None:
    lines: list[str] = []
    url = f"https://{user}@example.com/template.git"
    with reporting(lines.append):
        run(*python("import sys; print(sys.argv[1], file=sys.stderr)", url))
    assert "://***@example.com/template.git" in lines[0]
    assert lines[1] == "https://***@example.com/template.git"


def test_a_failed_report_is_not_blamed_on_the_program() -> None:
    def report(line: str) -> None:
        raise BrokenPipeError

    with reporting(report), pytest.raises(BrokenPipeError):
        run(*python("pass"))


def test_a_missing_program_is_named() -> None:
    with reporting(lambda line: None), pytest.raises(MkbackendError, match="Cannot run no-such-program"):
        run("no-such-program")


def test_reporting_ends_with_its_block() -> None:
    lines: list[str] = []
    with reporting(lines.append):
        pass
    run(*python("pass"))
    assert lines == []


def test_output_is_reported_line_by_line_while_a_program_runs(tmp_path: Path) -> None:
    lines: list[str] = []
    waits = (
        "import pathlib, time\nprint('first', flush=True)\nwhile not pathlib.Path('seen').exists(): time.sleep(0.01)"
    )

    def report(line: str) -> None:
        lines.append(line)
        (tmp_path / "seen").touch()

    assert output_of(*python(waits), cwd=tmp_path, report=report) == (0, "first\n")
    assert lines == ["first"]


def test_output_that_is_a_result_is_not_reported_but_its_command_is(tmp_path: Path) -> None:
    lines: list[str] = []
    with reporting(lines.append):
        assert output_of(*python("print('data')"), cwd=tmp_path) == (0, "data\n")
    assert [line.partition(" ")[0] for line in lines] == ["$"]
