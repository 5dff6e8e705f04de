"""Union of the imports on both sides of a conflict."""

import ast

# An import of one name: the module with its leading dots, the name (empty for `import module`), and its alias.
_Import = tuple[str, str, str]


class _NotImportsError(Exception):
    """A text that contains more than imports."""


def join(base: str, ours: str, theirs: str) -> str | None:
    """Return the imports with the additions and removals of both sides; None if a text has anything else."""
    try:
        were, mine, new = (_imports(text) for text in (base, ours, theirs))
    except (_NotImportsError, SyntaxError, ValueError):
        return None
    kept = (mine | new) - (were - mine) - (were - new)
    return "".join(f"{_statement(found)}\n" for found in sorted(kept))


def _imports(text: str) -> set[_Import]:
    """Return the imports of a text; raise _NotImportsError if it contains anything else."""
    if "#" in text:  # the place of a comment matters
        raise _NotImportsError
    found: set[_Import] = set()
    for node in ast.parse(text).body:
        match node:
            case ast.Import(names=names):
                found |= {(alias.name, "", alias.asname or "") for alias in names}
            case ast.ImportFrom(module=module, names=names, level=level):
                place = "." * level + (module or "")
                found |= {(place, alias.name, alias.asname or "") for alias in names}
            case _:
                raise _NotImportsError
    return found


def _statement(found: _Import) -> str:
    module, name, local = found
    words = f"from {module} import {name}" if name else f"import {module}"
    return f"{words} as {local}" if local else words
