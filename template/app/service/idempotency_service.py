"""Answers that are given again to a repeated request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from app.core.exceptions import ConflictException, InvalidInputException
from app.domain.models.idempotency_key import IdempotencyKey
from app.kit.signer import Signer

KEPT = timedelta(hours=24)


class AnswerStore(Protocol):
    """What this service needs of the place where answers are kept."""

    async def claim(self, key: str) -> bool: ...
    async def get(self, key: str, kept: timedelta) -> IdempotencyKey | None: ...
    async def mark(self) -> None: ...
    async def settle(self, keeps_changes: bool) -> None: ...
    async def put(self, row: IdempotencyKey) -> None: ...


@dataclass(frozen=True, slots=True)
class Call:
    """A request that its caller may repeat: who calls what, by which key, with what."""

    caller: UUID
    method: str
    path: str
    key: str
    content: bytes

    @property
    def name(self) -> str:
        """A hash of all but the content."""
        parts = (str(self.caller), self.method, self.path, self.key)
        return sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class IdempotencyService:
    """Keeps an answer in the same transaction as what it tells of."""

    def __init__(self, store: AnswerStore, signer: Signer) -> None:
        self._store = store
        self._signer = signer

    async def begin(self, call: Call) -> Answer | None:
        """Give the earlier answer; or claim the call until the transaction ends.

        Raises:
            ConflictException: the same call is in flight.
            InvalidInputException: the key was used with another content.
        """
        if not await self._store.claim(call.name):
            error = ConflictException("The first request with this key is in flight")
            error.retry_after = 1
            raise error
        row = await self._store.get(call.name, KEPT)
        if row is None:
            await self._store.mark()
            return None
        if not self._signer.verify(call.content, bytes.fromhex(row.request_hash)):
            raise InvalidInputException(
                "header.Idempotency-Key", "The key was used for another request"
            )
        return Answer(row.status, row.headers, row.body)

    async def keep(self, call: Call, answer: Answer, *, keeps_changes: bool) -> None:
        """Keep the answer; what the call changed stays, or is undone."""
        await self._store.settle(keeps_changes)
        await self._store.put(
            IdempotencyKey(
                key=call.name,
                request_hash=self._signer.sign(call.content).hex(),
                status=answer.status,
                headers=dict(answer.headers),
                body=answer.body,
            )
        )
