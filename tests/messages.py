"""A list of every message of the command and of the service: `nox -s messages`.

Errors, prompts, help texts, log lines, problem details and the descriptions in OpenAPI, each once, to be read aloud.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {
    "The command": ("src/mkbackend",),
    "The service": ("template/app",),
    "Scripts of the service": ("template/scripts", "template/alembic", "template/tests/guards"),
}
# Functions whose docstring is printed: commands of Typer, and the routes in OpenAPI.
PRINTED = re.compile(r"\.(command|callback|get|post|put|patch|delete|websocket)\b")
SENTENCE = re.compile(r"[^\W\d_]{2,}[,;:.]? +[^\W\d_{]+|[A-Z][a-z]+ \{")
# SQL, generated code, and lists of names.
NO_MESSAGE = re.compile(
    r"\s*(SELECT|INSERT|UPDATE \w+ SET|DELETE FROM|TRUNCATE|CREATE|ALTER|DROP|SET|SHOW|LISTEN|NOTIFY|WITH|ON|AND) "
    r"|\s*(from|import) |[a-z_]+( [a-z_]+)?$|\s*([A-Za-z_]+\s+){20,}"
)


def messages(text: str) -> Iterator[tuple[int, str]]:
    """Yield the messages of a module, with their lines."""
    tree = ast.parse(text)
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            is_printed = not isinstance(node, ast.Module | ast.ClassDef) and any(
                PRINTED.search(ast.unparse(decorator)) for decorator in node.decorator_list
            )
            if (
                node.body
                and ast.get_docstring(node) is not None
                and isinstance(node.body[0], ast.Expr)
                and not is_printed
            ):
                skipped.add(node.body[0].value)
        if node in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            skipped |= {child for child in ast.walk(node) if child is not node}
            yield (
                node.lineno,
                "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "{" + ast.unparse(part.value) + "}"
                    for part in node.values
                    if isinstance(part, ast.Constant | ast.FormattedValue)
                ),
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def questions() -> Iterator[tuple[str, str]]:
    """Yield the texts of the questions, with their names."""
    for name, question in yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8")).items():
        if isinstance(question, dict):
            yield from ((name, str(question[key])) for key in ("help", "validator") if key in question)
        elif name.startswith("_message"):
            yield name, str(question)


def main() -> None:
    """Print the list."""
    print("## Questions")
    for name, text in questions():
        print(f"copier.yml, {name}: {' '.join(text.split())}")
    for title, folders in FOLDERS.items():
        print(f"\n## {title}")
        seen: set[str] = set()
        listed = subprocess.run(("git", "ls-files", *folders), cwd=ROOT, capture_output=True, text=True, check=True)
        for name in (name for name in listed.stdout.splitlines() if name.endswith(".py")):
            for line, message in sorted(messages((ROOT / name).read_text(encoding="utf-8"))):
                plain = " ".join(message.split())
                if plain in seen or not SENTENCE.search(plain) or NO_MESSAGE.match(message):
                    continue
                seen.add(plain)
                print(f"{name.removeprefix('template/')}:{line}: {plain}")


if __name__ == "__main__":
    main()
