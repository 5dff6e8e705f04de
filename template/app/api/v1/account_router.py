"""One's own account: registering, passwords, the e-mail address."""

from fastapi import status

from app.api.deps import CurrentUser, ScopeDep
from app.api.openapi import NO_REPLAY, PUBLIC
from app.api.slice_router import SliceRouter
from app.domain.jobs.account import ForgotPassword, ResendVerification
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

router = SliceRouter(prefix="/auth", tags=["Account"])
# Not among the others: where registering is switched off, there is no such route.
registration = SliceRouter(prefix="/auth", tags=["Account"])
SENT = "If there is such an account, a mail is on its way"


@registration.post(
    "/register",
    response_model=UserResponse,
    status_code=status.HTTP_201_CREATED,
    openapi_extra=PUBLIC,
)
async def register(data: RegisterRequest, scope: ScopeDep) -> User:
    """Create an account without rights."""
    return await scope.accounts.register(data)


@router.post("/change-password", openapi_extra=NO_REPLAY)
async def change_password(
    data: ChangePasswordRequest, user: CurrentUser, scope: ScopeDep
) -> TokenResponse:
    """Change one's password. All other sign-ins end; these tokens are new."""
    return await scope.passwords.change(user, data.old_password, data.new_password)


@router.post(
    "/forgot-password",
    status_code=status.HTTP_202_ACCEPTED,
    openapi_extra=PUBLIC,
)
async def forgot_password(data: EmailRequest, scope: ScopeDep) -> MessageResponse:
    """Ask for a link to choose a new password."""
    await scope.limits.count_mail(data.email)
    await scope.jobs.add(ForgotPassword(email=data.email))
    return MessageResponse(message=SENT)


@router.post("/reset-password", openapi_extra=PUBLIC)
async def reset_password(
    data: ResetPasswordRequest, scope: ScopeDep
) -> MessageResponse:
    """Choose a new password with the token of a mail. All sign-ins end."""
    await scope.passwords.reset(data.token, data.new_password)
    return MessageResponse(message="The password is changed")


@router.post("/verify-email", openapi_extra=PUBLIC)
async def verify_email(data: TokenRequest, scope: ScopeDep) -> MessageResponse:
    """Verify an e-mail address with the token of a mail."""
    await scope.accounts.verify(data.token)
    return MessageResponse(message="The e-mail address is verified")


@router.post(
    "/resend-verification",
    status_code=status.HTTP_202_ACCEPTED,
    openapi_extra=PUBLIC,
)
async def resend_verification(data: EmailRequest, scope: ScopeDep) -> MessageResponse:
    """Ask for another link to verify an address."""
    await scope.limits.count_mail(data.email)
    await scope.jobs.add(ResendVerification(email=data.email))
    return MessageResponse(message=SENT)
