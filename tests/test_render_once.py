"""Tests that rendering compiles each text of a template once, and that the result is Copier's own."""

from collections import Counter
from pathlib import Path
from typing import Any

import copier
import pytest
from conftest import Checkout, source_of
from jinja2 import Environment

from mkbackend.template.render import render

ANSWERS = {"name": "shop", "license": "MIT"}
QUESTIONS = "_subdirectory: template\nname: {type: str}\nlicense: {type: str}\nboxes: {type: yaml, default: [1, 2]}\n"
BRACKETS = "_envops: {variable_start_string: '[[', variable_end_string: ']]'}\n"
TEMPLATE = {
    "copier.yml": QUESTIONS,
    # Copier's tag that makes several files of one; both have the same text in their path
    **{
        f"template/{folder}/{{% yield box from boxes %}}{{{{ box }}}}{{% endyield %}}.txt.jinja": "{{ box }}"
        for folder in ("first", "second")
    },
    **{f"template/many/{number}/{{{{ name }}}}.txt.jinja": f"{number}: {{{{ license }}}}" for number in range(20)},
    "template/many/[[ name ]].txt": "",
}
EXPECTED = {
    **{f"{folder}/{box}.txt": str(box) for folder in ("first", "second") for box in (1, 2)},
    **{f"many/{number}/shop.txt": f"{number}: MIT" for number in range(20)},
    "many/[[ name ]].txt": "",
}


@pytest.fixture
def foreign(tmp_path: Path) -> Checkout:
    """Return a template."""
    (tmp_path / "foreign").mkdir()
    template = Checkout(tmp_path / "foreign")
    template.git("init", "--quiet", "--initial-branch=main")
    template.commit(TEMPLATE)
    return template


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often each text is compiled."""
    counts: Counter[str] = Counter()
    usual = Environment.compile

    def counting(environment: Environment, source: Any, *more: Any, **options: Any) -> Any:
        counts[source] += 1
        return usual(environment, source, *more, **options)

    monkeypatch.setattr(Environment, "compile", counting)
    return counts


def rendered(foreign: Checkout, place: Path) -> dict[str, str]:
    render(source_of(str(foreign.root), "HEAD"), ANSWERS, place, place.with_name("scratch"))
    return content(place)


def content(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}


def test_each_text_is_compiled_once(foreign: Checkout, tmp_path: Path, compiled: Counter[str]) -> None:
    rendered(foreign, tmp_path / "made")
    assert compiled["many"] == compiled["{{ name }}.txt"] == 1
    # Copier tries values that are no text, too. Two files have this one.
    assert [text for text, count in compiled.items() if count > 1 and isinstance(text, str)] == ["{{ box }}"]


def test_the_result_is_that_of_copier(foreign: Checkout, tmp_path: Path) -> None:
    copier.run_copy(str(foreign.root), tmp_path / "copied", data=ANSWERS, vcs_ref="HEAD", defaults=True, quiet=True)
    assert rendered(foreign, tmp_path / "made") == content(tmp_path / "copied") == EXPECTED


def test_another_run_has_its_own_settings_of_jinja(foreign: Checkout, tmp_path: Path) -> None:
    usual = Environment.from_string
    assert "many/[[ name ]].txt" in rendered(foreign, tmp_path / "made")
    foreign.commit({"copier.yml": QUESTIONS + BRACKETS})
    assert "many/shop.txt" in rendered(foreign, tmp_path / "with-brackets")
    assert Environment.from_string is usual
