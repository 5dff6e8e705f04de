"""Values of users in tests. Add those that a new column or field requires."""

from typing import Any

PASSWORD = "correct horse battery staple"
# Columns of a row that a test stores directly, without the e-mail.
ROW: dict[str, Any] = {"full_name": "Grace Hopper", "password_hash": ""}
# The request body of a new user or account.
ADA = {"email": "ada@example.com", "password": PASSWORD, "full_name": "Ada"}
EVE = ADA | {"email": "eve@example.com", "full_name": "Eve"}
