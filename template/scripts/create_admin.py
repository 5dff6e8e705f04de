"""Command to create an admin: `python -m scripts.create_admin ada@example.com`.

It prompts for the password; without a terminal, it generates and prints one.
"""

import argparse
import asyncio
import getpass
import secrets
import sys

from pydantic import ValidationError

from app.api.v1.user_deps import get_user_service
from app.container import Container, RequestScope
from app.core.config import ConfigurationError, Settings, get_settings
from app.core.context import RequestContext
from app.core.exceptions import AppException
from app.core.logging import setup_logging
from app.domain.roles import Role
from app.domain.schemas.user import UserCreate
from scripts.people import new_user

OPERATOR = RequestContext(address="local", request_id="create_admin")


async def create_admin(settings: Settings, email: str, password: str) -> None:
    """Create the admin.

    Raises:
        ValidationError: the e-mail or the password is invalid.
        AppException: the e-mail is taken, or the database does not answer.
    """
    data = new_user(email, password, "Admin", Role.ADMIN)
    container = Container(settings)
    async with container.database.connected():
        await container.database.ping()
        await container.in_transaction(OPERATOR, lambda scope: _create(scope, data))


async def _create(scope: RequestScope, data: UserCreate) -> None:
    service = await get_user_service(scope)
    await service.create_user(data)


def main() -> None:
    """Prompt for the password, or generate one."""
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
