"""Old names, which work for one release and warn."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI

from app.container import Container, RequestScope
from app.core.config import Settings
from app.jobs.registry import JobRouter
from app.kit.signer import Signer
from app.repository.mail_token_repository import MailTokenRepository
from app.repository.refresh_token_repository import RefreshTokenRepository
from app.service.limit_service import LimitService
from app.service.link_service import LinkService
from app.service.token_service import TokenService
from tests.fakes.audit_repository import FakeAuditRepository
from tests.fakes.mail_token_repository import FakeMailTokenRepository
from tests.fakes.refresh_token_repository import FakeRefreshTokenRepository

METHODS: list[tuple[type, str, str]] = [
    (Signer, "make", "sign"),
    (Signer, "fits", "verify"),
    (JobRouter, "does", "handler"),
    (TokenService, "find_owner", "authenticate"),
    (TokenService, "end", "revoke"),
    (TokenService, "end_all", "revoke_all"),
    (LinkService, "end_all", "revoke_all"),
    (LimitService, "login", "count_login"),
    (LimitService, "register", "count_registration"),
    (LimitService, "mail", "count_mail"),
    (LimitService, "mail_token", "count_mail_token"),
    (MailTokenRepository, "end_all", "revoke_all"),
    (RefreshTokenRepository, "end_family", "revoke_family"),
    (RefreshTokenRepository, "end_all", "revoke_all"),
    (FakeMailTokenRepository, "end_all", "revoke_all"),
    (FakeRefreshTokenRepository, "end_family", "revoke_family"),
    (FakeRefreshTokenRepository, "end_all", "revoke_all"),
]
ATTRIBUTES: list[tuple[type, str, str]] = [
    (RequestScope, "shared", "container"),
    (RequestScope, "origin", "context"),
    (Container, "request_seal", "request_signer"),
    (Container, "link_seal", "link_signer"),
    (FakeAuditRepository, "said", "actions"),
]


def warns(kind: type, new: str) -> Any:
    return pytest.warns(DeprecationWarning, match=f"Renamed to {kind.__name__}.{new};")


@pytest.mark.parametrize(("kind", "old", "new"), METHODS)
def test_an_old_method_warns_and_calls_overrides_of_the_new_one(
    kind: type, old: str, new: str
) -> None:
    def record(_: object, *arguments: object, **options: object) -> object:
        return arguments, options

    overriding = type(kind.__name__, (kind,), {new: record})
    method: Callable[..., object] = getattr(object.__new__(overriding), old)
    with warns(kind, new):
        assert method(1, two=2) == ((1,), {"two": 2})


@pytest.mark.parametrize(("kind", "old", "new"), ATTRIBUTES)
def test_an_old_attribute_warns_and_returns_the_new_one(
    kind: type, old: str, new: str
) -> None:
    overriding = type(kind.__name__, (kind,), {new: 1})
    instance: object = object.__new__(overriding)
    with warns(kind, new):
        assert getattr(instance, old) == 1


def test_the_state_keeps_the_old_name_of_the_container(app: FastAPI) -> None:
    with warns(type(app.state), "container"):
        assert app.state.shared is app.state.container


def test_the_warning_points_to_the_line_with_the_old_name(settings: Settings) -> None:
    signer = Signer(settings, "test")
    scope = RequestScope(Container(settings), None, None)  # type: ignore[arg-type]  # unused
    with pytest.warns(DeprecationWarning, match="Renamed to") as warned:
        made, shared = signer.make(b"data"), scope.shared
    assert signer.verify(b"data", made)
    assert shared is scope.container
    assert [warning.filename for warning in warned] == [__file__, __file__]
