"""Replay of responses to repeated requests (Idempotency-Key)."""

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
    """The storage of responses."""

    async def claim(self, key: str) -> bool: ...
    async def get(self, key: str, kept: timedelta) -> IdempotencyKey | None: ...
    async def put(self, row: IdempotencyKey, kept: timedelta) -> bool: ...


@dataclass(frozen=True, slots=True)
class Call:
    """A request with an Idempotency-Key."""

    caller: UUID
    method: str
    path: str
    key: str
    content: bytes

    @property
    def name(self) -> str:
        """Return a hash of everything but the content."""
        parts = (str(self.caller), self.method, self.path, self.key)
        return sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Answer:
    """A response."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class IdempotencyService:
    """Stored responses, committed with the changes that they report."""

    def __init__(self, store: AnswerStore, signer: Signer) -> None:
        self._store = store
        self._signer = signer

    async def begin(self, call: Call) -> Answer | None:
        """Return the stored response, or claim the call until the transaction ends.

        Raises:
            ConflictException: the same call is in progress.
            InvalidInputException: the key was used with other content.
        """
        if not await self._store.claim(call.name):
            raise _in_flight()
        row = await self._store.get(call.name, KEPT)
        if row is None:
            return None
        if not self._signer.verify(call.content, bytes.fromhex(row.request_hash)):
            raise InvalidInputException(
                "header.Idempotency-Key", "The key was already used for another request"
            )
        return Answer(row.status, row.headers, row.body)

    async def renew(self, call: Call) -> None:
        """Claim the call again in another transaction.

        Raises:
            ConflictException: another request claimed or answered the call.
        """
        if await self.begin(call) is not None:
            raise _in_flight()

    async def keep(self, call: Call, answer: Answer) -> None:
        """Store the response in the transaction of the change that it reports.

        Raises:
            ConflictException: another request answered the call.
        """
        if not await self._put(call, answer):
            raise _in_flight()

    async def keep_refusal(self, call: Call, answer: Answer) -> None:
        """Store a response after a rollback, unless another request has the claim."""
        if await self._store.claim(call.name):
            await self._put(call, answer)

    async def _put(self, call: Call, answer: Answer) -> bool:
        row = IdempotencyKey(
            key=call.name,
            request_hash=self._signer.sign(call.content).hex(),
            status=answer.status,
            headers=dict(answer.headers),
            body=answer.body,
        )
        return await self._store.put(row, KEPT)


def _in_flight() -> ConflictException:
    error = ConflictException("The first request with this key is in progress")
    error.retry_after = 1
    return error
