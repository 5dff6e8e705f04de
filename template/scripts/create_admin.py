"""Create an admin: `python -m scripts.create_admin ada@example.com`.

The password is asked for; where nobody can be asked, one is made and printed.
"""

import argparse
import asyncio
import getpass
import secrets
import sys

from pydantic import ValidationError

from app.core.config import ConfigurationError, Settings, get_settings
from app.core.database import DatabaseManager
from app.core.exceptions import AppException
from app.core.logging import setup_logging
from app.core.security import PasswordHasher
from app.domain.roles import Role
from app.domain.schemas.user import UserCreate
from app.repository.user_repository import UserRepository
from app.service.user_service import UserService


async def create_admin(settings: Settings, email: str, password: str) -> None:
    """Create the admin.

    Raises:
        ValidationError: the e-mail or the password will not do.
        AppException: the e-mail is taken, or the database does not answer.
    """
    data = UserCreate(
        email=email, password=password, full_name="Admin", role=Role.ADMIN
    )
    database = DatabaseManager(settings)
    await database.connect()
    try:
        await database.ping()
        async with database.transaction() as session:
            service = UserService(UserRepository(session), PasswordHasher())
            await service.create_user(data)
    finally:
        await database.disconnect()


def main() -> None:
    """Ask for the password, or make one."""
    parser = argparse.ArgumentParser(description="Create an admin.")
    parser.add_argument("email")
    email = parser.parse_args().email
    asked = sys.stdin.isatty()
    password = getpass.getpass() if asked else secrets.token_urlsafe(16)
    try:
        settings = get_settings()
        setup_logging(settings)
        asyncio.run(create_admin(settings, email, password))
    except ValidationError as error:
        problem = error.errors()[0]
        sys.exit(f"{problem['loc'][0]}: {problem['msg']}")
    except (AppException, ConfigurationError) as error:
        sys.exit(str(error))
    print(f"Admin {email} created" + ("" if asked else f"; password: {password}"))


if __name__ == "__main__":
    main()
