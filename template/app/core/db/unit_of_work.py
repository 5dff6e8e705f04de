"""The unit of work: the transactions of one request or job."""

from asyncio import CancelledError
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db.errors import CONFLICTS, raise_conflict
from app.core.db.sessions import allow_writing, unused
from app.core.exceptions import AppException, ServiceUnavailableException

Action = Callable[[], Awaitable[object]]


async def commit(session: AsyncSession) -> None:
    """Commit a session.

    Raises:
        ConflictException: a constraint with a conflict message was violated; some are
            only checked at the commit.
    """
    try:
        await session.commit()
    except IntegrityError as error:
        raise_conflict(error, session.info.get(CONFLICTS, {}))


class UnitOfWork:
    """Consecutive transactions on one session, never two at once."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self._renewals: list[Action] = []
        self._compensations: list[Action] = []

    async def commit(self) -> None:
        """Commit the writes so far: they stay even if the request fails."""
        await commit(self.session)
        await self._renew()

    async def release(self) -> None:
        """Commit, and return the connection to the pool until the next statement."""
        await commit(self.session)

    @asynccontextmanager
    async def released(self) -> AsyncGenerator[None]:
        """Commit, and hold no connection during slow work.

        Afterwards a new transaction begins: rows read before may have changed.
        """
        await self.release()
        with unused(self.session):
            yield
        await self._renew()

    def renewing(self, action: Action) -> None:
        """Run an action at the beginning of each later transaction of this unit."""
        self._renewals.append(action)

    def compensating(self, action: Action) -> None:
        """Run an action if the unit fails, such as removing a file.

        It does not run if the connection is lost during the commit: the commit may have
        succeeded. What is then left over, a periodic job must find.
        """
        self._compensations.append(action)

    async def refuse(self, error: AppException) -> None:
        """Roll back; then run and commit the actions that the error remembers."""
        await self.session.rollback()
        # Once: the error may pass through a second unit of work.
        remembered, error.remembered = error.remembered, ()
        if remembered:
            allow_writing(self.session)
            for action in remembered:
                await action()
            await commit(self.session)

    async def compensate(self) -> None:
        """Run the compensating actions, the last one first."""
        for action in reversed(self._compensations):
            await action()

    def end(self) -> None:
        """Forget the actions: they refer to the scope, and the scope to this unit."""
        self._renewals.clear()
        self._compensations.clear()

    async def _renew(self) -> None:
        for action in self._renewals:
            await action()


@asynccontextmanager
async def unit_of_work[Scope](
    opened: AbstractAsyncContextManager[AsyncSession],
    scope: Callable[[UnitOfWork], Scope],
) -> AsyncGenerator[Scope]:
    """Open a session, and yield the scope of its unit of work."""
    unit, committing = None, False
    try:
        async with opened as session:
            unit = UnitOfWork(session)
            try:
                yield scope(unit)
            except AppException as error:
                await unit.refuse(error)
                raise
            committing = True
    except BaseException as error:
        if unit is not None and not (committing and _was_cut_off(error)):
            await unit.compensate()
        raise
    finally:
        if unit is not None:
            unit.end()


def _was_cut_off(error: BaseException) -> bool:
    """Return whether an error leaves the outcome of a commit unknown."""
    return isinstance(error, ServiceUnavailableException | CancelledError)
