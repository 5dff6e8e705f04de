"""The outcomes of `calls/`, the same in each language."""

from typing import Any

# The files of each project.
CALLS = {"default": ["accounts"], "bookings": ["accounts", "bookings"]}


def outcomes(domain: str) -> dict[str, dict[str, Any]]:
    """Return the expected outcomes of each file; its users have e-mails of this domain."""
    return {
        "accounts": {
            "wrong password": [401, "Unauthorized", "E-mail or password is wrong"],
            "refreshed": True,
            "pages": [[f"a@{domain}", f"b@{domain}"], [f"c@{domain}"]],
            "invalid fields": ["body.email", "body.password"],
            "no such user": 404,
            "not a picture": 415,
            "picture": True,
            "changes of one version": [200, 412],
            "signed out": True,
        },
        "bookings": {
            "repeated": True,
            "taken": 409,
            "hours": [[0, 1], [2]],
            "price": "0.00",
            "confirmed": "confirmed",
            "confirmed again": 409,
            "all confirmed": ["confirmed"],
            "tagged": True,
            "venues for anyone": 1,
        },
    }
