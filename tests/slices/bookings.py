"""A resource whose fields tests change."""

from typing import TYPE_CHECKING

from mkbackend.project.migrations import heads, read

if TYPE_CHECKING:
    from .conftest import Place

MODEL, SCHEMAS = "app/domain/models/booking.py", "app/domain/schemas/booking.py"
REPOSITORY, API = "app/repository/booking_repository.py", "tests/integration/test_booking_api.py"
RECORD = ".mkbackend/booking.toml"
FIELDS = (
    "title:str/80",
    "code:str/20:unique",
    "body:text",
    "note:text:null",
    "guests:int",
    "views:int=0",
    "price:decimal/10/2",
    "day:date",
    "status:enum/draft/published=draft",
)


def migration_of(place: "Place") -> tuple[str, str]:
    """Return both functions of the only uncommitted migration, without white space."""
    (path,) = [line[3:] for line in place.status() if "alembic" in line]
    up, _, down = place.read(path).partition("def upgrade")[2].partition("def downgrade")
    assert len(heads(read(place.root))) == 1
    return "".join(up.split()), "".join(down.split())


def change(place: "Place", *words: str) -> str:
    """Run the command, then commit what it wrote; return its output."""
    output = place.run("change", "booking", *words).output
    place.commit()
    return output
