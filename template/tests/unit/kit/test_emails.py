"""Canonical e-mails, and their form for mail servers."""

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.domain.schemas.user import Email
from app.utils.emails import canonical_email, with_ascii_domain

EMAIL: TypeAdapter[str] = TypeAdapter(Email)
ZOE = "zo\u00e9@example.org"
NIKOS = "\u03bd\u03b9\u03ba\u03bf\u03c3@example.org"


@pytest.mark.parametrize(
    ("email", "canonical"),
    [
        ("Ada.Lovelace@Example.ORG", "ada.lovelace@example.org"),
        ("ada@example.org.", "ada@example.org"),
        (ZOE.upper(), ZOE),
        (normalize("NFD", ZOE), ZOE),
        (NIKOS.upper(), NIKOS),
        ("\u03bd\u03b9\u03ba\u03bf\u03c2@example.org", NIKOS),
        ("J\u030c@example.org", "\u01f0@example.org"),
        ("stra\u1e9ee@example.org", "stra\u00dfe@example.org"),
        ("\u212a@example.org", "k@example.org"),
        ("a@xn--bcher-kva.de", "a@b\u00fccher.de"),
        ("A@XN--BCHER-KVA.DE", "a@b\u00fccher.de"),
        ("a@ZU\u0308RICH.de", "a@z\u00fcrich.de"),
        ("a@\uff45xample\u3002org", "a@example.org"),
        ("a@xn--a.de", "a@xn--a.de"),
        ("Nobody", "nobody"),
    ],
)
def test_equal_emails_have_one_form(email: str, canonical: str) -> None:
    assert canonical_email(email) == canonical_email(canonical) == canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("stra\u00dfe@example.org", "strasse@example.org"),
        ("a@stra\u00dfe.de", "a@strasse.de"),
        ("a@\u03c3\u03b1\u03c2.gr", "a@\u03c3\u03b1\u03c3.gr"),
        ("\u0131@example.org", "i@example.org"),
        ("\u0130@example.org", "i@example.org"),
        ("\uff41@example.org", "a@example.org"),
        ("a.b@example.org", "ab@example.org"),
        ("a+b@example.org", "a@example.org"),
    ],
)
def test_other_mailboxes_have_other_forms(one: str, other: str) -> None:
    assert canonical_email(one) != canonical_email(other)


@given(
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20),
    st.sampled_from(["example.org", "B\u00dcCHER.de", "xn--fa-hia.de"]),
)
def test_a_stored_email_equals_the_typed_one(local: str, domain: str) -> None:
    typed = f"{local}@{domain}"
    try:
        stored = EMAIL.validate_python(typed)
    except ValidationError:
        return
    forms = {canonical_email(typed), canonical_email(normalize("NFD", typed))}
    forms |= {canonical_email(stored), canonical_email(canonical_email(stored))}
    assert len(forms) == 1


@given(st.text(max_size=100))
def test_any_text_has_a_form(text: str) -> None:
    assert canonical_email(text) == canonical_email(normalize("NFC", text))
    assert with_ascii_domain(text).partition("@")[0] == text.partition("@")[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ada@b\u00fccher.de", "ada@xn--bcher-kva.de"),
        ("ada@xn--bcher-kva.de", "ada@xn--bcher-kva.de"),
        ("ada@stra\u00dfe.de", "ada@xn--strae-oqa.de"),
        (ZOE, ZOE),
        ("B\u00fccher <shop@b\u00fccher.de>", "B\u00fccher <shop@xn--bcher-kva.de>"),
        ("noreply@localhost", "noreply@localhost"),
        ("ada@i\u2764.ws", "ada@i\u2764.ws"),
    ],
)
def test_domains_become_ascii(text: str, expected: str) -> None:
    assert with_ascii_domain(text) == expected
