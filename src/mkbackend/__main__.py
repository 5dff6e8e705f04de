"""The command `mkbackend`, also as `python -m mkbackend`."""

import sys

from mkbackend import __version__


def main() -> None:
    """Answer at once what needs no more, or run the command line."""
    if sys.argv[1:] == ["--version"]:
        print(f"mkbackend {__version__}")
        return
    from mkbackend import cli

    cli.main()


if __name__ == "__main__":
    main()
