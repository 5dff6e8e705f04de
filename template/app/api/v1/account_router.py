"""Account routes: registration, passwords, e-mail verification."""

from fastapi import status

from app.api.deps import SMALL_BODY, CurrentUser
from app.api.device import DeviceDep
from app.api.openapi import NO_REPLAY, PUBLIC
from app.api.slice_router import SliceRouter
from app.api.v1.account_deps import AccountServiceDep, PasswordServiceDep
from app.domain.models.user import User
from app.domain.schemas.account import (
    ChangePasswordRequest,
    EmailRequest,
    RegisterRequest,
    ResetPasswordRequest,
    TokenRequest,
)
from app.domain.schemas.auth import TokenResponse
from app.domain.schemas.common import MessageResponse
from app.domain.schemas.user import UserResponse

router = SliceRouter(prefix="/auth", tags=["Account"], dependencies=[SMALL_BODY])
# Separate: it is left out if REGISTRATION_ENABLED is false.
registration = SliceRouter(prefix="/auth", tags=["Account"], dependencies=[SMALL_BODY])
SENT = "If the account exists, an e-mail is on its way"


@registration.post(
    "/register",
    response_model=UserResponse,
    status_code=status.HTTP_201_CREATED,
    openapi_extra=PUBLIC,
)
async def register(
    data: RegisterRequest, service: AccountServiceDep, device: DeviceDep
) -> User:
    """Create an account. It has no privileges."""
    return await service.register(data, device)


@router.post("/change-password", openapi_extra=NO_REPLAY)
async def change_password(
    data: ChangePasswordRequest, user: CurrentUser, service: PasswordServiceDep
) -> TokenResponse:
    """Change your password. Revokes all other sessions; returns new tokens."""
    return await service.change(user, data.old_password, data.new_password)


@router.post(
    "/forgot-password",
    status_code=status.HTTP_202_ACCEPTED,
    openapi_extra=PUBLIC,
)
async def forgot_password(
    data: EmailRequest, service: PasswordServiceDep, device: DeviceDep
) -> MessageResponse:
    """Send a password reset link by e-mail."""
    await service.forgot(data.email, device)
    return MessageResponse(message=SENT)


@router.post("/reset-password", openapi_extra=PUBLIC)
async def reset_password(
    data: ResetPasswordRequest, service: PasswordServiceDep, device: DeviceDep
) -> MessageResponse:
    """Set a new password with the token of a reset link. Revokes all sessions."""
    await service.reset(data.token, data.new_password, device)
    return MessageResponse(message="Password changed")


@router.post("/verify-email", openapi_extra=PUBLIC)
async def verify_email(
    data: TokenRequest, service: AccountServiceDep
) -> MessageResponse:
    """Verify an e-mail address with the token of a verification link."""
    await service.verify(data.token)
    return MessageResponse(message="E-mail address verified")


@router.post(
    "/resend-verification",
    status_code=status.HTTP_202_ACCEPTED,
    openapi_extra=PUBLIC,
)
async def resend_verification(
    data: EmailRequest, service: AccountServiceDep, device: DeviceDep
) -> MessageResponse:
    """Send another verification link by e-mail."""
    await service.resend(data.email, device)
    return MessageResponse(message=SENT)
