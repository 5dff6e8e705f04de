"""The JSON document of a command: one on stdout, for programs. All other output is on stderr then."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

# Keys stay from release to release; docs/operations.md shows them. Paths are relative to the project.
Document = Mapping[str, Any]


def show(document: Document | Sequence[Document]) -> None:
    """Print a document on a line, in ASCII: any terminal and any file can hold it."""
    print(json.dumps(document))
