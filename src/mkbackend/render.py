"""Answers and a template become files; the only user of Copier for a new project."""

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mkbackend.errors import BadInputError, Interruption, MkbackendError
from mkbackend.questions import Answers
from mkbackend.system import git_environment
from mkbackend.template import Source, expanded


def render(source: Source, answers: Answers, target: Path, scratch: Path) -> list[Path]:
    """Write the project's files into the new directory `target` and return their paths in it.

    What Copier needs for itself goes into `scratch`, so that it cannot outlive a killed run.
    """
    with _interruptible(), _told_in_words(), _working_in(scratch), _asking_no_index(), _with_our_git(source.url):
        import copier

        copier.run_copy(
            source.url,
            target,
            data=answers,
            vcs_ref=source.version,
            settings=copier.Settings(),  # a user's own defaults must not change the project
            defaults=True,
            quiet=True,
        )
    return sorted(path.relative_to(target) for path in target.rglob("*") if path.is_file())


@contextmanager
def _interruptible() -> Iterator[None]:
    """Raise an interrupt as such where Copier's cleanup fails after it, because its git is still writing."""
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
    """Keep Copier's clones and its cache in `scratch`: the shared cache fails now and then when two runs meet."""
    scratch.mkdir(exist_ok=True)
    usual, tempfile.tempdir = tempfile.tempdir, str(scratch)
    os.environ["COPIER_CACHE_DIR"] = str(scratch / "copier")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # shallow or changed templates: ours are made so, a fork's owner knows
            yield
    finally:
        tempfile.tempdir = usual
        del os.environ["COPIER_CACHE_DIR"]


@contextmanager
def _asking_no_index() -> Iterator[None]:
    """Keep Copier from starting git for each file: nothing that is made here has an index whose modes could be wrong.

    This is inside of Copier. Should it be gone from there, rendering takes a quarter longer, as it does for Copier.
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
def _with_our_git(url: str) -> Iterator[None]:
    """Give Copier's git the settings of ours; for a repository the user's stay, as they know how to connect."""
    from plumbum import local

    settings = git_environment(private=Path(expanded(url)).is_file()) | {"GIT_TEMPLATE_DIR": ""}
    with local.env({**os.environ, **settings}):
        yield


@contextmanager
def _told_in_words() -> Iterator[None]:
    """Turn Copier's many kinds of error into ours."""
    from copier.errors import UnsafeTemplateError
    from plumbum import ProcessExecutionError

    try:
        yield
    except (MkbackendError, OSError):
        raise
    except ProcessExecutionError as error:
        raise MkbackendError(f"The template cannot be fetched: {_last_line(error.stderr)}") from error
    except ValueError as error:
        raise BadInputError(f"The template does not take these answers: {error}") from error
    except UnsafeTemplateError as error:
        raise MkbackendError(
            "The template runs code while it is rendered, which mkbackend never does.", hint="copier copy --trust"
        ) from error
    except Exception as error:  # an expression in a file can raise anything, and Copier raises many kinds
        raise MkbackendError(f"The template cannot be rendered: {error}") from error


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]
