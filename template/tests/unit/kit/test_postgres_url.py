"""DATABASE_URL: the forms that hosting providers issue."""

import ssl
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from sqlalchemy import URL

from app.core.database import make_engine
from app.core.settings.database import DatabaseSettings
from app.core.settings.parameters import VALUES
from app.core.settings.postgres_url import make_url, parse_url
from tests.conftest import MakeSettings

LOGIN = "postgresql://ada:secret@db.example.com:6543/shop"
SOCKET = "/cloudsql/project:region:shop"


def read(text: str) -> DatabaseSettings:
    """Return the settings of a database that only a URL names."""
    return DatabaseSettings(_env_file=None, DATABASE_URL=SecretStr(text))


def arguments(text: str) -> dict[str, Any]:
    """Return the arguments of asyncpg that the engine adds to the defaults."""
    return read(text).driver_arguments


@pytest.mark.parametrize(
    "scheme", ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"]
)
def test_the_scheme_of_any_driver_is_accepted(scheme: str) -> None:
    url = parse_url(LOGIN.replace("postgresql", scheme))
    assert url.drivername == "postgresql+asyncpg"
    assert (url.host, url.port, url.database) == ("db.example.com", 6543, "shop")


@pytest.mark.parametrize(
    ("login", "user", "password"),
    [
        ("ada:p%40ss%2Fw%3Ard", "ada", "p@ss/w:rd"),
        ("ada%40server:secret", "ada@server", "secret"),
        ("ada@server:secret", "ada@server", "secret"),
        ("postgres.project:100%", "postgres.project", "100%"),
        ("ada", "ada", None),
    ],
)
def test_the_login_may_have_any_character(
    login: str, user: str, password: str | None
) -> None:
    url = parse_url(f"postgresql://{login}@db/shop")
    assert (url.username, url.password) == (user, password)


@pytest.mark.parametrize(
    ("place", "hosts", "ports"),
    [
        ("one:6000,two", ["one", "two"], [6000, 5432]),
        ("one,two", ["one", "two"], [5432, 5432]),
        ("[::1]:6000,[2001:db8::1]", ["::1", "2001:db8::1"], [6000, 5432]),
        ("?host=one:6000&host=two:6001", ["one", "two"], [6000, 6001]),
        ("?host=one,two&port=6000", ["one", "two"], [6000, 6000]),
        ("?host=one,::1&port=6000,6001", ["one", "::1"], [6000, 6001]),
        ("one:5432,two?port=6000", ["one", "two"], [6000, 6000]),
        (f"?host={SOCKET}", [SOCKET], [5432]),
        ("?host=%2Fvar%2Frun&port=6000", ["/var/run"], [6000]),
        ("%2Fvar%2Frun:6000", ["/var/run"], [6000]),
    ],
)
def test_several_hosts_and_sockets_are_passed_to_the_driver(
    place: str, hosts: list[str], ports: list[int]
) -> None:
    netloc, _, query = place.partition("?")
    found = arguments(f"postgresql://ada:secret@{netloc}/shop?{query}")
    assert (found["host"], found["port"]) == (hosts, ports)


@pytest.mark.parametrize(
    ("place", "host", "port"),
    [
        ("/shop", None, None),
        ("[::1]:6000/shop", "::1", 6000),
        ("/shop?host=db&port=6000", "db", 6000),
        ("db/?dbname=shop&user=ada&password=secret", "db", 5432),
    ],
)
def test_one_host_is_part_of_the_url(
    place: str, host: str | None, port: int | None
) -> None:
    url = parse_url(f"postgresql://{place}")
    assert (url.host, url.port, url.database) == (host, port, "shop")
    assert not url.query


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sslmode=prefer", {"ssl": "prefer"}),
        ("ssl=false", {"ssl": "disable"}),
        ("connect_timeout=10", {"timeout": 10}),
        ("connect_timeout=0", {}),
        ("keepalives=1&keepalives_idle=30&tcp_user_timeout=9000", {}),
        ("channel_binding=prefer&gssencmode=disable&sslcompression=0", {}),
        ("target_session_attrs=read-write", {"target_session_attrs": "read-write"}),
        ("application_name=a", {"server_settings": {"application_name": "a"}}),
        ("options=endpoint%3Da", {"server_settings": {"options": "endpoint=a"}}),
        (
            "application_name=a&fallback_application_name=b&options=-c%20jit%3Doff",
            {"server_settings": {"application_name": "a", "options": "-c jit=off"}},
        ),
        ("prepared_statement_cache_size=0", {"prepared_statement_cache_size": 0}),
        ("sslmode=", {}),
    ],
)
def test_parameters_are_translated(query: str, expected: dict[str, object]) -> None:
    assert arguments(f"{LOGIN}?{query}") == expected


@pytest.mark.parametrize(
    ("query", "verifies", "names"),
    [
        ("sslmode=require", False, False),
        ("ssl=true", False, False),
        ("sslmode=verify-ca", True, False),
        ("sslmode=verify-full", True, True),
        ("sslrootcert=system", True, True),
        ("sslmode=require&channel_binding=require", True, True),
        ("sslmode=verify-full&sslrootcert=system&sslnegotiation=direct", True, True),
    ],
)
def test_tls_verifies_the_certificate_and_its_name(
    query: str, verifies: bool, names: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/nowhere")
    found = arguments(f"{LOGIN}?{query}")
    assert (found["ssl"].verify_mode == ssl.CERT_REQUIRED) is verifies
    assert found["ssl"].check_hostname is names
    assert ("direct_tls" in found) is ("direct" in query)


def test_the_tls_versions_are_bounded() -> None:
    query = "sslmode=require&ssl_min_protocol_version=TLSv1.3"
    found = arguments(f"{LOGIN}?{query}&ssl_max_protocol_version=TLSv1.3")
    assert found["ssl"].minimum_version == ssl.TLSVersion.TLSv1_3
    assert found["ssl"].maximum_version == ssl.TLSVersion.TLSv1_3


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f"{LOGIN}?sslmode=always", "sslmode must be disable or"),
        (f"{LOGIN}?target_session_attrs=master", "target_session_attrs must be any"),
        (f"{LOGIN}?gssencmode=require", "gssencmode must be disable or prefer"),
        (f"{LOGIN}?connect_timeout=soon", "connect_timeout must be a whole number"),
        (f"{LOGIN}?connection_limit=1", "connection_limit.*use DB_POOL_SIZE"),
        (f"{LOGIN}?require_auth=scram-sha-256", "require_auth is not supported"),
        (f"{LOGIN}?sslcert=/no/such.crt", "sslcert needs sslmode=require"),
        (f"{LOGIN}?sslnegotiation=direct", "sslnegotiation=direct needs"),
        (f"{LOGIN}?sslmode=prefer&sslrootcert=system", "sslrootcert=system needs"),
        (f"{LOGIN}?sslmode=verify-full&sslrootcert=/no.crt", "sslrootcert: No such"),
        (f"{LOGIN}?sslmode=require&sslcert=/no.crt", "sslcert, sslkey: No such"),
        ("postgresql://db:1,other:2/shop?port=1,2,3", "number of ports"),
        ("postgresql://db:65536/shop", "invalid host or port"),
        ("postgresql://a..b/shop", "invalid host or port"),
        ("postgresql://one,,two/shop", "invalid host or port"),
        ("postgresql://a:b:c/shop", "invalid host or port"),
        ("postgresql://[::1/shop", "invalid host or port"),
        ("mysql://db/shop", "must have the form"),
        ("host=db dbname=shop", "must have the form"),
        (f"'{LOGIN}'", "without quotes"),
    ],
)
def test_an_unusable_url_is_refused_with_the_reason(text: str, named: str) -> None:
    with pytest.raises(ValidationError, match=f"(?s)DATABASE_URL.*{named}"):
        read(text)


@pytest.mark.parametrize("sign", ["/", "?", "/?", "?a=", "/@", "@/"])
def test_an_error_shows_no_part_of_a_password(sign: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read(f"postgresql://ada:12{sign}hunter2@db/shop")
    assert "hunter2" not in str(refused.value)
    assert "%XX" in str(refused.value)


def test_a_file_that_is_no_certificate_is_refused(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("not a certificate")
    with pytest.raises(ValidationError, match="sslrootcert"):
        read(f"{LOGIN}?sslmode=verify-full&sslrootcert={wrong}")
    with pytest.raises(ValidationError, match="DB_SSL_CA"):
        make_settings(DB_SSL="verify-full", DB_SSL_CA=wrong)


def test_pgbouncer_is_named_by_a_setting_or_by_the_url(
    make_settings: MakeSettings,
) -> None:
    assert read(f"{LOGIN}?pgbouncer=true").has_pgbouncer
    assert make_settings(DB_PGBOUNCER=True).has_pgbouncer
    assert not read(f"{LOGIN}?pgbouncer=false").has_pgbouncer


def test_the_engine_has_no_parameters_that_the_driver_lacks() -> None:
    queries = (f"{name}={(values or ('1',))[0]}" for name, values in VALUES.items())
    unused = ("sslcert", "sslkey", "sslnegotiation")
    url = "&".join(query for query in queries if not query.startswith(unused))
    assert not make_engine(read(f"{LOGIN}?{url}")).url.query


@given(
    user=st.text(min_size=1),
    password=st.text(min_size=1),
    hosts=st.lists(
        st.tuples(
            st.sampled_from(["db", "::1", "127.0.0.1", "/run/pg", SOCKET]),
            st.integers(1, 65535),
        ),
        min_size=1,
    ),
    options=st.text(min_size=1),
)
def test_a_url_can_be_written_and_read_again(
    user: str, password: str, hosts: list[tuple[str, int]], options: str
) -> None:
    url: URL = make_url(user, password, hosts, "shop", {"options": options})
    assert parse_url(url.render_as_string(hide_password=False)) == url
