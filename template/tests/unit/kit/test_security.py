"""Passwords and tokens."""

import asyncio
import os
from collections import Counter
from contextlib import suppress
from datetime import timedelta
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
from app.core.security import PasswordHasher, TokenSigner, key_id
from app.domain.roles import Role
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
    subject, family = uuid4(), uuid4()
    made = {tokens.create_refresh_token(subject, 0, family) for _ in range(3)}
    assert len(made) == 3


def test_a_refresh_token_has_subject_and_family(tokens: TokenSigner) -> None:
    subject = uuid4()
    family = uuid4()
    claims = tokens.decode_refresh_token(
        tokens.create_refresh_token(subject, 0, family)
    )
    assert (claims.subject, claims.family) == (subject, family)


def test_access_and_refresh_tokens_are_not_interchangeable(tokens: TokenSigner) -> None:
    with pytest.raises(UnauthorizedException):
        tokens.decode_access_token(tokens.create_refresh_token(uuid4()))
    with pytest.raises(UnauthorizedException):
        tokens.decode_refresh_token(tokens.create_access_token(uuid4(), Role.USER))


def test_an_expired_token_is_refused(tokens: TokenSigner) -> None:
    past = timedelta(seconds=-1)
    with pytest.raises(UnauthorizedException):
        tokens.decode_access_token(
            tokens.create_access_token(uuid4(), expires_delta=past)
        )
    with pytest.raises(UnauthorizedException):
        tokens.decode_refresh_token(
            tokens.create_refresh_token(uuid4(), expires_delta=past)
        )


def test_a_cached_token_is_refused_once_expired(
    tokens: TokenSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tokens.create_access_token(uuid4())
    expires = tokens.decode_access_token(token).expires
    monkeypatch.setattr("app.core.security.time", lambda: expires - 0.5)
    assert tokens.decode_access_token(token)
    monkeypatch.setattr("app.core.security.time", lambda: float(expires))
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


def test_tokens_stay_valid_after_key_rotation(
    make_settings: MakeSettings,
) -> None:
    before = make_settings()
    old = before.JWT_SECRET_KEY.get_secret_value()
    after = TokenSigner(make_settings(JWT_SECRET_KEY_OLD=old))
    subject = uuid4()
    token = TokenSigner(before).create_access_token(subject)
    assert after.decode_access_token(token).subject == subject
    with pytest.raises(UnauthorizedException):
        TokenSigner(before).decode_access_token(after.create_access_token(subject))


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
