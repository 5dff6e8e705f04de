"""The description of the API as a file."""

import json
from pathlib import Path

import pytest

from scripts import openapi


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file that the command writes and checks."""
    path = tmp_path / "openapi.json"
    monkeypatch.setattr("sys.argv", ["openapi", "--check", str(path)])
    return path


def test_the_description_is_sorted_and_complete() -> None:
    text = openapi.describe()
    description = json.loads(text)
    assert text == f"{json.dumps(description, indent=2, sort_keys=True)}\n"
    login = description["paths"]["/api/v1/auth/login"]["post"]
    assert (login["operationId"], login["tags"]) == ("login", ["Auth"])
    schemas = description["components"]["schemas"]
    assert schemas["UserCreate"]["properties"]["email"]["examples"]
    assert schemas["ErrorResponse"]["examples"]


def test_the_description_does_not_depend_on_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = openapi.describe()
    for name, value in {"API_V1_PREFIX": "/v9", "VERSION": "9", "DEBUG": "0"}.items():
        monkeypatch.setenv(name, value)
    assert openapi.describe() == text


def test_a_required_setting_without_a_value_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(openapi, "SECRETS", ("JWT_SECRET_KEY", "DB_PASSWORD"))
    with pytest.raises(SystemExit, match=r"\.env\.example(.|\n)*JWT_REFRESH"):
        openapi.describe()


def test_a_file_is_checked_once_it_exists(path: Path) -> None:
    assert openapi.main() == 0
    assert not path.exists()
    path.write_text(openapi.describe(), encoding="utf-8")
    assert openapi.main() == 0


def test_an_outdated_file_is_refused_with_the_command(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_text("{}\n", encoding="utf-8")
    assert openapi.main() == 1
    assert "does not describe the API: make openapi" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == "{}\n"


def test_the_command_writes_the_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["openapi", str(path)])
    assert openapi.main() == 0
    assert path.read_text(encoding="utf-8") == openapi.describe()
