"""Command to merge the Alembic heads that a merge of two branches left.

    python -m scripts.merge_migrations

With one head it writes nothing.
"""

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory


def merge(config: Config) -> None:
    """Write a migration that merges all heads, if there are several."""
    heads = ScriptDirectory.from_config(config).get_heads()
    if len(heads) > 1:
        command.merge(config, heads, message="merge heads")
    else:
        print("There is one head: nothing to merge.")


if __name__ == "__main__":
    merge(Config("alembic.ini"))
