"""Templates of slices: ours, and before them those that a project has of its own."""

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

from mkbackend.errors import BadInputError
from mkbackend.slices.names import class_of

if TYPE_CHECKING:
    import jinja2

TEMPLATES = Path(__file__).parents[1] / "templates"
# The folder of a project's own templates.
OWN = ".mkbackend/templates"
_ENDING = ".jinja"


def names() -> list[str]:
    """Return the paths of all templates below their folder."""
    return sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob(f"*{_ENDING}"))


def rendered(name: str, view: Mapping[str, Any], project: Path | None) -> str:
    """Render a template, of the project if it has it; raise BadInputError for a faulty one of the project."""
    own = project / OWN if project and (project / OWN).is_dir() else None
    if own is None:
        return environment().get_template(name + _ENDING).render(view)
    return _rendered(name + _ENDING, view, own)


def _rendered(name: str, view: Mapping[str, Any], own: Path) -> str:
    import jinja2

    try:
        text = environment(own).get_template(name).render(view)
        ast.parse(text)
    except (jinja2.TemplateError, ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise _faulty(_place(error, name), str(error)) from error
    except SyntaxError as error:
        raise _faulty(f"{OWN}/{name}", f"its Python is invalid: {error.msg}: {(error.text or '').strip()}") from error
    return text


def _place(error: Exception, name: str) -> str:
    """Return the template and line of an error, which may be in another template that this one includes."""
    places = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    lines = [(Path(file), line) for file, line in places if file.endswith(_ENDING)]
    if line := getattr(error, "lineno", 0):
        lines.append((Path(getattr(error, "filename", None) or name), line))
    if not lines:
        return f"{OWN}/{name}"
    file, line = lines[-1]
    parts = file.as_posix().partition(f"{OWN}/")
    return f"{OWN}/{parts[2] or name}, line {line}"


def _faulty(place: str, why: str) -> BadInputError:
    return BadInputError(f"{place}: {why}.", "Fix it; or remove the file, and add uses its own.")


@cache
def environment(own: Path | None = None) -> "jinja2.Environment":
    """Return the environment, which keeps compiled templates; those of a project run in a sandbox."""
    import jinja2

    options: dict[str, Any] = {
        "trim_blocks": True,
        "lstrip_blocks": True,
        "keep_trailing_newline": True,
        "undefined": jinja2.StrictUndefined,
        "optimized": False,  # most commands render each template once
    }
    loader = jinja2.FileSystemLoader(TEMPLATES)
    if own is None:
        made = jinja2.Environment(loader=loader, **options)  # noqa: S701 - renders Python, not HTML
    else:
        from jinja2.sandbox import SandboxedEnvironment

        made = SandboxedEnvironment(loader=jinja2.ChoiceLoader([jinja2.FileSystemLoader(own), loader]), **options)
    made.filters["class_of"] = class_of
    return made
