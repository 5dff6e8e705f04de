"""A walk of random steps through a project, as its owner would make them on the command line."""

import ast
import re
import shlex
import sys
from collections import Counter
from pathlib import Path
from random import Random

from typer.testing import CliRunner

from mkbackend import cli
from mkbackend.project import migrations
from mkbackend.slices import base
from mkbackend.slices.record import Record, read_all
from mkbackend.slices.refresh.today import render_all

from . import walk_words as words
from .conftest import commit, run
from .walk_edits import edit

LEAST, MOST = 4, 8
KINDS = {"create": 4, "extend": 6, "change": 12, "remove": 2, "edit": 6, "apply": 3}


class Walk:
    """A walk through a project in git; `log` has its commands, and `made` counts those that changed something."""

    def __init__(self, project: Path, seed: int) -> None:
        self.project, self.seed = project, seed
        self.random = Random(seed)  # noqa: S311 - no secret
        self.log: list[str] = []
        self.made: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def step(self) -> None:
        """Make one step; require that it is whole, or refused with nothing changed."""
        records = read_all(self.project)
        few, many = len(records) < LEAST, len(records) >= MOST
        kinds = {**KINDS, "create": 0 if many else 12 if few else 4, "remove": 0 if few else 2}
        (kind,) = self.random.choices([*kinds], [*kinds.values()])
        changed = getattr(self, kind)(records)
        self.require_whole()
        (self.made if changed else self.refused)[kind] += 1
        commit(self.project)

    def create(self, records: list[Record]) -> bool:
        """Add a resource."""
        return self.mkbackend("add", *words.resource(self.random, [each.resource.name for each in records]))

    def extend(self, records: list[Record]) -> bool:
        """Add fields, constraints or steps to a resource."""
        known = self.random.choice(records).resource
        return self.mkbackend("add", *words.more(self.random, known, [each.resource.name for each in records]))

    def change(self, records: list[Record]) -> bool:
        """Change a resource."""
        return self.mkbackend("change", *words.change(self.random, self.random.choice(records).resource))

    def remove(self, records: list[Record]) -> bool:
        """Remove a resource, with the files that were edited."""
        known = self.random.choice(records)
        force = ["--force"] if self.random.random() < 0.5 else []
        done = self.mkbackend("remove", known.resource.name, *force)
        if done:
            for path in known.files:
                if not path.startswith(migrations.VERSIONS):
                    (self.project / path).unlink(missing_ok=True)
        return done

    def edit(self, records: list[Record]) -> bool:
        """Edit the files of a slice by hand."""
        known = self.random.choice(records)
        texts = edit(self.random, known, self.project, len(self.log))
        for path, text in texts.items():
            self.log.append(f"# edit {path}")
            (self.project / path).write_text(text, encoding="utf-8")
        if texts:
            run(self.tool("ruff"), "format", "--quiet", *texts, cwd=self.project)
        return bool(texts)

    def apply(self, records: list[Record]) -> bool:
        """Apply the model file of the project, as it is or with a difference."""
        file = self.project.with_suffix(".toml")
        file.write_text(self.invoke("model")[1], encoding="utf-8")
        kind = self.random.choice(["same", "new", "field", "less"])
        text = file.read_text(encoding="utf-8")
        more = ["--prune"] if kind == "less" else []
        if kind == "less":
            tables = re.split(r"^(?=\[)", text, flags=re.MULTILINE)
            del tables[self.random.randrange(1, len(tables))]
            text = "".join(tables)
        if kind == "field":
            names = [each.resource.name for each in records]
            word = words.new_field(self.random, names, self.random.choice(words.LABELS))
            place = self.random.choice([found.end() for found in re.finditer(r"^fields = \[", text, re.MULTILINE)])
            text = f'{text[:place]}"{word}", {text[place:]}'
        if kind == "new":
            name = self.random.choice(words.NAMES)
            text += f'\n[new_{name}]\nfields = ["name:str", "of:ref/{self.random.choice(records).resource.name}"]\n'
        file.write_text(text, encoding="utf-8")
        self.log.append(f"# {kind}: {text!r}")
        kept = {path: (self.project / path).is_file() for known in records for path in known.files}
        done = self.mkbackend("apply", str(file), *more, given=text)
        assert done or kind != "same" or not self.changes()
        for path in kept:
            if kind == "less" and not path.startswith(migrations.VERSIONS):
                gone = [known for known in records if path in known.files and not (self.project / known.path).exists()]
                if gone:
                    (self.project / path).unlink(missing_ok=True)
        return done

    def update(self, *more: str) -> None:
        """Update the project to the newest template, and its slices with it."""
        self.log.append(shlex.join(["mkbackend", "update", *more]))
        output = run(sys.executable, "-m", "mkbackend", "update", *more, cwd=self.project)
        self.log.append(output)
        self.require_whole()
        commit(self.project)

    def mkbackend(self, *arguments: str, given: str = "") -> bool:
        """Run a command; return whether it changed the project. A refusal names a part of its input."""
        self.log.append(shlex.join(["mkbackend", *arguments]))
        code, output = self.invoke(*arguments)
        if code:
            assert code == 2, output
            assert not self.changes(), output
            self.log[-1] += f"  # {output.splitlines()[0]}"
            message = " ".join(output.split())
            parts = re.findall(r"\w+", " ".join([*arguments[1:], given]))
            assert any(re.search(rf"\b{part}\b", message) for part in parts), output
            return False
        if "by hand:" in output:
            self.log.append(f"git reset --hard  # {output}")
            self.undo()
        elif "Undo:" in output and self.random.random() < 0.1:
            command = output.partition("Undo:")[2].split("\n\n")[0].strip()
            self.log.append(f"{command}  # undone")
            for one in command.split(" && "):
                if one.startswith("mkbackend "):
                    assert self.invoke(*shlex.split(one)[1:])[0] == 0
                else:
                    run("sh", "-c", one, cwd=self.project)
            assert not self.changes(), command
        return bool(self.changes())

    def invoke(self, *arguments: str) -> tuple[int, str]:
        """Run a command in this process; return its exit code and output. Any other exception is an error."""
        done = CliRunner().invoke(cli.app, [*arguments, "--project", str(self.project)])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.output

    def undo(self) -> None:
        """Return to the last commit."""
        run("git", "reset", "--quiet", "--hard", cwd=self.project)
        run("git", "clean", "--quiet", "-fd", cwd=self.project)

    def changes(self) -> list[str]:
        """Return the paths that differ from the last commit."""
        return run("git", "status", "--porcelain", "-z", "--untracked-files=all", cwd=self.project).split("\0")[:-1]

    def require_whole(self) -> None:
        """Require that the changed files are whole, and that there is one head."""
        paths = [line[3:] for line in self.changes() if line.endswith(".py") and (self.project / line[3:]).is_file()]
        for path in paths:
            ast.parse((self.project / path).read_text(encoding="utf-8"), path)
        if paths:
            run(self.tool("ruff"), "check", "--quiet", cwd=self.project)
            run(self.tool("ruff"), "format", "--quiet", "--check", cwd=self.project)
        assert len(migrations.heads(migrations.read(self.project))) == 1

    def require_current(self) -> None:
        """Require that the text of each slice is as if it had been added in one step."""
        today = render_all(self.project)
        assert not today.skipped
        for each in today.slices:
            kept = base.read(self.project, each.known)
            for path, text in each.texts.items():
                assert _bare(kept[path]) == _bare(text), path

    def tool(self, name: str) -> Path:
        """Return a program of the project's environment."""
        return self.project / ".venv/bin" / name


def _bare(text: str) -> list[str]:
    """Return a text without its layout, and without the sign of a circle, which a later reference may close."""
    return re.sub(r",?\s*use_alter=True|,(?=\s*[)\]}])", "", text).split()
