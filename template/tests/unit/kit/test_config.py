"""Settings: validation and sources."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from app.core.config import ConfigurationError, Settings, get_settings, read_all
from app.core.database import make_engine
from app.core.settings.database import DatabaseSettings
from app.core.settings.sources import SourcedSettings
from app.kit.parts import settings_classes
from tests.conftest import MakeSettings

STRONG = "f3b1c9d27a5e8046" * 4
CODE = "\n".join(
    path.read_text()
    for room in ("app", "scripts", "alembic")
    for path in (Path(__file__).parents[3] / room).rglob("*.py")
)
NAMES = [name for kind in settings_classes() for name in kind.model_fields]


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_read_by_the_code(name: str) -> None:
    read = re.search(rf"(settings|_settings|self)\.{name}\b", CODE)
    assert read, f"no code reads settings.{name}"


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_explained_in_env_example(name: str) -> None:
    explained = re.search(rf"\b{name}\b", Path(".env.example").read_text())
    assert explained, f".env.example does not explain {name}"


@pytest.mark.parametrize("name", ["JWT_SECRET_KEY", "JWT_REFRESH_SECRET_KEY"])
@pytest.mark.parametrize(
    "weak",
    ["", "short", "a" * 64, "your-super-secret-key-min-32-chars", "change-me" * 9],
)
def test_a_weak_key_is_refused(
    make_settings: MakeSettings, name: str, weak: str
) -> None:
    with pytest.raises(ValidationError, match=name):
        make_settings(**{name: weak})


def test_access_and_refresh_keys_must_differ(
    make_settings: MakeSettings,
) -> None:
    with pytest.raises(ValidationError, match="must differ"):
        make_settings(JWT_SECRET_KEY=STRONG, JWT_REFRESH_SECRET_KEY=STRONG)


def test_an_old_key_follows_the_same_rules(make_settings: MakeSettings) -> None:
    with pytest.raises(ValidationError, match="JWT_SECRET_KEY_OLD"):
        make_settings(JWT_SECRET_KEY_OLD="short")
    with pytest.raises(ValidationError, match="must differ"):
        make_settings(JWT_SECRET_KEY_OLD=STRONG, JWT_REFRESH_SECRET_KEY=STRONG)


def test_a_key_shorter_than_the_digest_is_refused(
    make_settings: MakeSettings,
) -> None:
    with pytest.raises(ValidationError, match="64 characters"):
        make_settings(JWT_ALGORITHM="HS512", JWT_SECRET_KEY=STRONG[:40])


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"DEBUG": True}, "DEBUG"),
        ({"DEBUG": False, "RELOAD": True}, "RELOAD"),
        ({"DEBUG": False, "DB_PASSWORD": "postgres"}, "DB_PASSWORD"),
        ({"DEBUG": False}, "SMTP_HOST"),
        ({"DEBUG": False, "SMTP_HOST": "mail"}, "PUBLIC_URL"),
    ],
)
def test_production_refuses_development_settings(
    make_settings: MakeSettings, values: dict[str, object], named: str
) -> None:
    with pytest.raises(ValidationError, match=named):
        make_settings(ENVIRONMENT="production", **values)


def test_production_starts_with_strong_secrets(make_settings: MakeSettings) -> None:
    settings = make_settings(
        ENVIRONMENT="production",
        DEBUG=False,
        SMTP_HOST="mail.example.com",
        PUBLIC_URL="https://shop.example.com/",
    )
    assert settings.PUBLIC_URL == "https://shop.example.com"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENVIRONMENT", "staging"),
        ("PORT", 0),
        ("DB_PORT", 65536),
        ("WORKERS", 0),
        ("LOG_LEVEL", "LOUD"),
        ("API_V1_PREFIX", "api/"),
        ("CORS_ORIGINS", "[not json"),
        ("CORS_ORIGINS", "['https://app.example.com']"),
        ("CORS_ALLOW_METHODS", "GET, patch"),
        ("DATABASE_URL", "mysql://user:pass@host/name"),
        ("DATABASE_URL", "no address"),
        ("DB_HOST", "db..example.com"),
        ("DB_HOST", "[::1]"),
        ("DB_SSL", "maybe"),
        ("TRUSTED_HOSTS", "https://shop.example.com"),
        ("TRUSTED_HOSTS", "shop.example.com:8000"),
        ("TRUSTED_HOSTS", "bücher.example"),
        ("TRUSTED_PROXIES", "proxy.example.com"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("TRUSTED_PROXIES", "*, 10.0.0.0/8"),
        ("TRUSTED_PROXIES", "10.0.0.7/8"),
        ("TRUSTED_PROXIES", "2001:db8::7/32"),
        ("TRUSTED_PROXIES", "::ffff:10.0.0.7"),
        ("ROOT_PATH", "shop"),
        ("ROOT_PATH", "/shop?"),
        ("REQUEST_TIMEOUT", 0),
        ("MAX_BODY_SIZE", 0),
        ("DB_STATEMENT_TIMEOUT", -1),
        ("PUBLIC_URL", "shop.example.com"),
        ("PUBLIC_URL", "javascript:alert(1)"),
        ("ARGON2_MEMORY_KIB", 1024),
        ("DB_SSL_CA", "/no/such/file.pem"),
    ],
)
def test_an_invalid_value_names_its_setting(
    make_settings: MakeSettings, name: str, value: object
) -> None:
    with pytest.raises(ValidationError, match=name):
        make_settings(**{name: value})


def test_a_wildcard_cors_origin_is_refused(
    make_settings: MakeSettings,
) -> None:
    with pytest.raises(ValidationError, match="CORS_ORIGINS"):
        make_settings(CORS_ORIGINS=["*"])


@pytest.mark.parametrize("hosts", ["*", "a.org, *.b.org, [::1]", "localhost"])
def test_hosts_are_names_or_wildcards(make_settings: MakeSettings, hosts: str) -> None:
    assert hosts.split(", ") == make_settings(TRUSTED_HOSTS=hosts).TRUSTED_HOSTS


@pytest.mark.parametrize("proxies", ["*", "10.0.0.0/8, ::1", "127.0.0.1"])
def test_proxies_are_addresses_or_networks(
    make_settings: MakeSettings, proxies: str
) -> None:
    settings = make_settings(TRUSTED_PROXIES=proxies)
    assert proxies.split(", ") == settings.TRUSTED_PROXIES


@pytest.mark.parametrize(
    ("proxies", "right"),
    [("10.0.0.7/8", "10.0.0.0/8"), ("::ffff:10.0.0.0/104", "10.0.0.0/8")],
)
def test_a_network_that_is_written_wrong_is_refused_with_the_right_one(
    make_settings: MakeSettings, proxies: str, right: str
) -> None:
    with pytest.raises(ValidationError, match=f"write {right}"):
        make_settings(TRUSTED_PROXIES=proxies)


@pytest.mark.parametrize("text", ['["http://a", "http://b"]', "http://a, http://b"])
def test_a_list_is_json_or_comma_separated(
    make_settings: MakeSettings, text: str
) -> None:
    assert make_settings(CORS_ORIGINS=text).CORS_ORIGINS == ["http://a", "http://b"]


@given(user=st.text(min_size=1), password=st.text(min_size=1))
def test_the_database_url_keeps_any_user_and_password(user: str, password: str) -> None:
    settings = DatabaseSettings.model_construct(
        DB_USER=user, DB_PASSWORD=SecretStr(password)
    )
    assert settings.database_url.username == user
    assert settings.database_url.password == password


def test_database_url_overrides_db_host(make_settings: MakeSettings) -> None:
    given = "postgresql://u:p@db:6543/shop"
    assert make_settings(DATABASE_URL=given, DB_HOST="x").database_url.host == "db"


@pytest.mark.parametrize("ssl", ["off", "require", "verify-full"])
def test_an_engine_is_created_for_each_ssl_mode(
    make_settings: MakeSettings, ssl: str
) -> None:
    engine = make_engine(make_settings(DB_SSL=ssl))
    assert engine.url.host == "localhost"


def test_a_configuration_error_names_each_variable_and_no_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JWT_SECRET_KEY", "hunter2")
    with pytest.raises(ConfigurationError) as refused:
        get_settings()
    assert "JWT_SECRET_KEY" in str(refused.value)
    assert "JWT_REFRESH_SECRET_KEY" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_errors_of_several_classes_name_each_variable_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class More(SourcedSettings):
        PORT: int
        LIMIT: int

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORT", "many")
    kinds: list[type[SourcedSettings]] = [Settings, More]
    with pytest.raises(ConfigurationError) as refused:
        read_all(kinds)
    for name in ("JWT_SECRET_KEY", "LIMIT", "PORT"):
        assert str(refused.value).count(f" {name}: ") == 1


def test_a_missing_database_password_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JWT_SECRET_KEY", STRONG)
    monkeypatch.setenv("JWT_REFRESH_SECRET_KEY", STRONG[::-1])
    with pytest.raises(ConfigurationError, match="DB_PASSWORD"):
        get_settings()


def test_the_environment_overrides_dotenv_and_dotenv_pyproject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").write_text(
        '[tool.app]\nDB_NAME = "toml"\nDB_USER = "toml"\nDB_HOST = "toml"'
    )
    Path(".env").write_text("DB_NAME=file\nDB_USER=file\nDB_PASSWORD=file")
    monkeypatch.setenv("DB_NAME", "environment")
    settings = DatabaseSettings()
    found = (settings.DB_NAME, settings.DB_USER, settings.DB_HOST)
    assert found == ("environment", "file", "toml")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_values_of_dotenv_are_literal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text(
        "DB_PASSWORD=é${HOME}$x\r\nDB_USER='${HOME}'", encoding, newline=""
    )
    url = DatabaseSettings().database_url
    assert (url.password, url.username) == ("é${HOME}$x", "${HOME}")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
def test_a_dotenv_of_another_encoding_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("DB_PASSWORD=é", encoding)
    with pytest.raises(ConfigurationError, match=r"\.env is not UTF-8"):
        get_settings()


def test_a_secret_can_be_a_file_and_the_environment_overrides_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("DB_PASSWORD").write_text("from a file\n")
    Path("DB_USER").write_text("file")
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("DB_USER", "environment")
    settings = DatabaseSettings()
    assert settings.database_url.password == "from a file"
    assert settings.DB_USER == "environment"


def test_an_unreadable_secret_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "JWT_SECRET_KEY").write_bytes(b"\xff")
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    with pytest.raises(ConfigurationError, match="JWT_SECRET_KEY"):
        get_settings()


def test_a_missing_secrets_directory_is_ignored(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRETS_DIR", "/no/such/directory")
    assert make_settings().ENVIRONMENT == "test"


def test_settings_are_frozen(settings: Settings) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        settings.__setattr__("DEBUG", True)


def test_secrets_are_not_in_the_repr(settings: Settings) -> None:
    assert settings.JWT_SECRET_KEY.get_secret_value() not in repr(settings)
