"""Command to list accounts that share an e-mail, and to keep one of them.

    python -m scripts.emails
    python -m scripts.emails keep 0b9c4ad1-7c3e-4c58-9f0e-1f6f3c8a2d11

Equal e-mails may be spelled differently (app/utils/emails.py). Accounts older than this
rule can share one: each signs in with its own spelling. The command also sets the
canonical form of rows that other programs wrote.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.api.v1.user_deps import get_user_service
from app.container import Container, RequestScope
from app.core.config import ConfigurationError, Settings, get_settings
from app.core.context import RequestContext
from app.core.exceptions import AppException
from app.domain.models.user import User
from app.utils.emails import canonical_email

OPERATOR = RequestContext(address="local", request_id="emails")
BATCH = 10_000
KEEP = "To keep one and delete the others: python -m scripts.emails keep ID"
# By canonical form; the first account is found by every spelling.
Shared = Mapping[str, Sequence[User]]


async def list_shared(scope: RequestScope) -> str:
    """Return the accounts that share an e-mail, as a message."""
    lines = []
    for form, users in (await find_shared(scope)).items():
        lines.append(f"\n{len(users)} accounts share {form}:")
        lines += map(_describe, users)
    return "\n".join([*lines, "", KEEP] if lines else ["No accounts share an e-mail."])


async def keep(scope: RequestScope, id: UUID) -> str:
    """Delete the accounts that share the e-mail of this one; return a message."""
    for users in (await find_shared(scope)).values():
        if kept := next((user for user in users if user.id == id), None):
            break
    else:
        return f"No account shares the e-mail of {id}."
    service = await get_user_service(scope)
    for user in users:
        if user is not kept:
            await service.delete_user(user.id, actor=None)
    await scope.users.update_by_id(id, {"email": kept.email})
    return f"Kept {kept.email}, deleted {len(users) - 1}."


async def find_shared(scope: RequestScope) -> Shared:
    """Set the canonical forms that are free; return the users who share one."""
    shared: dict[str, list[User]] = {}
    async for id, email in _without_form(scope.session):
        form = canonical_email(email)
        alive = select(User).where(User.deleted_at.is_(None))
        holder = await scope.session.scalar(alive.where(User.canonical_email == form))
        if holder is None:
            await scope.users.update_by_id(id, {"email": email})
        elif user := await scope.users.get_by_id(id):
            shared.setdefault(form, [holder]).append(user)
    return shared


async def _without_form(session: AsyncSession) -> AsyncIterator[tuple[UUID, str]]:
    """Yield the users with another form than that of their e-mail."""
    columns = select(User.id, User.email, User.canonical_email)
    last = UUID(int=0)
    while True:
        page = columns.where(User.deleted_at.is_(None), User.id > last)
        rows = (await session.execute(page.order_by(User.id).limit(BATCH))).all()
        for id, email, form in rows:
            if form != canonical_email(email):
                yield id, email
        if not rows:
            return
        last = rows[-1].id


def _describe(user: User) -> str:
    words = [str(user.id), user.email, f"since {user.created_at:%Y-%m-%d}"]
    words.append("active" if user.is_active else "inactive")
    words += ["verified"] if user.email_verified_at else []
    return "  ".join(words)


async def main(settings: Settings, kept: UUID | None) -> str:
    """Run the command; return its output.

    Raises:
        AppException: the database does not answer, or no admin would be left.
    """
    container = Container(settings)
    async with container.database.connected():
        return await container.in_transaction(
            OPERATOR, list_shared if kept is None else lambda scope: keep(scope, kept)
        )


def _wanted() -> UUID | None:
    """Parse the command line; return the account to keep, or None."""
    parser = argparse.ArgumentParser(description="List accounts that share an e-mail.")
    commands = parser.add_subparsers(dest="command", metavar="")
    keeping = commands.add_parser("keep", help="keep one account, delete the others")
    keeping.add_argument("id", type=UUID, help="the id of the account")
    options = parser.parse_args()
    id: UUID | None = options.id if options.command else None
    return id


if __name__ == "__main__":
    wanted = _wanted()
    try:
        print(asyncio.run(main(get_settings(), wanted)))
    except (AppException, ConfigurationError) as error:
        sys.exit(str(error))
