"""Calls of the accounts' routes with a generated client: `accounts.py URL EMAIL PASSWORD` prints the outcomes."""

import asyncio
import io
import json
import sys
from typing import Any
from uuid import UUID, uuid4

from client_py import AuthenticatedClient, Client
from client_py.api.auth import login, logout, refresh
from client_py.api.pictures import get_my_picture, set_picture
from client_py.api.users import create_user, get_me, get_user, list_users, update_me
from client_py.models import (
    AccountUpdate,
    ErrorResponse,
    ListUsersSortBy,
    LoginForm,
    MessageResponse,
    RefreshRequest,
    Role,
    SortOrder,
    TokenResponse,
    UserCreate,
    UserListResponse,
    UserResponse,
)
from client_py.types import UNSET, File, Unset

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
GOOD = "a quiet harbour"


def sign_in(url: str, email: str, password: str) -> TokenResponse:
    """Return the tokens of a user."""
    tokens = login.sync(client=Client(base_url=url), body=LoginForm(username=email, password=password))
    assert isinstance(tokens, TokenResponse), tokens
    return tokens


def renew(url: str, tokens: TokenResponse) -> TokenResponse:
    """Return the tokens that a refresh token is exchanged for."""
    renewed = refresh.sync(client=Client(base_url=url), body=RefreshRequest(tokens.refresh_token))
    assert isinstance(renewed, TokenResponse), renewed
    return renewed


def failure(response: object) -> ErrorResponse:
    """Return a response that is an error."""
    assert isinstance(response, ErrorResponse), response
    return response


def add_users(client: AuthenticatedClient) -> None:
    """Create three users."""
    for name in ("c", "a", "b"):
        user = UserCreate(f"{name}@py.example.com", f"Ada {name}", GOOD, role=Role.MODERATOR)
        made = create_user.sync(client=client, body=user, idempotency_key=str(uuid4()))
        assert isinstance(made, UserResponse), made
        assert made.role is Role.MODERATOR
        assert made.created_at.tzinfo


async def addresses(client: AuthenticatedClient) -> list[list[str]]:
    """Return the e-mails of these users in pages of two, by cursor, asynchronously."""
    pages: list[list[str]] = []
    cursor: str | Unset | None = UNSET
    while cursor is not None:
        page = await list_users.asyncio(
            client=client,
            cursor=cursor,
            limit=2,
            search="py.example.com",
            sort_by=ListUsersSortBy.EMAIL,
            sort_order=SortOrder.ASC,
        )
        assert isinstance(page, UserListResponse), page
        pages.append([user.email for user in page.items])
        cursor = page.next_cursor
    return pages


def invalid_fields(client: AuthenticatedClient) -> list[str]:
    """Return the fields that are refused in a new user."""
    error = failure(create_user.sync(client=client, body=UserCreate("nobody", "Ada", "short")))
    assert not isinstance(error.errors, Unset)
    return sorted(each.field for each in error.errors)


def picture(client: AuthenticatedClient) -> bytes:
    """Return the picture that was uploaded, as it is sent back."""
    user = set_picture.sync(client=client, body=File(io.BytesIO(PNG)))
    assert isinstance(user, UserResponse), user
    found = get_my_picture.sync(client=client)
    assert isinstance(found, File), found
    return bytes(found.payload.read())


def rename(client: AuthenticatedClient) -> list[int]:
    """Return the statuses of two changes of one version of the account."""
    etag = get_me.sync_detailed(client=client).headers["ETag"]
    changes = (AccountUpdate(full_name=name) for name in ("Grace", "Hopper"))
    return [int(update_me.sync_detailed(client=client, body=change, if_match=etag).status_code) for change in changes]


def outcomes(url: str, email: str, password: str) -> dict[str, Any]:
    """Call the service; return the outcomes."""
    wrong = failure(login.sync(client=Client(base_url=url), body=LoginForm(username=email, password="wrong")))
    tokens = renew(url, first := sign_in(url, email, password))
    client = AuthenticatedClient(base_url=url, token=tokens.access_token)
    add_users(client)
    text = set_picture.sync(client=client, body=File(io.BytesIO(b"a text of twelve bytes")))
    signed_out = logout.sync(client=Client(base_url=url), body=RefreshRequest(tokens.refresh_token))
    return {
        "wrong password": [wrong.status, wrong.title, wrong.message],
        "refreshed": tokens.token_type == "bearer" and tokens.refresh_token != first.refresh_token,
        "pages": asyncio.run(addresses(client)),
        "invalid fields": invalid_fields(client),
        "no such user": failure(get_user.sync(UUID(int=0), client=client)).status,
        "not a picture": failure(text).status,
        "picture": picture(client) == PNG,
        "changes of one version": rename(client),
        "signed out": isinstance(signed_out, MessageResponse) and signed_out.success,
    }


if __name__ == "__main__":
    print(json.dumps(outcomes(*sys.argv[1:])))
