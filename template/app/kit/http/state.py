"""State of the application."""

from typing import Any

from starlette.datastructures import State

from app.kit.renamed import RenamedAttribute


class AppState(State):
    """The state of an application: `app.state.container`."""

    shared = RenamedAttribute[Any]("container")
