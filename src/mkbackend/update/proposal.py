"""The texts of a proposed update, in Markdown: of a request if it is clean, of an issue if it is not."""

import re
from collections.abc import Iterable

from mkbackend.project.versions import short
from mkbackend.system.printable import on_one_line
from mkbackend.update.findings import findings
from mkbackend.update.hosts.threads import Text
from mkbackend.update.report import Report

# GitHub takes 65536 characters. The changelog is cut first, between two releases, then the patch.
_MOST_NEWS, _MOST_PATCH, _MOST_LINES = 30_000, 15_000, 100
_RELEASE = re.compile(r"^(?=## )", re.MULTILINE)
# A link to a file of mkbackend's repository would lead into the owner's.
_RELATIVE_LINK = re.compile(r"\[([^\]\n]+)\]\((?!https?://)[^)\s]+\)")


def request_text(report: Report, branch: str, run: str, patch: str, *, waits: bool, closes: int | None = None) -> Text:
    """Return the text of a request.

    `patch` is what the token cannot push, `waits` means that a person starts its checks, and `closes` names an issue.
    """
    lead = [f"{_versions(report)}. [`mkbackend update --verify` passed]({run}): the project's checks and tests."]
    if waits:
        lead.append(
            "This request was opened with `GITHUB_TOKEN`, so its own checks do not start by themselves: approve them,"
            " or close and reopen it. With the secret `UPDATE_TOKEN` they start."
        )
    if closes:
        lead.append(f"Closes #{closes}.")
    parts = [*lead, *_left_out(patch), *_sections(report), _news(report)]
    return Text(f"Update {_project(report)}to mkbackend {_new(report)}", _joined(parts), branch, _new(report))


def issue_text(report: Report, branch: str, run: str) -> Text:
    """Return the text of an issue: the conflicts, or the log of the checks, and what to do."""
    is_torn = report.has_conflicts
    why = "has conflicts" if is_torn else "does not pass the checks of the project"
    place = f"{report.plan.repo.prefix}".rstrip("/")
    update = f"mkbackend update {place}".strip()
    steps = f"On your machine, with mkbackend {_new(report)}: `{update}` stages it"
    ends = ", with the conflicts marked in the files." if is_torn else f" for you to fix. [Log of the checks]({run})."
    parts = [f"{_versions(report)}: the update {why}.", steps + ends, *_sections(report), _news(report)]
    return Text(f"Update {_project(report)}to mkbackend {_new(report)}: {why}", _joined(parts), branch, _new(report))


def fenced(text: str, language: str = "text") -> str:
    """Return a text as a block of code; its fence is longer than any in the text."""
    longest = max(map(len, re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _versions(report: Report) -> str:
    return f"mkbackend {short(report.span.old.version)} to {_new(report)}"


def _new(report: Report) -> str:
    return short(report.span.new.version)


def _project(report: Report) -> str:
    """Return the folder of the project, if it is not the whole repository."""
    return f"{report.plan.repo.prefix.rstrip('/')} " if report.plan.repo.prefix else ""


def _left_out(patch: str) -> list[str]:
    if not patch:
        return []
    names = sorted(set(re.findall(r"^diff --git a/.+ b/(.+)$", patch, re.MULTILINE)))
    text = f"**Left out**, because `GITHUB_TOKEN` cannot push workflows: {', '.join(f'`{name}`' for name in names)}."
    fix = "No later update brings these changes again: set the secret `UPDATE_TOKEN`, or commit them to this branch"
    if len(patch) > _MOST_PATCH:
        return [f"{text} {fix} before you merge."]
    return [f"{text} {fix} before you merge, with `git apply`:", fenced(patch, "diff")]


def _sections(report: Report) -> Iterable[str]:
    """Yield what the owner needs to know or do."""
    for title, lines in findings(report.plan, report.own_lines, previews=True):
        yield f"**{title}**"
        if lines:
            more = [f"and {len(lines) - _MOST_LINES} more"] if len(lines) > _MOST_LINES else []
            yield fenced("\n".join(map(on_one_line, [*lines[:_MOST_LINES], *more])))


def _news(report: Report) -> str:
    """Return the changelog, newest release first, and no more of it than a request has room for."""
    kept = ""
    for release in _RELEASE.split(_RELATIVE_LINK.sub(r"\1", report.news)):
        if len(kept) + len(release) > _MOST_NEWS:
            return f"{kept}`mkbackend status` shows the rest of the changelog."
        kept += release
    return kept


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part)
