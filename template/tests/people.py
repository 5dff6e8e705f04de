"""The values of users in tests. What a new column or field must have, it gets here."""

from typing import Any

PASSWORD = "correct horse battery staple"
# Columns, as a row has them that was stored past all rules; but for the e-mail.
ROW: dict[str, Any] = {"full_name": "Grace Hopper", "password_hash": ""}
# A request for a new user, or a new account.
ADA = {"email": "ada@example.com", "password": PASSWORD, "full_name": "Ada"}
EVE = ADA | {"email": "eve@example.com", "full_name": "Eve"}
