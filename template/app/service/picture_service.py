"""Pictures of people."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID, uuid4

from app.core.exceptions import NotFoundException, UnsupportedMediaTypeException
from app.domain.jobs.account import RemovePicture
from app.domain.models.user import User
from app.domain.pictures import BEGINNING, picture_type
from app.service.audit_service import AuditService
from app.service.link_service import JobStore


class PictureStore(Protocol):
    """What this service needs of the place where files are kept."""

    def path(self, name: str) -> Path: ...
    async def save(self, name: str, chunks: AsyncIterator[bytes]) -> None: ...


class OwnerStore(Protocol):
    """What this service needs of the place where users are kept."""

    async def update_by_id(
        self, id: UUID, values: Mapping[str, Any]
    ) -> User | None: ...


async def receive_picture(store: PictureStore, chunks: AsyncIterator[bytes]) -> str:
    """Store a picture as it arrives; give the name that it got.

    Raises:
        UnsupportedMediaTypeException: it is no picture, or of another type.
        ServiceUnavailableException: it cannot be stored.
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
    """The use cases of pictures. The file of a replaced one goes after the commit."""

    def __init__(
        self,
        files: PictureStore,
        owners: OwnerStore,
        audit: AuditService,
        jobs: JobStore,
    ) -> None:
        self._files = files
        self._owners = owners
        self._audit = audit
        self._jobs = jobs

    async def set_picture(self, user: User, name: str | None) -> User:
        """Give a user a picture that was received, or none."""
        old = user.picture
        user = await self._owners.update_by_id(user.id, {"picture": name}) or user
        await self._audit.done(
            "update-account", actor=user.id, subject=user.id, fields=["picture"]
        )
        if old is not None:
            await self._jobs.add(RemovePicture(picture=old))
        return user

    def find(self, user: User) -> Path:
        """Find the file of a user's picture.

        Raises:
            NotFoundException: there is none.
        """
        if user.picture is None or not self._files.path(user.picture).is_file():
            raise NotFoundException("Picture of user", user.id)
        return self._files.path(user.picture)
