"""`mkbackend propose`: an update as a request of the host, or an issue that names its conflicts."""

from dataclasses import replace

from mkbackend.project.versions import short
from mkbackend.screen import Screen
from mkbackend.update import branch, proposal
from mkbackend.update.branch import Remote
from mkbackend.update.hosts.pipeline import Pipeline, find_pipeline, take_tokens
from mkbackend.update.hosts.threads import Result, declined, latest, publish
from mkbackend.update.report import Report
from mkbackend.update.update import Request, nothing_to_do, planned


def propose(path: str, screen: Screen, *, passed: bool) -> None:
    """Open a request with the update of a project, or an issue if it has conflicts or its checks have not `passed`.

    What a previous run opened is brought up to date instead. The work tree stays as it is.
    """
    tokens = take_tokens()
    with planned(Request(path), screen) as found:
        if isinstance(found, Report):
            name, span = branch.name_of(found.plan.repo), found.span
            versions = {"from": short(span.old.version), "to": short(span.new.version)}
            done = _propose(found, find_pipeline(tokens, name), name, screen, passed=passed)
        else:
            name, versions = "", dict.fromkeys(("from", "to"), found)
            done = Result("nothing", nothing_to_do(found))
    if screen.as_json:
        screen.end({**versions, "branch": name, "action": done.action, "kind": done.kind, "url": done.url})
    else:
        screen.plain(done.text)


def _propose(report: Report, pipeline: Pipeline, name: str, screen: Screen, *, passed: bool) -> Result:
    """Open a request or an issue, or bring it up to date; what a person has closed stays closed."""
    if report.has_conflicts or not passed:
        text = proposal.issue_text(report, name, pipeline.run)
        found = latest(pipeline.issues, name)
        return declined(pipeline.issues, found, name, text.version) or publish(pipeline.issues, found, text)
    if branch.is_unchanged(report.plan.trial):
        return Result("nothing", "Nothing to propose: the update changes no file.")
    return _request(report, pipeline, name, screen)


def _request(report: Report, pipeline: Pipeline, name: str, screen: Screen) -> Result:
    """Push the branch and open its request; what a person has closed or changed stays as it is."""
    threads = pipeline.requests
    found = latest(threads, name)
    if result := declined(threads, found, name, short(report.span.new.version)):
        return result
    report = _locked(report, screen)
    patch = branch.leave_out(report.plan.trial, pipeline.closed) if pipeline.closed else ""
    issue = latest(pipeline.issues, name)
    closes = issue.number if issue and issue.is_open else None
    text = proposal.request_text(report, name, pipeline.run, patch, waits=bool(pipeline.closed), closes=closes)
    remote = Remote(pipeline.push_url, name, pipeline.user, pipeline.token, pipeline.push_fix)
    with screen.step(f"Push {name}"):
        is_pushed = branch.push(report.plan.trial, remote, text.title)
    if is_pushed:
        return publish(threads, found, text)
    kept = f"{name} has commits of others, so it stays as it is. Merge it or delete it."
    return Result("changed", kept, threads.kind, found.url if found else "")


def _locked(report: Report, screen: Screen) -> Report:
    """Bring uv.lock up to date if the update makes it outdated; if that fails, the request says so."""
    work = report.plan.follow_up
    if work.lock_is_stale:
        with screen.step("Lock the packages", optional=True) as step:
            branch.lock(report.plan.trial)
        work = replace(work, lock_is_stale=not step.done)
    return replace(report, plan=replace(report.plan, follow_up=work))
