"""Use cases of users' pictures."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from app.core.exceptions import NotFoundException, UnsupportedMediaTypeException
from app.domain.jobs.account import RemovePicture
from app.domain.models.user import User
from app.domain.pictures import BEGINNING, picture_type
from app.kit.files import Download
from app.service.audit_service import AuditService
from app.service.ports import JobStore, UnitOfWork, UserStore
from app.service.precondition import check_sign_in


class PictureStore(Protocol):
    """The storage of pictures."""

    async def find(self, name: str) -> Path | Download | None: ...
    async def save(self, name: str, chunks: AsyncIterator[bytes]) -> None: ...
    async def remove(self, name: str) -> None: ...


async def receive_picture(store: PictureStore, chunks: AsyncIterator[bytes]) -> str:
    """Store a picture as it arrives; return its file name.

    Raises:
        UnsupportedMediaTypeException: the content is not a JPEG, PNG or WebP.
        ServiceUnavailableException: the file cannot be stored.
    """
    beginning = b""
    async for chunk in chunks:
        beginning += chunk
        if len(beginning) >= BEGINNING:
            break
    kind = picture_type(beginning)
    if kind is None:
        raise UnsupportedMediaTypeException("Send a JPEG, PNG or WebP picture")
    name = f"{uuid4().hex}.{kind}"
    await store.save(name, _joined(beginning, chunks))
    return name


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


class PictureService:
    """The use cases of pictures. Replaced files are removed after the commit."""

    def __init__(
        self,
        files: PictureStore,
        users: UserStore,
        unit: UnitOfWork,
        audit: AuditService,
        jobs: JobStore,
    ) -> None:
        self._files = files
        self._users = users
        self._unit = unit
        self._audit = audit
        self._jobs = jobs

    async def set_picture(self, user: User, chunks: AsyncIterator[bytes]) -> User:
        """Replace a user's picture by an uploaded one.

        Raises:
            UnsupportedMediaTypeException: the content is not a JPEG, PNG or WebP.
            ServiceUnavailableException: the file cannot be stored.
            UnauthorizedException: the account changed in the meantime.
        """
        async with self._unit.released():
            name = await receive_picture(self._files, chunks)
            self._unit.compensating(partial(self._files.remove, name))
        return await self._change(user, name)

    async def remove_picture(self, user: User) -> User:
        """Remove a user's picture.

        Raises:
            UnauthorizedException: the account changed in the meantime.
        """
        return await self._change(user, None)

    async def _change(self, user: User, name: str | None) -> User:
        user = await check_sign_in(self._users, user)
        old = user.picture
        user = await self._users.update_by_id(user.id, {"picture": name}) or user
        await self._audit.done(
            "update-account", actor=user.id, subject=user.id, fields=["picture"]
        )
        if old is not None:
            await self._jobs.add(RemovePicture(picture=old))
        return user

    async def find(self, user: User) -> Path | Download:
        """Return the path of a user's picture, or its content.

        Raises:
            NotFoundException: the user has no picture.
            ServiceUnavailableException: the file cannot be looked up.
        """
        await self._unit.release()
        found = await self._files.find(user.picture) if user.picture else None
        if found is None:
            raise NotFoundException("Picture of user", user.id)
        return found
