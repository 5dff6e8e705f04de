"""Passwords and tokens."""

import asyncio
import os
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise
from secrets import token_hex
from time import time
from typing import Any
from uuid import uuid4

import bcrypt
import jwt
import pytest
from argon2 import extract_parameters
from hypothesis import given
from hypothesis import strategies as st
from pwdlib.hashers.bcrypt import BcryptHasher

from app.core.config import Settings
from app.core.exceptions import ServiceUnavailableException, UnauthorizedException
from app.core.hashes import hash_kind, hash_of_nobody
from app.core.refresh_claims import RefreshClaims
from app.core.security import LEEWAY, PasswordHasher, TokenSigner, key_id
from app.domain.roles import Role
from app.kit.signer import Signer
from tests.conftest import PASSWORD, QUICK, MakeSettings

FITS = (True, None)
FAILS = (False, None)
CLAIMS = {
    "iss": "app",
    "aud": "app",
    "sub": str(uuid4()),
    "jti": "1",
    "type": "access",
    "ver": 0,
    "exp": 2**33,
    "iat": 1,
}


@pytest.fixture(scope="session")
def tokens(settings: Settings) -> TokenSigner:
    return TokenSigner(settings)


async def test_a_password_matches_only_its_own_hash(
    hasher: PasswordHasher, password_hash: str
) -> None:
    assert await hasher.verify_password(PASSWORD, password_hash) == FITS
    assert await hasher.verify_password(PASSWORD + " ", password_hash) == FAILS


async def test_the_hash_is_argon2id_at_owasps_minimum(
    make_settings: MakeSettings,
) -> None:
    defaults = {name: Settings.model_fields[name].default for name in QUICK}
    hashed = await PasswordHasher(make_settings(**defaults)).hash_password(PASSWORD)
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_the_same_password_hashes_differently_each_time(
    hasher: PasswordHasher,
) -> None:
    first = await hasher.hash_password(PASSWORD)
    assert first != await hasher.hash_password(PASSWORD)


async def test_a_weaker_hash_is_upgraded(
    make_settings: MakeSettings, password_hash: str
) -> None:
    stronger = PasswordHasher(make_settings(ARGON2_PASSES=3))
    fits, renewed = await stronger.verify_password(PASSWORD, password_hash)
    assert fits
    assert renewed
    assert ",t=3," in renewed


@pytest.mark.parametrize("password", [PASSWORD, "long " * 20])
async def test_a_bcrypt_hash_is_verified_and_upgraded(
    hasher: PasswordHasher, password: str
) -> None:
    old = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()
    fits, renewed = await hasher.verify_password(password, old)
    assert fits
    assert await hasher.verify_password(password, renewed) == FITS
    assert await hasher.verify_password("wrong " + password, old) == FAILS


@pytest.mark.parametrize("unusable", [None, "", "none", "$2b$99$" + "." * 53])
async def test_a_password_never_matches_a_missing_hash(
    hasher: PasswordHasher, unusable: str | None
) -> None:
    assert await hasher.verify_password("nobody", unusable) == FAILS


async def test_a_wrong_password_is_hashed_alike_for_everyone(
    hasher: PasswordHasher, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = settings.model_copy(update={"ARGON2_MEMORY_KIB": 16})
    known = [
        await hasher.hash_password(PASSWORD),
        await PasswordHasher(other).hash_password(PASSWORD),
        *(bcrypt.hashpw(b"x", bcrypt.gensalt(n)).decode() for n in (4, 5)),
    ]
    kinds = [kind for each in known if (kind := hash_kind(each))]
    assert len(kinds) == len(known)
    verified = Counter[str | None]()
    matches = hasher._hash.verify

    def count(password: str | bytes, password_hash: str | bytes) -> bool:
        verified[hash_kind(str(password_hash))] += 1
        return matches(password, password_hash)

    monkeypatch.setattr(hasher._hash, "verify", count)
    for password_hash in (None, "none", *known):
        verified.clear()
        assert await hasher.verify_password("wrong", password_hash, kinds) == FAILS
        assert verified == Counter(kinds)


async def test_thehash_of_nobody_takes_the_work_of_its_kind(
    hasher: PasswordHasher, password_hash: str
) -> None:
    kind = hash_kind(password_hash)
    assert kind
    assert hash_kind(hash_of_nobody(kind)) == kind
    parameters = extract_parameters(password_hash)
    assert extract_parameters(hash_of_nobody(kind)) == parameters
    assert BcryptHasher.identify(hash_of_nobody("2b$12"))


async def test_a_full_queue_refuses_until_a_place_is_free(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    hasher = PasswordHasher(make_settings(HASH_QUEUE_SIZE=1))
    for _ in range(3):
        with suppress(ZeroDivisionError), hasher.queued():
            raise ZeroDivisionError
    results = await asyncio.gather(
        *(hasher.hash_password(PASSWORD) for _ in range(3)), return_exceptions=True
    )
    assert [type(each) for each in results] == [str, str, ServiceUnavailableException]
    assert await hasher.hash_password(PASSWORD)


async def test_a_reserved_place_is_used_for_all_hashes_of_a_request(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    hasher = PasswordHasher(make_settings(HASH_QUEUE_SIZE=1))
    with hasher.queued(), hasher.queued():
        assert await hasher.verify_password("wrong", None) == FAILS
        assert await hasher.hash_password(PASSWORD)


def test_an_access_token_has_subject_version_and_role(tokens: TokenSigner) -> None:
    subject = uuid4()
    token = tokens.create_access_token(subject, Role.ADMIN, version=3)
    claims = tokens.decode_access_token(token)
    assert (claims.subject, claims.version) == (subject, 3)
    assert jwt.decode(token, options={"verify_signature": False})["role"] == "admin"


def test_tokens_are_unique(tokens: TokenSigner) -> None:
    subject = uuid4()
    assert len({tokens.create_refresh_token(subject) for _ in range(3)}) == 3


def test_a_refresh_token_returns_its_claims(tokens: TokenSigner) -> None:
    first = RefreshClaims.first(uuid4(), 3, timedelta(days=1))
    later = first.issued_at + timedelta(hours=1)
    for claims in (first, first.successor(later, later + timedelta(hours=1))):
        [token] = tokens.sign_refresh_token(claims)
        assert tokens.decode_refresh_token(token).to_payload() == claims.to_payload()


def test_a_token_has_one_successor(tokens: TokenSigner) -> None:
    one, other = [RefreshClaims.first(uuid4(), 0, timedelta(days=1)) for _ in range(2)]
    times = one.issued_at, one.expires_at
    assert one.successor(*times) == one.successor(*times)
    made = {one.id, one.successor(*times).id, other.successor(*times).id}
    assert len(made | {one.successor(*times).successor(*times).id}) == 4


def test_access_and_refresh_tokens_are_not_interchangeable(tokens: TokenSigner) -> None:
    with pytest.raises(UnauthorizedException):
        tokens.decode_access_token(tokens.create_refresh_token(uuid4()))
    with pytest.raises(UnauthorizedException):
        tokens.decode_refresh_token(tokens.create_access_token(uuid4(), Role.USER))


def test_a_token_is_refused_after_its_expiry_and_the_leeway(
    tokens: TokenSigner,
) -> None:
    for make, decode in (
        (tokens.create_access_token, tokens.decode_access_token),
        (tokens.create_refresh_token, tokens.decode_refresh_token),
    ):
        assert decode(make(uuid4(), expires_delta=timedelta(seconds=5 - LEEWAY)))
        expired = make(uuid4(), expires_delta=timedelta(seconds=-LEEWAY))
        with pytest.raises(UnauthorizedException):
            decode(expired)


@pytest.mark.parametrize(
    ("ahead", "accepted"),
    [
        ({"iat": LEEWAY * 60}, True),
        ({"nbf": LEEWAY - 5}, True),
        ({"nbf": LEEWAY + 30}, False),
    ],
)
def test_a_token_of_a_machine_whose_clock_is_ahead_is_accepted(
    tokens: TokenSigner, settings: Settings, ahead: dict[str, int], accepted: bool
) -> None:
    token = _token(settings, {k: int(time()) + v for k, v in ahead.items()})
    if accepted:
        assert tokens.decode_access_token(token)
    else:
        with pytest.raises(UnauthorizedException):
            tokens.decode_access_token(token)


def test_a_cached_token_is_refused_once_expired(
    tokens: TokenSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tokens.create_access_token(uuid4())
    expires = tokens.decode_access_token(token).expires
    last = expires + LEEWAY
    monkeypatch.setattr("app.core.security.time", lambda: last - 0.5)
    assert tokens.decode_access_token(token)
    monkeypatch.setattr("app.core.security.time", lambda: float(last))
    with pytest.raises(UnauthorizedException):
        tokens.decode_access_token(token)


def test_a_token_of_another_key_is_refused(
    tokens: TokenSigner, make_settings: MakeSettings
) -> None:
    foreign = TokenSigner(make_settings()).create_access_token(uuid4(), Role.ADMIN)
    with pytest.raises(UnauthorizedException):
        tokens.decode_access_token(foreign)


@pytest.mark.parametrize("left_out", ["kid", *CLAIMS])
def test_a_token_without_a_claim_is_refused(
    tokens: TokenSigner, settings: Settings, left_out: str
) -> None:
    with pytest.raises(UnauthorizedException):
        tokens.decode_access_token(_token(settings, {left_out: None}))


@pytest.mark.parametrize(
    "changed",
    [
        {"sub": "nobody"},
        {"type": "refresh"},
        {"iss": "others"},
        {"aud": "others"},
        {"ver": "new"},
        {"exp": 1},
        {"exp": float("inf")},
        {"kid": "0123456789abcdef"},
        {"alg": "HS384"},
    ],
)
def test_a_signed_token_with_a_wrong_claim_is_refused(
    tokens: TokenSigner, settings: Settings, changed: dict[str, object]
) -> None:
    assert tokens.decode_access_token(_token(settings, {}))
    with pytest.raises(UnauthorizedException):
        tokens.decode_access_token(_token(settings, changed))


def test_an_unsigned_token_is_refused(tokens: TokenSigner, settings: Settings) -> None:
    with pytest.raises(UnauthorizedException):
        tokens.decode_access_token(_token(settings, {"alg": "none"}))


OLD, NEW = [(token_hex(32), token_hex(32)) for _ in range(2)]
# The releases of docs/deploy.md, "Replace a key": the keys that sign, and the others.
RELEASES = [(OLD, (None, None)), (OLD, NEW), (NEW, OLD), (NEW, (None, None))]


def test_machines_of_successive_releases_accept_each_others_tokens_and_signatures(
    make_settings: MakeSettings,
) -> None:
    """Replace the keys in the documented order, release by release."""
    machines = [_with_keys(make_settings, *keys) for keys in RELEASES]
    for before, after in pairwise(machines):
        for one, other in ((before, after), (after, before)):
            signer, verifier = TokenSigner(one), TokenSigner(other)
            assert verifier.decode_access_token(signer.create_access_token(uuid4()))
            assert verifier.decode_refresh_token(signer.create_refresh_token(uuid4()))
            signature = Signer(one, "link").sign(b"data")
            assert Signer(other, "link").verify(b"data", signature)


def test_a_new_key_that_signs_at_once_is_refused_by_machines_of_the_previous_release(
    make_settings: MakeSettings,
) -> None:
    before, _, after, _ = [_with_keys(make_settings, *keys) for keys in RELEASES]
    with pytest.raises(UnauthorizedException):
        TokenSigner(before).decode_access_token(
            TokenSigner(after).create_access_token(uuid4())
        )


def _with_keys(
    make_settings: MakeSettings,
    keys: tuple[str, str],
    others: tuple[str | None, str | None],
) -> Settings:
    names = ("JWT_SECRET_KEY", "JWT_REFRESH_SECRET_KEY")
    old = (f"{name}_OLD" for name in names)
    values = dict(zip((*names, *old), (*keys, *others), strict=True))
    return make_settings(**values)


@given(text=st.text())
def test_arbitrary_text_is_refused(tokens: TokenSigner, text: str) -> None:
    with pytest.raises(UnauthorizedException):
        tokens.decode_access_token(text)


def _token(settings: Settings, changed: dict[str, object]) -> str:
    """Sign a token as the service does, with some parts changed or left out."""
    key = settings.JWT_SECRET_KEY.get_secret_value()
    parts: dict[str, Any] = CLAIMS | {"kid": key_id(key), "alg": "HS256"} | changed
    parts = {name: value for name, value in parts.items() if value is not None}
    algorithm, kid = parts.pop("alg"), parts.pop("kid", None)
    return jwt.encode(
        parts,
        None if algorithm == "none" else key,
        algorithm,
        headers={"kid": kid} if kid else None,
    )
