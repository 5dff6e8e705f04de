"""CORS_ORIGINS: the spelling that browsers send."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.core.settings.origins import check_origin
from tests.conftest import MakeSettings

RIGHT = "https://app.example.com"


@pytest.mark.parametrize(
    "origin",
    [
        RIGHT,
        "http://localhost:3000",
        "https://app.example.com:8443",
        "http://192.0.2.1",
        "http://[2001:db8::1]:3000",
        "https://xn--bcher-kva.example",
        "capacitor://localhost",
        "chrome-extension://abcdefghijklmnop",
        "*",
    ],
)
def test_an_origin_of_a_browser_is_accepted(origin: str) -> None:
    assert check_origin(origin) == origin


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (f"{RIGHT}/", RIGHT),
        (f"{RIGHT}/login?next=/#top", RIGHT),
        ("HTTPS://APP.example.com", RIGHT),
        ("https://app.example.com:443", RIGHT),
        ("http://app.example.com:80", "http://app.example.com"),
        ("https://user:password@app.example.com", RIGHT),
        ("https://app.example.com:", RIGHT),
        ("app.example.com", RIGHT),
        ("//app.example.com", RIGHT),
        ("https:/app.example.com", RIGHT),
        ("localhost:3000", "http://localhost:3000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("http://[2001:DB8:0::1]", "http://[2001:db8::1]"),
    ],
)
def test_another_spelling_is_refused_with_the_right_one(text: str, right: str) -> None:
    with pytest.raises(ValueError, match=f"browsers send '{re.escape(right)}'$"):
        check_origin(text)
    assert check_origin(right) == right


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("null", "every sandboxed page"),
        ("https://*.example.com", "list each origin"),
        ("*.example.com", "list each origin"),
        ("https://", "not an origin"),
        ("?https://app.example.com", "not an origin"),
        ("file:///index.html", "not an origin"),
        ("https://app.example.com:http", "not an origin"),
        ("https://a b.example", "not an origin"),
        ("https://[::1", "not an origin"),
        ("https://\N{SNOWMAN}.example", "not an origin"),
    ],
)
def test_other_text_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check_origin(text)


@given(
    st.text()
    | st.builds(
        str.__add__,
        st.sampled_from(["http://", "https://", "1://"]),
        st.text("Ab09.:/- \n"),
    )
)
def test_an_accepted_origin_is_in_its_own_spelling(text: str) -> None:
    try:
        assert check_origin(text) == text
    except ValueError as error:
        suggested = re.search(r"browsers send '(.+)'$", str(error))
        assert suggested is None or check_origin(suggested[1])


def test_a_setting_names_the_origin_that_never_matches(
    make_settings: MakeSettings,
) -> None:
    with pytest.raises(ValidationError, match=f"(?s)CORS_ORIGINS.*'{RIGHT}'"):
        make_settings(CORS_ORIGINS=f"http://localhost:3000, {RIGHT}/")
