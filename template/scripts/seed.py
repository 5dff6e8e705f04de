"""Fill a development database with users to try the API with.

Run it as often as you like: what is there stays as it is.
"""

import asyncio
import secrets
import sys

from app.core.config import ConfigurationError, Settings, get_settings
from app.core.database import DatabaseManager
from app.core.exceptions import AppException
from app.core.logging import setup_logging
from app.core.security import PasswordHasher
from app.domain.roles import Role
from app.domain.schemas.user import UserCreate
from app.repository.user_repository import UserRepository
from app.service.user_service import UserService

PEOPLE = {
    "admin@example.com": ("Ada Admin", Role.ADMIN),
    "moderator@example.com": ("Mo Moderator", Role.MODERATOR),
    "user@example.com": ("Uma User", Role.USER),
}


async def seed(settings: Settings, password: str) -> list[str]:
    """Create who is missing, all with this password; return their e-mails.

    Raises:
        ConfigurationError: this is production.
        AppException: the database does not answer.
    """
    if settings.ENVIRONMENT == "production":
        raise ConfigurationError("ENVIRONMENT is production: nothing is seeded there.")
    database = DatabaseManager(settings)
    await database.connect()
    try:
        await database.ping()
        async with database.transaction() as session:
            return await _create_missing(UserRepository(session), password)
    finally:
        await database.disconnect()


async def _create_missing(users: UserRepository, password: str) -> list[str]:
    service = UserService(users, PasswordHasher())
    missing = [email for email in PEOPLE if not await users.email_exists(email)]
    for email in missing:
        name, role = PEOPLE[email]
        await service.create_user(
            UserCreate(email=email, password=password, full_name=name, role=role)
        )
    return missing


def main() -> None:
    """Seed, and print the password, which is shown this once."""
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
        print("The users are there already (no password? make admin email=you@...)")


if __name__ == "__main__":
    main()
