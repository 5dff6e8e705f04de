"""The commands of docs/adding.md, in a project: each prints and writes what the page shows."""

import re
import shlex
import tomllib

from conftest import ROOT
from pages import blocks, consoles

from .conftest import Place

PAGE = ROOT / "docs" / "adding.md"
ADD, CHANGE = consoles(PAGE)
# The day and the time of a migration
WHEN = re.compile(r"\d{4}_\d\d_\d\d_\d{4}")
# A resource that has what the page changes
BOOKING = "booking guests:int note:text:null status:enum/draft/published price:decimal/10/2 body:text"


def words(line: str) -> list[str]:
    """Return the words of a command line of mkbackend, without its name."""
    prompt, name, *rest = shlex.split(line, comments=True)
    assert (prompt, name) == ("$", "mkbackend")
    return rest


def test_adding_an_article_prints_what_the_page_shows(place: Place) -> None:
    command, _, output = ADD.partition("\n")
    done = place.run(*words(command))
    assert WHEN.sub("WHEN", done.stdout) == WHEN.sub("WHEN", output)


def test_the_undo_command_of_the_page_removes_all(place: Place) -> None:
    command, _, output = ADD.partition("\n")
    place.run(*words(command))
    place.run(*words(f"$ {output.partition('Undo:')[2].strip()}"))
    assert place.status() == []


def test_a_booking_is_changed_in_two_releases(place: Place) -> None:
    first, checks, second, again = CHANGE.splitlines()
    # test_walk.py lints and tests projects that were changed in stages; tests/load/test_changes.py migrates one.
    assert checks == again == "$ make migrate-up lint test         # commit, release"
    place.run("add", *shlex.split(BOOKING))
    place.commit()
    for line in (first, second):
        known = place.migrations()
        place.run(*words(line))
        assert len(place.migrations()) == len(known) + 1
        place.commit()
    (resource,) = tomllib.loads(place.run("model").stdout).values()
    kept = ["guests:bigint:column/guests_bigint", "amount:decimal/10/2:column/price"]
    assert resource["fields"] == [kept[0], "note:text", "status:enum/draft/published/archived", kept[1]]


def test_the_room_of_the_page_is_that_of_the_example() -> None:
    (shown,) = (tomllib.loads(block) for language, block in blocks(PAGE) if language == "toml")
    known = tomllib.loads((ROOT / "examples/bookings.toml").read_text("utf-8"))
    assert shown == {"room": known["room"]}
