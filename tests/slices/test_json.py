"""Tests of `--json` of the commands of slices: one document of the documented shape, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer.main
from documents import examples, require
from typer.testing import CliRunner

from mkbackend import cli

from .bookings import MODEL
from .conftest import Place, Refused

BOTH = ["--dry-run", "--json"]
SERVICE = "app/service/booking_service.py"
MINE = "\n\nMINE = 1\n"


def document(place: Place, *words: str, code: int = 0) -> dict[str, Any]:
    """Return the document that a command prints on one line."""
    done = place.run(*words, "--json", code=code)
    assert done.stdout.count("\n") == 1
    assert (done.stderr == "") == (code == 0)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def paths(place: Place, letters: str) -> set[str]:
    """Return the paths that git shows with a status."""
    return {line[3:] for line in place.status() if line[:2] == letters}


def test_add_reports_what_it_wrote(place: Place) -> None:
    planned = document(place, "add", "booking", "title:str/80", "--dry-run")
    assert planned["diff"].startswith("--- /dev/null\n+++ b/app/")
    assert (planned["dry_run"], planned["next"], planned["undo"], place.status()) == (True, [], "", [])
    made = document(place, "add", "booking", "title:str/80")
    assert set(made["added"]) == paths(place, "??")
    assert (made["added"], made["routes"]) == (planned["added"], planned["routes"])
    assert made["next"] == ["make migrate-up", "make test"]
    assert (made["undo"], made["diff"]) == ("mkbackend remove booking", "")
    assert {"method": "POST", "path": "/bookings", "callers": "signed-in users"} in made["routes"]
    place.edit(MODEL, "    title: Mapped[str] = mapped_column(String(80))\n", "    title: Mapped[str]  # mine\n")
    place.commit()
    more = document(place, "add", "booking", "views:int=0")
    assert set(more["changed"]) == paths(place, " M")
    assert [each["path"] for each in more["unplaced"]] == [MODEL]
    assert "views" in more["unplaced"][0]["lines"]
    # No file goes when something is added.
    require("add", [planned, made, more], without=[".deleted[]"])


def test_change_reports_the_contract_and_what_could_not_be_merged(booking: Place, refused: Refused) -> None:
    planned = document(booking, "change", "booking", "guests:bigint", "--dry-run")
    assert (planned["changed"] != [], booking.status()) == (True, [])
    made = document(booking, "change", "booking", "guests:bigint", "--drop", "status")
    assert set(made["deleted"]) == paths(booking, " D")
    assert set(made["added"]) == paths(booking, "??")
    assert set(made["changed"]) == paths(booking, " M")
    assert made["contract"] == ["status: drops the column", "guests: drops the narrower column"]
    assert made["next"] == ["make migrate-up", "make lint test"]
    booking.commit()
    booking.edit(MODEL, "title: Mapped[str] = mapped_column(String(80))", "title: Mapped[str]")
    booking.commit()
    failed = document(booking, "change", "booking", "title:str/300", code=2)
    assert set(failed) == {*examples()["error"], "unplaced"}
    assert failed["unplaced"][0]["path"] == MODEL
    partial = document(booking, "change", "booking", "title:str/300", "--partial")
    assert partial["unplaced"] == failed["unplaced"]
    booking.commit()
    document(booking, "add", "slot", "room:str/20", "day:date", "--unique", "room+day")
    booking.commit()
    dropped = document(booking, "change", "slot", "--drop", "day", "--dry-run")
    assert (dropped["dropped"], made["dropped"]) == (["--unique room+day"], [])
    require("change", [planned, made, partial, dropped])


def test_remove_reports_what_it_keeps(booking: Place) -> None:
    booking.write(SERVICE, booking.read(SERVICE) + MINE)
    booking.commit()
    planned = document(booking, "remove", "booking", "--dry-run")
    assert (planned["dry_run"], booking.status()) == (True, [])
    assert "drop_table" in planned["diff"]
    made = document(booking, "remove", "booking")
    assert made["kept"] == [SERVICE]
    assert set(made["deleted"]) == paths(booking, " D")
    assert set(made["added"]) == paths(booking, "??")
    assert made["next"] == ["make migrate-up"]
    require("remove", [planned, made], without=[".changed[]", ".unplaced[]"])


def test_apply_reports_its_plan(booking: Place, tmp_path: Path) -> None:
    file = tmp_path / "model.toml"
    room = '[room]\nfields = ["name:str/80"]\n'
    known = booking.run("model").stdout
    assert "fields = [\n" in known
    file.write_text(known.replace("fields = [\n", 'fields = [\n    "seats:int=1",\n') + room)
    planned = document(booking, "apply", str(file), "--dry-run")
    assert (planned["dry_run"], booking.status()) == (True, [])
    made = document(booking, "apply", str(file))
    assert [(each["action"], each["resource"]) for each in made["plan"]] == [("add", "room"), ("change", "booking")]
    assert set(made["added"]) == paths(booking, "??")
    assert set(made["changed"]) == paths(booking, " M")
    booking.commit()
    again = document(booking, "apply", str(file))
    assert (again["plan"], again["added"], again["next"]) == ([], [], [])
    file.write_text(room)
    booking.write(SERVICE, booking.read(SERVICE) + MINE)
    booking.commit()
    pruned = document(booking, "apply", str(file), "--prune")
    assert pruned["kept"] == [SERVICE]
    require("apply", [planned, made, again, pruned], without=[".unplaced[]"])


def test_model_lists_every_key_of_the_resources(place: Place) -> None:
    words = ["room:str/20", "starts_at:datetime", "ends_at:datetime:after/starts_at", "guests:int"]
    more = ["--auth", "owner", "--unique", "room+starts_at", "--no-overlap", "room+starts_at..ends_at"]
    place.run("add", "booking", *words, "state:enum/open/paid:readonly", "--transition", "open:paid=settle", *more)
    place.commit()
    place.run("change", "booking", "guests:bigint")
    found = document(place, "model")
    require("model", [found])
    (it,) = found["resources"]
    assert (it["name"], it["read"], it["write"], it["transitions"]) == (
        "booking",
        "owner",
        "owner",
        ["open:paid=settle"],
    )
    assert "guests:bigint" in " ".join(it["fields"])


def test_eject_lists_the_templates(place: Place) -> None:
    found = document(place, "eject", "slice-templates")
    require("eject", [found])
    assert set(found["written"]) == paths(place, "??")


@pytest.mark.parametrize(
    "words",
    [
        ["add", "article", "a:colour"],
        ["change", "nothing", "a:str"],
        ["remove", "nothing"],
        ["apply", "nowhere.toml"],
        ["model"],
        ["eject", "nothing"],
        ["diagram"],
    ],
)
def test_a_refusal_is_a_document_too(place: Place, words: list[str]) -> None:
    done = place.run(*words, "--json", code=2)
    found = json.loads(done.stdout)
    require("error", [found])
    assert found["exit_code"] == 2
    assert f"Error: {found['error']['message']}\n  {found['error']['hint']}" in done.stderr


def test_an_unknown_option_is_reported_on_stderr_only(place: Place) -> None:
    done = place.run("remove", "article", "--json", "--colour", code=2)
    assert (done.stdout, "--colour" in done.stderr) == ("", True)


def test_every_command_has_json_and_an_example(place: Place) -> None:
    commands = typer.main.get_group(cli.app).commands
    with_json = {name for name, command in commands.items() if any("--json" in each.opts for each in command.params)}
    assert with_json == set(commands)
    assert set(examples()) == {*commands, "--version", "error"}


def test_the_document_of_the_version_has_the_documented_shape() -> None:
    require("--version", [json.loads(CliRunner().invoke(cli.app, ["--version", "--json"]).stdout)])
