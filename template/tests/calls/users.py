"""Requests for users and their pictures."""

from tests.calls import Calls
from tests.people import EVE, PASSWORD

PNG = b"\x89PNG\r\n\x1a\n0000"

CALLS: Calls = {
    "POST /users": lambda c: c.call("POST", "/users", json=EVE),
    "POST /users again": lambda c: c.call(
        "POST", "/users", json=EVE, headers={"Idempotency-Key": "1"}
    ),
    "PATCH /users/me": lambda c: c.call("PATCH", "/users/me", json={"full_name": "X"}),
    "PATCH /users/me again": lambda c: c.call(
        "PATCH", "/users/me", json={"email": "new@example.com", "password": PASSWORD}
    ),
    "DELETE /users/me": lambda c: c.call("DELETE", "/users/me"),
    "PUT /users/me/picture": lambda c: c.call("PUT", "/users/me/picture", content=PNG),
    "DELETE /users/me/picture": lambda c: c.call("DELETE", "/users/me/picture"),
    "PATCH /users/{user_id}": lambda c: c.call(
        "PATCH", f"/users/{c.admin.id}", json={"full_name": "X"}
    ),
    "DELETE /users/{user_id}": lambda c: c.call("DELETE", f"/users/{c.admin.id}"),
}
