"""Check of the project's template version against the installed one."""

from mkbackend.doctor.checks import Check, note, ok, unknown
from mkbackend.errors import MkbackendError
from mkbackend.project.answers import Recorded
from mkbackend.project.versions import find_span, short
from mkbackend.template import bundle


def look(project: Recorded) -> Check:
    """Compare the versions; an older one is a note, as the project still works."""
    try:
        with find_span(project, None, None, remember=False) as span:
            old, new = span.old.version, span.new.version
    except MkbackendError as error:
        return unknown("template", error)
    if bundle.order(old) < bundle.order(new):
        return note("template", f"{short(old)}; this mkbackend has {short(new)}", "mkbackend update")
    return ok("template", f"{short(old)}, up to date")
