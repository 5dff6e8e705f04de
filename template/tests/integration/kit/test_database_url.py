"""DATABASE_URL with several hosts and parameters, on a real server."""

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from app.core.config import Settings
from app.core.database import DatabaseManager
from app.core.db.errors import ROLE
from app.core.exceptions import ServiceUnavailableException
from app.core.settings.postgres_url import make_url
from tests.integration.conftest import direct

pytestmark = [pytest.mark.integration, direct]
PARAMETERS = {
    "target_session_attrs": "read-write",
    "application_name": "a shop",
    "options": "-c work_mem=1MB",
    "connect_timeout": "30",
    "keepalives": "1",
    "channel_binding": "prefer",
}
SHOW = text("SELECT current_setting('application_name'), current_setting('work_mem')")


async def test_the_host_that_answers_is_used_with_the_parameters_of_the_url(
    fresh_database: Settings,
) -> None:
    known, places = fresh_database.database_url, fresh_database.driver_arguments
    hosts = places.get("host", [known.host])
    ports = places.get("port", [known.port])
    # Nobody listens at port 1.
    addresses = [("127.0.0.1", 1), *zip(hosts, ports, strict=True)]
    query = {**{name: str(value) for name, value in known.query.items()}, **PARAMETERS}
    url = make_url(known.username, known.password, addresses, known.database, query)
    given = SecretStr(url.render_as_string(hide_password=False))
    database = DatabaseManager(
        fresh_database.model_copy(update={"DATABASE_URL": given})
    )
    await database.connect()
    async with database.reading() as session:
        assert tuple((await session.execute(SHOW)).one()) == ("a shop", "1MB")
    await database.disconnect()


async def test_the_database_is_unavailable_while_no_host_has_the_wanted_role(
    fresh_database: Settings,
) -> None:
    url = fresh_database.database_url
    wanted = url.update_query_dict({"target_session_attrs": "standby"})
    given = SecretStr(wanted.render_as_string(hide_password=False))
    database = DatabaseManager(
        fresh_database.model_copy(update={"DATABASE_URL": given})
    )
    await database.connect()
    with pytest.raises(ServiceUnavailableException) as refused:
        await database.ping()
    assert refused.value.detail == ROLE
    await database.disconnect()
