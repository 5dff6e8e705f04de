"""The API as scripts/contract.py serves it, with users that are restored."""

import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import Message, Receive, Scope, Send

from app.api.openapi import is_public
from app.container import Container
from app.core.config import Settings
from app.core.security import token_hash
from app.domain.models.base import Base
from app.domain.models.idempotency_key import IdempotencyKey
from app.domain.models.mail_token import MailToken
from app.domain.models.refresh_token import RefreshToken
from app.domain.models.user import User
from app.domain.purposes import Purpose
from app.domain.roles import Role
from app.main import create_app
from scripts.contract_errors import declared_errors
from tests.people import PASSWORD, ROW

PNG = b"\x89PNG\r\n\x1a\n0000"
MAIL_TOKENS = {"a token that verifies": Purpose.VERIFY, "that resets": Purpose.RESET}
USER, SECOND = f"{Role.USER}@example.com", "second@example.com"
# The last admin cannot be deleted, so there are two.
PEOPLE = {f"{role}@example.com": role for role in Role} | {SECOND: Role.ADMIN}
USERS = Base.metadata.tables[User.__tablename__]
# The columns that refer to users.
REFERRING = [
    column
    for table in Base.metadata.sorted_tables
    for column in table.c
    if any(key.references(USERS) for key in column.foreign_keys)
]
# The columns that a call can change.
RESTORED = [c.name for c in User.__table__.columns if c.name != "created_at"]
Person = dict[str, Any]


class Stage:
    """The application, with users that are restored before each call.

    Attributes:
        described: the OpenAPI description of each path, such as "/users".
        operations: the names of all operations, such as "GET /users".
        public: the operations that are declared public.
        errors: the statuses of the errors that each operation declares.
        succeeded: the operations that succeeded for some caller.
        answers: the number of responses by operation and status.
        tokens: a valid access token of each user, by e-mail.
        known: the values of the placeholders in schemathesis.toml.
    """

    def __init__(self, settings: Settings, password_hash: str) -> None:
        self.app = create_app(settings)
        self._container: Container = self.app.state.container
        self._prefix = settings.API_V1_PREFIX
        # Not a copy: changes to it are served.
        paths: dict[str, Any] = self.app.openapi()["paths"]
        self.described = {p.removeprefix(self._prefix): paths[p] for p in paths}
        operations = {
            self._name(method, path): operation
            for path, methods in self.described.items()
            for method, operation in methods.items()
        }
        self.operations = list(operations)
        self.public = {o for o in operations if is_public(operations[o])}
        self.errors = {o: declared_errors(operations[o]) for o in operations}
        self.succeeded: set[str] = set()
        self._people: dict[str, Person] = {
            email: {
                **ROW,
                "id": uuid4(),
                "email": email,
                "role": role,
                "password_hash": password_hash,
                "picture": f"{email}.png",
            }
            for email, role in PEOPLE.items()
        }
        self.begin()

    def keep_below(self, *paths: str) -> str:
        """Keep only the operations at these paths and below; return their pattern.

        Raises:
            SystemExit: there is no such operation.
        """
        some = "|".join(re.escape(path.rstrip("/")) for path in paths)
        pattern = f"^{re.escape(self._prefix)}({some})(/|$)"
        self.operations = [
            operation
            for operation in self.operations
            if re.match(pattern, self._prefix + operation.partition(" ")[2])
        ]
        if not self.operations:
            raise SystemExit(
                f"The API has no path {' or '.join(paths)}. Write it as in /users."
            )
        self.public &= {*self.operations}
        return pattern

    def begin(self) -> None:
        """Reset the answers and sign new tokens."""
        self.answers: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self.tokens = {email: self._token(email) for email in PEOPLE}
        verify_token, reset_token = MAIL_TOKENS
        self.known = {
            "EMAIL": USER,
            "PASSWORD": PASSWORD,
            "VERIFY_TOKEN": verify_token,
            "RESET_TOKEN": reset_token,
            # Of a user who makes no calls, and so is seldom deleted.
            "REFRESH_TOKEN": self._container.signer.create_refresh_token(
                self._id(SECOND)
            ),
        }
        self._changed = True

    def user(self, email: str = USER) -> User:
        """Return the row of a user."""
        return User(**self._people[email])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Restore the users, pass the call on, and count its status."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start" and "route" in scope:
                operation = self._name(scope["method"], scope["route"].path)
                self.answers[operation][message["status"]] += 1
            await send(message)

        if self._changed:
            async with self._container.database.transaction() as session:
                await self._restore_people(session)
                await self._restore_tokens(session)
        self._changed = scope["method"] not in ("GET", "HEAD", "OPTIONS")
        scope["headers"] = [(k, self._current(v)) for k, v in scope["headers"]]
        await self.app(scope, receive, note)

    async def _restore_people(self, session: AsyncSession) -> None:
        for person in self._people.values():
            before = person["id"]
            stored = await session.get(User, before)
            if stored is not None and stored.is_deleted:
                # Deleted rows must stay deleted: a successor takes over the token.
                person["id"] = uuid4()
            await session.execute(_restored(person))
            if person["id"] != before:
                await _inherit(session, before, person["id"])
            uploads = self._container.settings.UPLOAD_DIR
            (uploads / person["picture"]).write_bytes(PNG)

    async def _restore_tokens(self, session: AsyncSession) -> None:
        # Many calls have one key: they would all get the first response.
        await session.execute(delete(IdempotencyKey))
        expires_at = datetime.now(UTC) + timedelta(hours=1)
        for token, purpose in MAIL_TOKENS.items():
            mail_token = MailToken(
                token_hash=token_hash(token),
                user_id=self._id(USER),
                purpose=purpose,
                email=USER,
                expires_at=expires_at,
            )
            await session.merge(mail_token)
        # Each call may exchange the token, whose successor is the same each second.
        # Of all users: a deleted one keeps theirs.
        await session.execute(delete(RefreshToken))
        refresh_token = RefreshToken(
            token_hash=token_hash(self.known["REFRESH_TOKEN"]),
            family_id=uuid4(),
            user_id=self._id(SECOND),
            expires_at=expires_at,
        )
        session.add(refresh_token)

    def _current(self, header: bytes) -> bytes:
        """Replace the token of a deleted user by the successor's."""
        for email, token in self.tokens.items():
            if header == f"Bearer {token}".encode():
                return f"Bearer {self._token(email)}".encode()
        return header

    def _token(self, email: str) -> str:
        return self._container.signer.create_access_token(self._id(email))

    def _id(self, email: str) -> UUID:
        id: UUID = self._people[email]["id"]
        return id

    def _name(self, method: str, path: str) -> str:
        # In newer versions of FastAPI, the path of a route lacks the prefix.
        return f"{method.upper()} {path.removeprefix(self._prefix)}"


def _restored(person: Person) -> Insert:
    """Return an upsert of a row; columns without a value get their defaults."""
    statement = insert(User).values(person)
    return statement.on_conflict_do_update(
        index_elements=[User.id],
        set_={name: statement.excluded[name] for name in RESTORED},
    )


async def _inherit(session: AsyncSession, before: UUID, successor: UUID) -> None:
    """Transfer the rows that refer to a deleted user to the successor."""
    await session.flush()
    for column in REFERRING:
        theirs = update(column.table).where(column == before)
        await session.execute(theirs.values({column: successor}))
