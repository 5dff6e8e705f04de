"""A test written before 0.9: its old names are typed, and only warn."""

from uuid import uuid4

import pytest
from fastapi import FastAPI

from app.container import Container, RequestScope
from app.core.context import RequestContext
from app.core.exceptions import UnauthorizedException
from app.domain.models.user import User
from app.domain.schemas.auth import TokenResponse
from app.jobs.registry import JobRouter
from app.kit.files import Files
from app.kit.queue.job import Job
from tests.conftest import MakeUser
from tests.unit.conftest import Fakes

router = JobRouter()


class Greet(Job):
    """A job that greets a user."""

    name = "greet"


@router.does(Greet)
async def greet(job: Greet, shared: Container, origin: RequestContext) -> None:
    """Do nothing."""


async def owner_of(fakes: Fakes, tokens: TokenResponse) -> User:
    return await fakes.tokens.find_owner(tokens.access_token)


def files_of(scope: RequestScope) -> Files:
    assert scope.origin.address
    return scope.shared.files


async def test_a_sign_in_ends(fakes: Fakes, make_user: MakeUser) -> None:
    await fakes.limits.mail("ada@example.com")
    user = await fakes.users.create(make_user(id=uuid4()))
    tokens = await fakes.tokens.issue(user)
    assert (await owner_of(fakes, tokens)).id == user.id
    assert (await fakes.tokens.end_all(user)).token_version == 1
    with pytest.raises(UnauthorizedException):
        await owner_of(fakes, tokens)
    assert fakes.record.said == []


def test_the_container_has_its_old_names(app: FastAPI) -> None:
    shared: Container = app.state.shared
    made = shared.link_seal.make(b"data")
    assert shared.link_seal.fits(b"data", made)
    assert list(router.kinds) == [Greet]
