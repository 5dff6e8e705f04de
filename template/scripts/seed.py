"""Command to seed a development database with users.

It can be repeated: existing users stay unchanged.
"""

import asyncio
import secrets
import sys

from app.api.v1.user_deps import get_user_service
from app.container import Container, RequestScope
from app.core.config import ConfigurationError, Settings, get_settings
from app.core.context import RequestContext
from app.core.exceptions import AppException
from app.core.logging import setup_logging
from app.domain.roles import Role
from scripts.people import new_user

SEEDER = RequestContext(address="local", request_id="seed")
PEOPLE = {
    "admin@example.com": ("Ada Admin", Role.ADMIN),
    "moderator@example.com": ("Mo Moderator", Role.MODERATOR),
    "user@example.com": ("Uma User", Role.USER),
}


async def seed(settings: Settings, password: str) -> list[str]:
    """Create the missing users with this password; return their e-mails.

    Raises:
        ConfigurationError: ENVIRONMENT is production.
        AppException: the database does not answer.
    """
    if settings.ENVIRONMENT == "production":
        raise ConfigurationError("ENVIRONMENT is production: seeding is not allowed.")
    container = Container(settings)
    created: list[str] = []
    async with container.database.connected():
        await container.database.ping()
        await container.in_transaction(
            SEEDER, lambda scope: _create_missing(scope, password, created)
        )
    return created


async def _create_missing(
    scope: RequestScope, password: str, created: list[str]
) -> None:
    service = await get_user_service(scope)
    for email, (name, role) in PEOPLE.items():
        if not await scope.users.email_exists(email):
            await service.create_user(new_user(email, password, name, role))
            created.append(email)


def main() -> None:
    """Seed, and print the password once."""
    password = secrets.token_urlsafe(12)
    try:
        settings = get_settings()
        setup_logging(settings)
        created = asyncio.run(seed(settings, password))
    except (AppException, ConfigurationError) as error:
        sys.exit(str(error))
    if created:
        print(f"Created {', '.join(created)}; password: {password}")
    else:
        print("The users already exist. Password lost? Run: make admin email=you@...")


if __name__ == "__main__":
    main()
