"""A feed over a WebSocket, for signed-in users."""

from fastapi import WebSocket, WebSocketException, status

from app.api.slice_router import SliceRouter
from app.api.wiring import Shared, Wiring
from app.core.exceptions import UnauthorizedException
from app.domain.models.user import User
from app.service.audit_service import Origin

router = SliceRouter(prefix="/feed", tags=["Feed"])


@router.websocket("")
async def feed(websocket: WebSocket, token: str) -> None:
    """Greet a client with a valid token."""
    shared: Shared = websocket.app.state.shared

    async def find(wiring: Wiring) -> User:
        return await wiring.tokens.find_owner(token)

    try:
        user = await shared.in_transaction(Origin("feed", "feed"), find)
    except UnauthorizedException:
        raise WebSocketException(status.WS_1008_POLICY_VIOLATION) from None
    await websocket.accept()
    await websocket.send_json({"hello": user.email})
    await websocket.close()
