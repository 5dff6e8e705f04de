"""The command line: parses arguments and calls the commands.

Commands import what they need when they run: --version, --help and completion stay fast.
"""

from mkbackend.cli.app import app, main

__all__ = ["app", "main"]
