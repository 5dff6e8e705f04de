"""Requests for login and one's own account."""

from app.domain.purposes import Purpose
from tests.calls import Calls
from tests.people import EVE, PASSWORD

NEW = "a new password, long enough"
PASSWORDS = {"old_password": PASSWORD, "new_password": NEW}

CALLS: Calls = {
    "POST /auth/register": lambda c: c.call("POST", "/auth/register", json=EVE),
    "POST /auth/login": lambda c: c.call(
        "POST", "/auth/login", data={"username": c.admin.email, "password": PASSWORD}
    ),
    "POST /auth/refresh": lambda c: c.call("POST", "/auth/refresh", json=c.refresh),
    "POST /auth/logout": lambda c: c.call("POST", "/auth/logout", json=c.refresh),
    "POST /auth/logout-all": lambda c: c.call("POST", "/auth/logout-all"),
    "POST /auth/change-password": lambda c: c.call(
        "POST", "/auth/change-password", json=PASSWORDS
    ),
    "POST /auth/forgot-password": lambda c: c.call(
        "POST", "/auth/forgot-password", json={"email": c.admin.email}
    ),
    "POST /auth/reset-password": lambda c: c.call(
        "POST",
        "/auth/reset-password",
        json={"token": c.mailed[Purpose.RESET], "new_password": NEW},
    ),
    "POST /auth/verify-email": lambda c: c.call(
        "POST", "/auth/verify-email", json={"token": c.mailed[Purpose.VERIFY]}
    ),
    "POST /auth/resend-verification": lambda c: c.call(
        "POST", "/auth/resend-verification", json={"email": c.admin.email}
    ),
}
