"""Tests of the golden slices: a change of a template is reviewed as Python."""

from .golden import EXPECTED, golden


def test_slices_are_written_as_expected() -> None:
    expected = {path.relative_to(EXPECTED).as_posix(): path for path in EXPECTED.rglob("*.py")}
    written = golden()
    assert written.keys() == expected.keys(), "nox -s golden"
    for path, text in written.items():
        assert text == expected[path].read_text(encoding="utf-8"), (
            f"{path} differs: nox -s golden, then review the diff"
        )
