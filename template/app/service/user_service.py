"""Use cases of user administration."""

from dataclasses import replace
from uuid import UUID

from loguru import logger

from app.core.exceptions import ConflictException, NotFoundException
from app.core.security import PasswordHasher
from app.domain.models.user import User
from app.domain.roles import Role
from app.domain.schemas.user import UserCreate, UserListParams, UserUpdate
from app.service.audit_service import AuditService
from app.service.cursor_service import CursorService
from app.service.link_service import LinkService
from app.service.ports import UnitOfWork, UserStore
from app.service.precondition import IfMatch, check_if_match
from app.service.token_service import TokenService
from app.utils.pagination import Page


class UserService:
    """The use cases of user administration."""

    def __init__(
        self,
        repository: UserStore,
        unit: UnitOfWork,
        passwords: PasswordHasher,
        tokens: TokenService,
        audit: AuditService,
        cursors: CursorService,
        links: LinkService,
    ) -> None:
        self._repo = repository
        self._unit = unit
        self._passwords = passwords
        self._tokens = tokens
        self._audit = audit
        self._cursors = cursors
        self._links = links

    async def create_user(self, data: UserCreate, actor: UUID | None = None) -> User:
        """Create a user; `actor` is None in an operator's script.

        Raises:
            ConflictException: the e-mail is taken.
            InvalidInputException: mail cannot reach the e-mail.
            ServiceUnavailableException: too many passwords at once.
        """
        self._links.check_reachable(data.email)
        # Saves the hashing; between concurrent requests the constraint decides.
        if await self._repo.email_exists(data.email):
            raise ConflictException("This e-mail is already registered")
        async with self._unit.released():
            hashed = await self._passwords.hash_password(data.password)
        values = data.model_dump(exclude={"password"})
        user = await self._repo.create(User(**values, password_hash=hashed))
        await self._audit.done(
            "create-user", actor=actor, subject=user.id, fields=["role"]
        )
        logger.info("User created", user_id=str(user.id))
        return user

    async def get_user(self, user_id: UUID) -> User:
        """Return a user.

        Raises:
            NotFoundException: the user does not exist.
        """
        user = await self._repo.get_by_id(user_id)
        if user is None:
            raise NotFoundException("User", user_id)
        return user

    async def list_users(self, params: UserListParams) -> Page[User]:
        """Return a page of users.

        Raises:
            InvalidInputException: the cursor is invalid for this list.
        """
        scope = f"users {params.scope}"
        after = self._cursors.read(params.cursor, scope)
        query = params.model_dump(exclude={"cursor", *params.filter_names()})
        page = await self._repo.get_users(**query, after=after, filters=params.filters)
        return replace(page, next_cursor=self._cursors.write(page.end, scope))

    async def update_user(
        self, user_id: UUID, data: UserUpdate, actor: UUID, if_match: IfMatch = None
    ) -> User:
        """Change the given fields; deactivation revokes the user's tokens.

        Raises:
            NotFoundException: the user does not exist.
            ConflictException: no active admin would be left.
            PreconditionFailedException: the row changed since the caller read it.
        """
        values = data.model_dump(exclude_unset=True)
        if values.get("role", Role.ADMIN) != Role.ADMIN or not values.get(
            "is_active", True
        ):
            await self._keep_an_admin(user_id, "update-user", actor)
        await check_if_match(self._repo, user_id, if_match)
        if not values:
            return await self.get_user(user_id)
        user = await self._repo.update_by_id(user_id, values)
        if user is None:
            raise NotFoundException("User", user_id)
        if not user.is_active:
            user = await self._tokens.revoke_all(user)
        await self._audit.done(
            "update-user", actor=actor, subject=user_id, fields=values
        )
        logger.info("User updated", user_id=str(user_id), fields=sorted(values))
        return user

    async def delete_user(
        self, user_id: UUID, actor: UUID | None, if_match: IfMatch = None
    ) -> None:
        """Soft-delete a user: the row stays, the e-mail becomes available.

        `actor` is None in an operator's script.

        Raises:
            NotFoundException: the user does not exist.
            ConflictException: no active admin would be left.
            PreconditionFailedException: the row changed since the caller read it.
        """
        await self._keep_an_admin(user_id, "delete-user", actor)
        await check_if_match(self._repo, user_id, if_match)
        if not await self._repo.soft_delete(user_id):
            raise NotFoundException("User", user_id)
        await self._audit.done("delete-user", actor=actor, subject=user_id)
        logger.info("User deleted", user_id=str(user_id))

    async def _keep_an_admin(
        self, user_id: UUID, action: str, actor: UUID | None
    ) -> None:
        if await self._repo.is_last_admin(user_id):
            raise ConflictException(
                "The last active admin cannot be demoted, deactivated or deleted"
            ).remembering(self._audit.refusal(action, actor=actor, subject=user_id))
