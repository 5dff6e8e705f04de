"""Tests of the prose: docstrings begin with a verb or a noun, and no text contains a listed phrase.

In `nox -s lint`, ruff checks the form of docstrings and the mood of the verbs that it knows, codespell the spelling.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import cycle, groupby

import pytest
from conftest import ROOT
from prose_rules import DETERMINERS, NOUNS, OTHER_WORDS, PHRASES, RELATIVE_WORDS, VERBS

from mkbackend.slices.rendering.render import render
from mkbackend.slices.rendering.view import view
from mkbackend.slices.resource.description import Description
from mkbackend.slices.resource.grammar import parse
from mkbackend.slices.resource.rights import AUTHS
from mkbackend.slices.types.field import Target
from mkbackend.system.git import git

FOLDERS = ("template", "slices", "src", "tests", "benchmarks", "others")
OTHERS = re.compile(r"docs/.+\.md|README\.md|CONTRIBUTING\.md|copier\.yml|pyproject\.toml|noxfile\.py|hatch_build\.py")
# Messages of Alembic, which stay as released; old names; licences and figures; the lists themselves.
EXEMPT = re.compile(
    r".+/alembic/versions/.+|template/moves\.toml|tests/slices/expected/.+|template/LICENSE.*|.+\.(sql|svg)|.+results\.json|tests/(test_prose|prose_rules)\.py"
)
# In these, strings are data, such as the messages that a test expects.
DATA = ("tests/", "benchmarks/")
Described = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
DESCRIBED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

VERB, NOUN, DETERMINER = set(VERBS.split()), set(NOUNS.split()), set(DETERMINERS.split())
RELATIVE, OTHER = set(RELATIVE_WORDS.split()), set(OTHER_WORDS.split())
GAP = r"[\s#]+"
PHRASE = {re.compile(rf"{words.replace(' ', GAP)}(?![\w-])"): use for words, use in PHRASES.items()}


@dataclass(frozen=True)
class Docstring:
    """A docstring with its place, and the kind of what it describes."""

    place: str
    kind: str
    text: str

    @property
    def fault(self) -> str:
        """The fault of the first words, or an empty text."""
        if not (words := re.findall(r"[a-z][a-z'-]*", self.text.splitlines()[0].lower())):
            return "no words"
        first, second = words[0], words[1] if len(words) > 1 else ""
        if first in RELATIVE:
            return "begins with a relative or question word"
        if self.kind == "test" or (self.kind == "property" and first in VERB):
            return ""
        if self.kind == "function":
            return "" if first in VERB else "begins with no imperative verb of the list"
        if self.text.startswith("`"):
            return ""
        if first in OTHER:
            return "begins with no noun"
        verb = next((verb for verb in (first, first.removesuffix("s"), first.removesuffix("es")) if verb in VERB), "")
        is_noun = verb in NOUN and second not in DETERMINER
        return "begins with a verb, not with a noun" if verb and not is_noun else ""


@cache
def files(folder: str) -> dict[str, str]:
    """Return the text of each file of a folder, by path."""
    if folder == "slices":
        return dict(rendered())
    listed = git("ls-files", "--cached", "--others", "--exclude-standard", "-z", cwd=ROOT).split("\0")
    part = OTHERS if folder == "others" else re.compile(f"{folder}/.+")
    names = [name for name in listed if part.fullmatch(name) and not EXEMPT.fullmatch(name) and (ROOT / name).is_file()]
    return {name: (ROOT / name).read_text(encoding="utf-8") for name in sorted(names)}


def rendered() -> Iterator[tuple[str, str]]:
    """Yield the files of a slice with every type of field, for each kind of caller."""
    words = """
        a:str:unique b:text:null c:int=0 d:bigint:unique e:float f:decimal/3/1=1.5 g:bool=true h:date k:json
        l:enum/x/y=x i:datetime=2026-01-01T00:00:00Z j:uuid:index:null m:ref/note:null n:ref/user:cascade o:str:list
        p:email:unique q:url:null
    """
    targets = {"user": Target("user", "User", "users"), "note": Target("note", "Note", "notes", "owner_id")}
    for auth, soft_delete in zip(AUTHS, cycle((True, False)), strict=False):
        seen = view(parse(Description("article", tuple(words.split()), auth=auth, soft_delete=soft_delete)), targets)
        for name, content in render(seen).items():
            yield f"{auth}{'' if soft_delete else ', hard delete'}: {name}", content


def docstrings(name: str, text: str) -> Iterator[Docstring]:
    """Yield the docstrings of a module."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, DESCRIBED) and (found := ast.get_docstring(node)):
            yield Docstring(f"{name}:{node.body[0].lineno}", kind_of(node), found)


def kind_of(node: Described) -> str:
    """Return what a docstring describes."""
    if isinstance(node, ast.Module | ast.ClassDef):
        return "module or class"
    if any("property" in ast.unparse(decorator) for decorator in node.decorator_list):
        return "property"
    return "test" if node.name.startswith("test_") else "function"


def prose(name: str, text: str) -> Iterator[tuple[int, str]]:
    """Yield the prose of a file with its lines: strings, comments and names of tests of a module; any other text."""
    if not name.endswith(".py"):
        yield 1, text
        return
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    strings = {tokenize.STRING, tokenize.FSTRING_MIDDLE}
    if name.startswith(DATA):
        strings = set()
        for docstring in docstrings(name, text):
            yield int(docstring.place.rpartition(":")[2]), docstring.text
    comments = [token for token in tokens if token.type == tokenize.COMMENT]
    # Comments on consecutive lines are one text.
    for _, block in groupby(enumerate(comments), lambda pair: pair[1].start[0] - pair[0]):
        first, *rest = (token for _, token in block)
        yield first.start[0], "\n".join(token.string for token in (first, *rest))
    for token in tokens:
        if token.type in strings:
            yield token.start[0], token.string
    for number, line in enumerate(text.splitlines(), 1):
        if found := re.match(r"\s*(?:async )?def (test_\w+)", line):
            yield number, found[1].replace("_", " ")


def phrases(piece: str) -> Iterator[tuple[int, int, str]]:
    """Yield the place of each phrase in a text, its end, and the words to use instead."""
    lower = piece.lower()
    for pattern, instead in PHRASE.items():
        for found in pattern.finditer(lower):
            before, after = lower[: found.start()][-1:], lower[found.end() :][:1]
            # A quoted word is a name: `mend`.
            if not re.match(r"[\w-]", before) and not (before == after and before in {"`", "'", '"'}):
                yield found.start(), found.end(), instead


def show(findings: list[str]) -> None:
    """Fail with the findings, if there are any."""
    if findings:
        pytest.fail("\n".join([*findings, f"{len(findings)} findings"]), pytrace=False)


@pytest.mark.parametrize("folder", FOLDERS)
def test_docstrings_begin_with_a_verb_or_a_noun(folder: str) -> None:
    found = {
        docstring.text if folder == "slices" else docstring.place: docstring
        for name, text in files(folder).items()
        if name.endswith(".py")
        for docstring in docstrings(name, text)
        if docstring.fault
    }
    show([f"{each.place}: {each.fault}: {each.text.splitlines()[0]}" for each in found.values()])


@pytest.mark.parametrize("folder", [folder for folder in FOLDERS if folder != "slices"])
def test_texts_contain_no_listed_phrase(folder: str) -> None:
    show(
        [
            f"{name}:{line + piece.count('\n', 0, start)}: {' '.join(piece[max(0, start - 40) : end + 40].split())!r}:"
            f" {' '.join(piece[start:end].split())!r}, better: {instead}"
            for name, text in files(folder).items()
            for line, piece in prose(name, text)
            for start, end, instead in phrases(piece)
        ]
    )


@pytest.mark.parametrize("folder", [folder for folder in FOLDERS if folder not in ("slices", "others")])
def test_names_of_tests_begin_with_no_relative_word(folder: str) -> None:
    found = [
        f"{name}:{number}: {match[1]}"
        for name, text in files(folder).items()
        for number, line in enumerate(text.splitlines(), 1)
        if (match := re.search(r"def (test_([a-z]+)\w*)", line))
        and match[2] in RELATIVE - {"if", "nor", "not", "so", "when", "while"}
    ]
    show(found)


@pytest.mark.parametrize(
    ("kind", "text", "is_good"),
    [
        ("function", "Return the id.", True),
        ("function", "The id.", False),
        ("function", "Returns the id.", False),
        ("function", "Tell the id.", False),
        ("function", "Whether it is there.", False),
        ("property", "The id.", True),
        ("property", "Return the id.", True),
        ("property", "Whether it is there.", False),
        ("test", "The template changes.", True),
        ("test", "What the template changes.", False),
        ("module or class", "Tests of the id.", True),
        ("module or class", "Tests the id.", False),
        ("module or class", "Request context of a job.", True),
        ("module or class", "Return the id.", False),
        ("module or class", "Keeps ids.", False),
        ("module or class", "Who may do what.", False),
    ],
)
def test_a_docstring_is_judged_by_its_first_words(kind: str, text: str, is_good: bool) -> None:
    assert (Docstring("x.py:1", kind, text).fault == "") == is_good


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('"""Made\nanew."""\n', [2]),
        ("# It gives no sign\n# of life.\n", [1]),
        ("x = f'{y} is no longer good'\n", [1]),
        ("\ndef test_somebody_waits(): ...\n", [2]),
        ("anew = somebody.mend(whom)\n", []),
        ('x = "someone@example.com, amend", "rested", "see `mend`"\n', []),
    ],
)
def test_a_phrase_is_found_in_prose_only(text: str, lines: list[int]) -> None:
    assert [
        line + piece.count("\n", 0, at) for line, piece in prose("src/x.py", text) for at, *_ in phrases(piece)
    ] == lines
