"""Property tests of the rewriting: a rewritten program logs the same as the original."""

import ast
import builtins
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mkbackend.update.moves.codemod import rewrite
from mkbackend.update.moves.table import Moves

WORLD = (
    *("zz.core.seal.Seal", "zz.core.seal.stray", "zz.core.seal.other", "zz.core.files.Seal", "zz.core.files.x"),
    *("zz.one.x", "zz.one.Seal", "zz.two.x", "zz.two.Signer", "zz.old.part.x", "zz.old.stays.x", "zz.top"),
)
MOVES = Moves(
    modules={
        "zz.core.seal": "zz.kit.signer",
        "zz.one": "zz.two",
        "zz.two": "zz.one",
        "zz.old": "zz.new",
        "zz.old.stays": "zz.old.stays",
    },
    names={
        "zz.core.seal.Seal": "zz.kit.signer.Signer",
        "zz.core.seal.stray": "zz.kit.other.found",
        "zz.one.Seal": "zz.core.files.Signer",
        "zz.two.Signer": "zz.one.Seal",
        "zz.mine.Own": "zz.mine.Mine",
        "zz.mine.seal": "zz.mine.signer",
    },
)
LOCALS = ["Seal", "Signer", "seal", "signer", "files", "other", "one", "two", "x", "Own", "Mine"]
_local = st.sampled_from(LOCALS)
_module = st.sampled_from(sorted({name.rpartition(".")[0] for name in WORLD} - {"zz"}))
_dotted = st.sampled_from([*WORLD, "zz.core.seal", "zz.core", "zz.one", "zz.old.stays"])
_chain = st.one_of(
    _local,
    _dotted,
    st.tuples(_local, st.sampled_from(["Seal", "stray", "other", "x", "Signer", "seal.Seal", "part.x", "core"])).map(
        ".".join
    ),
)


def _from(dotted: str) -> str:
    parent, _, name = dotted.rpartition(".")
    return f"from {parent} import {name}"


_imports = st.one_of(
    _dotted.map(_from),
    st.tuples(_dotted.map(_from), _local).map(" as ".join),
    _module.map("import {}".format),
    st.tuples(_module, _local).map(lambda pair: f"import {pair[0]} as {pair[1]}"),
    st.lists(st.sampled_from([name for name in WORLD if "core.seal" in name]), min_size=2, max_size=3, unique=True).map(
        lambda names: f"from zz.core.seal import {', '.join(name.rpartition('.')[2] for name in names)}"
    ),
)
_simple = st.one_of(
    _imports,
    _chain.map("log({})".format),
    _chain.map("log(*[{} for Seal in [0]])".format),
    st.tuples(_local, _chain).map(lambda pair: f"{pair[0]} = {pair[1]}"),
    _chain.map("log((lambda seal, Signer=1: {})(2))".format),
    st.tuples(_local, _chain).map(lambda pair: f"[0 for _ in [0] if ({pair[0]} := 3)]\nlog({pair[1]})"),
    st.tuples(_local, _chain).map(lambda pair: f"match 1:\n    case {pair[0]}: log({pair[1]})"),
)


def _block(head: str, body: list[str]) -> str:
    return "\n".join([head, *(f"    {line}" for text in body for line in text.splitlines())])


_body = st.lists(_simple, min_size=1, max_size=4)
_compound = st.one_of(
    _simple,
    _simple,
    _chain.map("def typed(a: '{0}'): ...\nlog_types(typed)".format),
    st.tuples(_local, _body).map(lambda pair: _block(f"def f({pair[0]}=1):", pair[1]) + "\nf()"),
    st.tuples(_local, _body).map(lambda pair: _block("def f():", [f"global {pair[0]}", *pair[1]]) + "\nf()"),
    st.tuples(_local, _body).map(lambda pair: _block(f"class {pair[0]}:", pair[1])),
    _body.map(lambda body: _block("try:", body) + "\nexcept NameError: pass"),
)
programs = st.tuples(st.lists(_imports, max_size=5), st.lists(_compound, min_size=1, max_size=8)).map(
    lambda parts: "\n".join([*parts[0], *parts[1], ""])
)


@dataclass(frozen=True)
class Thing:
    """An object in a generated module, identified by its new name."""

    name: str


@contextmanager
def world(names: list[str]) -> Iterator[None]:
    """Create modules that define these names during the block."""
    known = dict(sys.modules)
    for name in names:
        parts = name.split(".")
        for depth in range(1, len(parts)):
            dotted = ".".join(parts[:depth])
            sys.modules.setdefault(dotted, ModuleType(dotted))
            sys.modules[dotted].__path__ = []
            if depth > 1:
                setattr(sys.modules[".".join(parts[: depth - 1])], parts[depth - 1], sys.modules[dotted])
    for name, new in zip(names, map(MOVES.apply, WORLD), strict=True):
        module, _, last = name.rpartition(".")
        setattr(sys.modules[module], last, Thing(new))
    try:
        yield
    finally:
        for name in sys.modules.keys() - known.keys():
            del sys.modules[name]


@dataclass
class Log:
    """The log of a program, with new names."""

    moves: Moves
    lines: list[object] = field(default_factory=list)

    def __call__(self, *values: object) -> None:
        self.lines += [
            self.moves.apply(value.__name__) if isinstance(value, ModuleType) else self._of(value) for value in values
        ]

    def types(self, function: Any) -> None:
        for text in function.__annotations__.values():
            try:
                self(eval(text, function.__globals__))  # noqa: S307  # a program that the test wrote
            except (NameError, AttributeError) as error:
                self.lines.append(type(error))

    def _of(self, value: object) -> object:
        if isinstance(value, ModuleType):
            return self.moves.apply(value.__name__)
        return "local" if callable(value) else value


def run(program: str, log: Log) -> list[object]:
    """Run a program statement by statement; return its log with the types of its errors."""
    space: dict[str, Any] = {"__builtins__": builtins, "log": log, "log_types": log.types, "__name__": "zz.mine"}
    for statement in ast.parse(program).body:
        try:
            exec(compile(ast.Module([statement], []), "mine", "exec"), space)  # noqa: S102  # likewise
        except Exception as error:  # noqa: BLE001  # any
            log.lines.append(type(error))
    return log.lines


@given(programs)
def test_a_rewritten_program_behaves_the_same(program: str) -> None:
    try:
        compile(program, "mine", "exec")
    except SyntaxError:
        return
    after = rewrite(program, "zz.mine", MOVES)
    with world(list(WORLD)):
        expected = run(program, Log(MOVES))
    with world(list(map(MOVES.apply, WORLD))):
        found = run(after, Log(Moves()))
    # An attribute missing in the old module may exist in the new one.
    assert [now for now, was in zip(found, expected, strict=True) if was is not AttributeError] == [
        was for was in expected if was is not AttributeError
    ], after


@given(programs)
def test_a_program_without_old_names_is_unchanged(program: str) -> None:
    # A second rewrite changes nothing either.
    unknown = Moves({"elsewhere.seal": "elsewhere.signer"}, {"elsewhere.seal.Seal": "elsewhere.signer.Signer"})
    try:
        assert rewrite(program, "zz.mine", unknown) == program
    except SyntaxError:
        return
    once = Moves({"zz.core.seal": "zz.kit.signer"}, {"zz.core.seal.Seal": "zz.kit.signer.Signer"})
    after = rewrite(program, "zz.mine", once)
    assert rewrite(after, "zz.mine", once) == after
