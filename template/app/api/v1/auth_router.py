"""Sign-in and sign-out routes."""

from typing import Annotated

from fastapi import Form

from app.api.deps import SMALL_BODY, CurrentUser
from app.api.device import DeviceDep, KeptDeviceDep
from app.api.openapi import NO_REPLAY, PUBLIC
from app.api.slice_router import SliceRouter
from app.api.v1.auth_deps import AuthServiceDep
from app.domain.schemas.auth import LoginForm, RefreshRequest, TokenResponse
from app.domain.schemas.common import MessageResponse

router = SliceRouter(prefix="/auth", tags=["Auth"], dependencies=[SMALL_BODY])


@router.post("/login", openapi_extra=PUBLIC)
async def login(
    form: Annotated[LoginForm, Form()], service: AuthServiceDep, device: DeviceDep
) -> TokenResponse:
    """Exchange an e-mail address and a password for tokens."""
    return await service.login(form.username, form.password, device)


@router.post("/refresh", openapi_extra=PUBLIC)
async def refresh(
    data: RefreshRequest, service: AuthServiceDep, device: KeptDeviceDep
) -> TokenResponse:
    """Exchange a refresh token for new tokens. Each works once.

    If the response is lost, repeat the request within seconds: the refresh token in the
    response is the same. Later, a repetition ends the session.
    """
    return await service.refresh(data.refresh_token, device)


@router.post("/logout", openapi_extra=PUBLIC)
async def logout(data: RefreshRequest, service: AuthServiceDep) -> MessageResponse:
    """Revoke the session of a refresh token."""
    await service.logout(data.refresh_token)
    return MessageResponse(message="Signed out")


@router.post("/logout-all", openapi_extra=NO_REPLAY)
async def logout_all(user: CurrentUser, service: AuthServiceDep) -> MessageResponse:
    """Revoke all your sessions, on every device."""
    await service.logout_all(user)
    return MessageResponse(message="Signed out everywhere")
