"""The cookie by which an account knows a device."""

import re
from typing import Annotated

from fastapi import Depends, Request, Response

from app.core.security import new_token
from app.service.device_service import KNOWN_FOR

# Browsers send a cookie of this prefix over https only, and no other host can set it.
COOKIE = "__Host-device"
ID = re.compile(r"[\w-]{43}", re.ASCII)


async def get_device(request: Request, response: Response) -> str:
    """Return the id of the caller's device, and set it as a cookie.

    A failed request sets none, because its response is another one.
    """
    given = request.cookies.get(COOKIE, "")
    device = given if ID.fullmatch(given) else new_token()
    response.set_cookie(
        COOKIE,
        device,
        max_age=int(KNOWN_FOR.total_seconds()),
        secure=True,
        httponly=True,
        samesite="strict",
    )
    return device


DeviceDep = Annotated[str, Depends(get_device)]


async def get_kept_device(request: Request, device: DeviceDep) -> str:
    """Return the id that the client has kept; empty if it sent none.

    Clients without cookies get an id with every response, and need none remembered.
    """
    return device if request.cookies.get(COOKIE) == device else ""


KeptDeviceDep = Annotated[str, Depends(get_kept_device)]
