"""Signing in."""

from typing import Annotated

from fastapi import APIRouter, Form

from app.api.deps import AuthServiceDep
from app.domain.schemas.auth import LoginForm, RefreshRequest, TokenResponse

router = APIRouter(prefix="/auth", tags=["Auth"])


@router.post("/login")
async def login(
    form: Annotated[LoginForm, Form()], service: AuthServiceDep
) -> TokenResponse:
    """Exchange an e-mail and a password for tokens."""
    return await service.login(form.username, form.password)


@router.post("/refresh")
async def refresh(data: RefreshRequest, service: AuthServiceDep) -> TokenResponse:
    """Exchange a refresh token for new tokens."""
    return await service.refresh(data.refresh_token)
