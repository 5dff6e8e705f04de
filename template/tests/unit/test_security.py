"""Passwords and tokens."""

from datetime import timedelta
from uuid import uuid4

import bcrypt
import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.config import Settings
from app.core.exceptions import UnauthorizedException
from app.core.security import PasswordHasher, TokenSigner
from app.domain.roles import Role
from tests.conftest import PASSWORD, MakeSettings


@pytest.fixture(scope="session")
def tokens(settings: Settings) -> TokenSigner:
    return TokenSigner(settings)


async def test_a_password_fits_its_own_hash_only(password_hash: str) -> None:
    passwords = PasswordHasher()
    assert await passwords.verify_password(PASSWORD, password_hash)
    assert not await passwords.verify_password(PASSWORD + " ", password_hash)


async def test_the_hash_is_argon2id_at_owasps_minimum(password_hash: str) -> None:
    assert password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_the_same_password_hashes_differently_each_time() -> None:
    passwords = PasswordHasher()
    first = await passwords.hash_password(PASSWORD)
    assert first != await passwords.hash_password(PASSWORD)


@pytest.mark.parametrize("password", [PASSWORD, "long " * 20])
async def test_an_old_bcrypt_hash_still_fits(password: str) -> None:
    old = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()
    passwords = PasswordHasher()
    assert await passwords.verify_password(password, old)
    assert not await passwords.verify_password("wrong " + password, old)


async def test_nobodys_password_never_fits() -> None:
    assert not await PasswordHasher().verify_password("nobody", None)


def test_an_access_token_says_who_and_which_role(tokens: TokenSigner) -> None:
    subject = uuid4()
    claims = tokens.decode_access_token(tokens.create_access_token(subject, Role.ADMIN))
    assert (claims.subject, claims.role) == (subject, "admin")


def test_a_refresh_token_says_who(tokens: TokenSigner) -> None:
    subject = uuid4()
    claims = tokens.decode_refresh_token(tokens.create_refresh_token(subject))
    assert claims.subject == subject


def test_one_kind_of_token_is_not_taken_for_the_other(tokens: TokenSigner) -> None:
    with pytest.raises(UnauthorizedException):
        tokens.decode_access_token(tokens.create_refresh_token(uuid4()))
    with pytest.raises(UnauthorizedException):
        tokens.decode_refresh_token(tokens.create_access_token(uuid4(), Role.USER))


def test_an_expired_token_is_refused(tokens: TokenSigner) -> None:
    past = timedelta(seconds=-1)
    with pytest.raises(UnauthorizedException):
        tokens.decode_access_token(tokens.create_access_token(uuid4(), "user", past))
    with pytest.raises(UnauthorizedException):
        tokens.decode_refresh_token(tokens.create_refresh_token(uuid4(), past))


def test_a_token_of_another_key_is_refused(
    tokens: TokenSigner, make_settings: MakeSettings
) -> None:
    foreign = TokenSigner(make_settings()).create_access_token(uuid4(), Role.ADMIN)
    with pytest.raises(UnauthorizedException):
        tokens.decode_access_token(foreign)


@pytest.mark.parametrize("left_out", ["sub", "type", "exp", "iat"])
def test_a_token_without_a_claim_is_refused(
    tokens: TokenSigner, settings: Settings, left_out: str
) -> None:
    claims = {"sub": str(uuid4()), "type": "access", "exp": 2**33, "iat": 1}
    del claims[left_out]
    key = settings.JWT_SECRET_KEY.get_secret_value()
    with pytest.raises(UnauthorizedException):
        tokens.decode_access_token(jwt.encode(claims, key, "HS256"))


@pytest.mark.parametrize(
    ("changed", "algorithm"),
    [({"sub": "nobody"}, "HS256"), ({"type": "refresh"}, "HS256"), ({}, "HS384")],
)
def test_a_signed_token_of_the_wrong_form_is_refused(
    tokens: TokenSigner, settings: Settings, changed: dict[str, str], algorithm: str
) -> None:
    claims = {"sub": str(uuid4()), "type": "access", "exp": 2**33, "iat": 1} | changed
    key = settings.JWT_SECRET_KEY.get_secret_value()
    with pytest.raises(UnauthorizedException):
        tokens.decode_access_token(jwt.encode(claims, key, algorithm))


def test_an_unsigned_token_is_refused(tokens: TokenSigner) -> None:
    claims = {"sub": str(uuid4()), "type": "access", "exp": 2**33, "iat": 1}
    with pytest.raises(UnauthorizedException):
        tokens.decode_access_token(jwt.encode(claims, None, "none"))


@given(text=st.text())
def test_any_text_that_is_no_token_is_refused(tokens: TokenSigner, text: str) -> None:
    with pytest.raises(UnauthorizedException):
        tokens.decode_access_token(text)
