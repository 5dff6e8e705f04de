"""Kinds of password hashes: the algorithm and its cost, such as `2b$12`."""

import re

# The kind in a hash, for Python and for PostgreSQL.
HASH_KIND = r"^\$(2.\$\d\d|argon2.*,p=\d+)"


def hash_kind(password_hash: str | None) -> str | None:
    """Return the kind of a hash; None if there is no hash, or of no known kind."""
    found = re.match(HASH_KIND, password_hash or "")
    return found[1] if found else None


def argon2_kind(*, memory: int, passes: int, lanes: int) -> str:
    """Return the kind of Argon2id's hashes at this cost."""
    return f"argon2id$v=19$m={memory},t={passes},p={lanes}"


def hash_of_nobody(kind: str) -> str:
    """Return a hash of this kind that no password matches."""
    argon2 = f"{'A' * 22}${'A' * 43}"
    return f"${kind}${argon2 if kind.startswith('argon2') else '.' * 53}"
