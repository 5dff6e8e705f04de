"""`mkbackend propose`: an update as a request of the host, or an issue that names its conflicts."""

from dataclasses import replace

from mkbackend.project.versions import short
from mkbackend.screen import Screen
from mkbackend.update import branch, proposal
from mkbackend.update.branch import Remote
from mkbackend.update.hosts.pipeline import Pipeline, find_pipeline, take_tokens
from mkbackend.update.hosts.threads import is_declined, latest, publish
from mkbackend.update.report import Report
from mkbackend.update.update import Request, planned


def propose(path: str, screen: Screen, *, passed: bool) -> None:
    """Open a request with the update of a project, or an issue if it has conflicts or its checks have not `passed`.

    What a previous run opened is brought up to date instead. The work tree stays as it is.
    """
    tokens = take_tokens()
    with planned(Request(path), screen) as report:
        if report is None:
            return
        name = branch.name_of(report.plan.repo)
        pipeline = find_pipeline(tokens, name)
        if report.has_conflicts or not passed:
            text = proposal.issue_text(report, name, pipeline.run)
            found = latest(pipeline.issues, name)
            if is_declined(found, name, text.version):
                screen.plain(f"The issue about {text.version} was closed, so it is not opened again.")
            else:
                publish(pipeline.issues, found, text, screen.plain)
        elif branch.is_unchanged(report.plan.trial):
            screen.plain("Nothing to propose: the update changes no file.")
        else:
            _request(report, pipeline, name, screen)


def _request(report: Report, pipeline: Pipeline, name: str, screen: Screen) -> None:
    """Push the branch and open its request; what a person has closed or changed stays as it is."""
    found, version = latest(pipeline.requests, name), short(report.span.new.version)
    if is_declined(found, name, version):
        screen.plain(f"The {pipeline.requests.kind} about {version} was closed, so it is not opened again.")
        return
    report = _locked(report, screen)
    patch = branch.leave_out(report.plan.trial, pipeline.closed) if pipeline.closed else ""
    issue = latest(pipeline.issues, name)
    closes = issue.number if issue and issue.is_open else None
    text = proposal.request_text(report, name, pipeline.run, patch, waits=bool(pipeline.closed), closes=closes)
    remote = Remote(pipeline.push_url, name, pipeline.user, pipeline.token, pipeline.push_fix)
    with screen.step(f"Push {name}"):
        is_pushed = branch.push(report.plan.trial, remote, text.title)
    if is_pushed:
        publish(pipeline.requests, found, text, screen.plain)
    else:
        screen.plain(f"{name} has commits of others, so it stays as it is. Merge it or delete it.")


def _locked(report: Report, screen: Screen) -> Report:
    """Bring uv.lock up to date if the update makes it outdated; if that fails, the request says so."""
    work = report.plan.follow_up
    if work.lock_is_stale:
        with screen.step("Lock the packages", optional=True) as step:
            branch.lock(report.plan.trial)
        work = replace(work, lock_is_stale=not step.done)
    return replace(report, plan=replace(report.plan, follow_up=work))
