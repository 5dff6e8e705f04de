"""Overdue loans on the terminal: `python -m scripts.overdue`."""

import asyncio

from sqlalchemy import func, select

from app.api import wiring as parts
from app.api.wiring import Shared
from app.core import config_database, database_errors, mail
from app.core import storage as files
from app.core.config import get_settings
from app.core.database_guards import WriteInReadingError
from app.core.shutdown import LAST_CALL, last_call
from app.domain.models.loan import Loan
from app.service.audit_service import Origin

OPERATOR = Origin("local", "overdue")


async def overdue(wiring: parts.Wiring) -> list[str]:
    """Return the copies that are overdue."""
    late = select(Loan.copy).where(Loan.due_at < func.now()).order_by(Loan.copy)
    return list(await wiring.session.scalars(late))


async def main() -> None:
    """Print the overdue copies."""
    settings = get_settings()
    shared = Shared(settings)
    place: config_database.DatabaseSettings = settings
    store: files.FileStore = shared.files
    print(place.DB_NAME, store.path("overdue.txt").name)
    with last_call(min(LAST_CALL, 0.1)), database_errors.mapped_errors():
        await shared.database.connect()
        try:
            copies = await shared.in_transaction(OPERATOR, overdue)
        except WriteInReadingError:
            copies = []
        finally:
            await shared.database.disconnect()
    print(mail.Mail("desk@example.com", "Overdue", "\n".join(copies)).text)


if __name__ == "__main__":
    asyncio.run(main())
