"""The first command of the README, typed in a clone."""

import shutil
import urllib.request
from pathlib import Path

import pytest
from combinations import FULL
from pages import blocks

from .conftest import ROOT, run
from .reader import ADMIN, Serving

# The second command runs these tests.
START, _ = (block for language, block in blocks(ROOT / "README.md") if language == "bash")


@pytest.mark.skipif(not FULL, reason="nox -s full")
def test_the_first_command_installs_makes_a_project_and_serves_it(scratch: Path) -> None:
    reader = Serving(scratch / "newcomer")
    reader.home.mkdir()
    run("git", "clone", "--quiet", ROOT, reader.home / "clone", cwd=scratch)
    reader.enter(reader.home / "clone")
    process = reader.serve(START, 900)
    try:
        assert ADMIN.search(reader.log()), reader.log()
        with urllib.request.urlopen(f"http://127.0.0.1:{reader.port}/docs") as page:
            assert page.status == 200
        assert (reader.home / "myapp" / "uv.lock").is_file()
    finally:
        process.communicate()
    shutil.rmtree(reader.home)
