"""Rights to read and to write the rows of a resource. Pure."""

from dataclasses import dataclass

from mkbackend.errors import BadInputError
from mkbackend.slices.names import require_plain

PUBLIC, USER, OWNER, ADMIN = "public", "user", "owner", "admin"
# Short forms: the rights to read, and to write.
AUTHS = {
    "user": (USER, USER),
    "public": (PUBLIC, USER),
    "owner": (OWNER, OWNER),
    "admin": (ADMIN, ADMIN),
    "catalogue": (PUBLIC, ADMIN),
}
_SYNTAX = "Use public, user, owner, admin or a role, several with +: --read owner+moderator."


@dataclass(frozen=True)
class Rights:
    """The callers that read and those that write; admins do both in any case.

    Attributes:
        read: `public`, `user`, or some of `owner`, `admin` and roles.
        write: the same without `public`.
    """

    read: tuple[str, ...] = (USER,)
    write: tuple[str, ...] = (USER,)

    @property
    def auth(self) -> str:
        """Return the short form; empty if there is none."""
        words = tuple("+".join(each) for each in (self.read, self.write))
        return next((name for name, usual in AUTHS.items() if usual == words), "")

    @property
    def is_public(self) -> bool:
        """Return whether anyone may read."""
        return self.read == (PUBLIC,)

    @property
    def owned(self) -> bool:
        """Return whether each row has an owner, who writes it."""
        return OWNER in self.write

    @property
    def private(self) -> bool:
        """Return whether users see their own rows only."""
        return OWNER in self.read

    @property
    def readers(self) -> tuple[str, ...]:
        """Return the roles that may read all rows; empty if everyone signed in may."""
        return _roles(self.read)

    @property
    def writers(self) -> tuple[str, ...]:
        """Return the roles that may write all rows; empty if everyone signed in may."""
        return _roles(self.write)

    @property
    def roles(self) -> set[str]:
        """Return the roles that the project needs."""
        return {*self.readers, *self.writers}


def parse_rights(auth: str | None, read: str | None, write: str | None) -> Rights:
    """Return the rights of three options; raise BadInputError if they are invalid or contradict each other."""
    short = USER if auth is None else auth
    if short not in AUTHS:
        raise BadInputError(f"--auth {short} is not valid.", f"Use one of {', '.join(AUTHS)}.")
    usual = AUTHS[short]
    rights = Rights(
        _words("--read", usual[0] if read is None else read), _words("--write", usual[1] if write is None else write)
    )
    _require_fitting(rights)
    return rights


def _words(option: str, text: str) -> tuple[str, ...]:
    """Return the words of an option, `owner` and `admin` first."""
    words = text.split("+")
    for word in words:
        if not word:
            raise BadInputError(f"{option} {text} is not valid.", _SYNTAX)
        require_plain(word, "a role")
        if words.count(word) > 1:
            raise BadInputError(f"{option} {text}: {word} is given twice.", "Omit one.")
    if option == "--write" and PUBLIC in words:
        raise BadInputError("--write public is not valid: a caller who writes signs in.", "Use --write user.")
    for word in (PUBLIC, USER):
        if word in words and len(words) > 1:
            others = " and ".join(other for other in words if other != word)
            raise BadInputError(f"{option} {text}: {word} includes {others}.", f"Use {option} {word}.")
    # Admins are included in any case.
    roles = sorted(word for word in words if word not in (OWNER, ADMIN))
    return (OWNER, *roles) if OWNER in words else tuple(roles) or (ADMIN,)


def _require_fitting(rights: Rights) -> None:
    """Raise BadInputError for rights that contradict each other."""
    read, write = "+".join(rights.read), "+".join(rights.write)
    if rights.private and not rights.owned:
        raise BadInputError(f"--read {read} needs --write owner: nobody else owns a row.", "Add --write owner.")
    if rights.read in ((PUBLIC,), (USER,)):
        return
    if rights.owned and not rights.private:
        raise BadInputError(f"--write {write} needs --read owner, user or public.", f"Add owner: --read owner+{read}.")
    missing = (
        USER if rights.write == (USER,) else next((one for one in rights.writers if one not in rights.readers), "")
    )
    if missing:
        raise BadInputError(
            f"--write {write} with --read {read}: {missing} may not read what it writes.",
            f"Use --read {read}+{missing}.",
        )


def _roles(words: tuple[str, ...]) -> tuple[str, ...]:
    if words in ((PUBLIC,), (USER,)):
        return ()
    return (ADMIN, *(word for word in words if word not in (OWNER, ADMIN)))
