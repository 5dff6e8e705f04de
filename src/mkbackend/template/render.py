"""Rendering of a template with Copier, which only this module calls."""

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkbackend.errors import BadInputError, Interruption, MkbackendError
from mkbackend.system.environment import git_environment
from mkbackend.template.questions import Answers
from mkbackend.template.source import Source, expanded

if TYPE_CHECKING:
    from jinja2 import Environment, Template


def render(source: Source, answers: Answers, target: Path, scratch: Path) -> list[Path]:
    """Write the project's files into the new directory `target` and return their paths in it.

    Copier's temporary files go into `scratch`, so that a killed run leaves none behind.
    """
    with (
        _interruptible(),
        _converted_errors(),
        _working_in(scratch),
        _asking_no_index(),
        _compiling_once(),
        _with_our_git(source.url),
    ):
        import copier

        copier.run_copy(
            source.url,
            target,
            data=answers,
            vcs_ref=source.version,
            settings=copier.Settings(),  # the user's defaults must not change the project
            defaults=True,
            quiet=True,
        )
    return sorted(path.relative_to(target) for path in target.rglob("*") if path.is_file())


@contextmanager
def _interruptible() -> Iterator[None]:
    """Raise Interruption if Copier's cleanup fails after an interrupt, because its git is still writing."""
    try:
        yield
    except Exception as error:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, KeyboardInterrupt):
                raise Interruption from error
            cause = cause.__context__
        raise


@contextmanager
def _working_in(scratch: Path) -> Iterator[None]:
    """Keep Copier's clones and cache in `scratch`: the shared cache sometimes fails with concurrent runs."""
    scratch.mkdir(exist_ok=True)
    usual, tempfile.tempdir = tempfile.tempdir, str(scratch)
    os.environ["COPIER_CACHE_DIR"] = str(scratch / "copier")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # shallow or dirty templates: expected for ours, known to a fork's owner
            yield
    finally:
        tempfile.tempdir = usual
        del os.environ["COPIER_CACHE_DIR"]


@contextmanager
def _asking_no_index() -> Iterator[None]:
    """Keep Copier from starting git for each file: there is no index here whose file modes could differ.

    This patches a private name of Copier. If it is removed there, rendering takes a quarter longer.
    """
    from copier import _main

    inside = vars(_main)
    usual = {"is_git_available": inside["is_git_available"]} if "is_git_available" in inside else {}
    inside.update(dict.fromkeys(usual, lambda: False))
    try:
        yield
    finally:
        inside.update(usual)


@contextmanager
def _compiling_once() -> Iterator[None]:
    """Compile each text once: Copier compiles a folder's name again for each file in it."""
    from jinja2 import Environment

    usual = Environment.from_string
    compiled: dict[tuple[Environment, str], Template] = {}

    def from_string(environment: "Environment", source: Any, *more: Any, **options: Any) -> "Template":
        if more or options or not isinstance(source, str):
            return usual(environment, source, *more, **options)
        if template := compiled.get((environment, source)):
            environment.preprocess(source)  # by this Copier's `yield` tag forgets the last one
            return template
        return compiled.setdefault((environment, source), usual(environment, source))

    Environment.from_string = from_string  # type: ignore[assignment,method-assign]  # Copier has no setting for it
    try:
        yield
    finally:
        Environment.from_string = usual  # type: ignore[method-assign]  # as above


@contextmanager
def _with_our_git(url: str) -> Iterator[None]:
    """Run Copier's git with our settings; for a repository add the user's, which it needs to connect."""
    from plumbum import local

    settings = git_environment(private=Path(expanded(url)).is_file()) | {"GIT_TEMPLATE_DIR": ""}
    with local.env({**os.environ, **settings}):
        yield


@contextmanager
def _converted_errors() -> Iterator[None]:
    """Convert Copier's errors to ours."""
    from copier.errors import UnsafeTemplateError
    from plumbum import ProcessExecutionError

    try:
        yield
    except (MkbackendError, OSError):
        raise
    except ProcessExecutionError as error:
        raise MkbackendError(f"Cannot fetch the template: {_last_line(error.stderr)}") from error
    except ValueError as error:
        raise BadInputError(f"The template rejects these answers: {error}") from error
    except UnsafeTemplateError as error:
        raise MkbackendError(
            "The template runs code during rendering, which mkbackend does not allow.", hint="copier copy --trust"
        ) from error
    except Exception as error:  # expressions in templates can raise anything
        raise MkbackendError(f"Cannot render the template: {error}") from error


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]
