"""Whether the installed mkbackend has a newer template than the project."""

from mkbackend import bundle, recorded
from mkbackend.doctor.checks import Check, note, ok, unknown
from mkbackend.errors import MkbackendError
from mkbackend.recorded import Recorded, short


def look(project: Recorded) -> Check:
    """Compare the versions. To be behind is no fault: the project works as it is."""
    try:
        with recorded.span(project, None, None, remember=False) as span:
            old, new = span.old.version, span.new.version
    except MkbackendError as error:
        return unknown("template", error)
    if bundle.order(old) < bundle.order(new):
        return note("template", f"{short(old)}; this mkbackend has {short(new)}", "mkbackend update")
    return ok("template", f"{short(old)}, the newest here")
