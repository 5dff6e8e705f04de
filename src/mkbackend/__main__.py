"""Entry point of `mkbackend` and `python -m mkbackend`."""

import sys

from mkbackend import __version__


def main() -> None:
    """Print the version without importing the command line, or run it."""
    if sys.argv[1:] == ["--version"]:
        print(f"mkbackend {__version__}")
        return
    from mkbackend import cli

    cli.main()


if __name__ == "__main__":
    main()
