"""The build backend: hatchling, a hook for the template's history in the packages, and one for the README.

Without the history no project could be updated. pip reads `requires-python` only after the build, so an older Python is
refused here, before anything is downloaded or imported.
"""

import sys

if sys.version_info < (3, 12):  # noqa: UP036  # a Python that the package does not support gets here
    found = ".".join(map(str, sys.version_info[:3]))
    sys.exit(f"mkbackend needs Python 3.12 or later; {sys.executable} is Python {found}.")

import re
import tempfile
from pathlib import Path
from typing import Any

from hatchling.build import *  # noqa: F403  # the hooks of PEP 517, which pip calls
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

# The path of a relative link
_LINKED = re.compile(r"(?<=\]\()(?![\w+.-]+:|#)[^)\s]+")
_PICTURES = (".svg", ".png", ".gif", ".jpg")


class TemplateBundleHook(BuildHookInterface[Any]):
    """Make `mkbackend/template.bundle`; from an sdist, which has no git, reuse the one in it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the bundle to what is built."""
        if version == "editable":  # the command creates it at each run
            return
        root = Path(self.root)
        sys.path.insert(0, str(root / "src"))
        from mkbackend.template import bundle

        made = root / "src" / "mkbackend" / "template.bundle"
        if not made.is_file():
            self.scratch = tempfile.TemporaryDirectory(prefix="mkbackend-")  # goes when the build ends, well or not
            made = Path(self.scratch.name) / "template.bundle"
            made.write_bytes(bundle.build(root, release=True))
        inside = "mkbackend" if self.target_name == "wheel" else "src/mkbackend"
        build_data["force_include"][str(made)] = f"{inside}/template.bundle"
        if self.target_name == "wheel":  # `mkbackend status` and `manual` read them; the sdist has them at its top
            build_data["force_include"][str(root / "CHANGELOG.md")] = f"{inside}/CHANGELOG.md"
            for page in (root / "docs").glob("*.md"):
                build_data["force_include"][str(page)] = f"{inside}/docs/{page.name}"


class ReadmeHook(MetadataHookInterface):
    """The README for a package index, which does not resolve relative links: they lead to this version's tag."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the readme; without `Source` in `[project.urls]` it is the file as it is."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        if source := metadata.get("urls", {}).get("Source"):
            text = _LINKED.sub(lambda found: _address(source, metadata["version"], found[0]), text)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def _address(source: str, version: str, path: str) -> str:
    """Return the address of a file at a version's tag on GitHub."""
    kind = "raw" if path.endswith(_PICTURES) else "blob"
    return f"{source}/{kind}/v{version}/{path}"
