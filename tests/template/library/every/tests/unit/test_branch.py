"""The branch in each answer."""

from httpx import ASGITransport, AsyncClient
from starlette.responses import PlainTextResponse

from app.core.config import Settings
from app.core.seal import Seal
from app.middleware.branch import BranchMiddleware
from app.middleware.timeout import TimeoutMiddleware


async def test_an_answer_names_its_branch(settings: Settings) -> None:
    branch = BranchMiddleware(PlainTextResponse("here"), settings)
    app = TimeoutMiddleware(branch, seconds=30)
    transport = ASGITransport(app=app)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        name, _, made = (await client.get("/")).headers["X-Branch"].partition(".")
    assert Seal(settings, "branch").make(name.encode()).hex().startswith(made)
