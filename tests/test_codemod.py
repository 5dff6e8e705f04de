"""Tests of the rewriting of Python by moves, case by case."""

import pytest

from mkbackend.update.moves.codemod import rewrite, rewritten
from mkbackend.update.moves.table import Moves

MOVES = Moves(
    modules={
        "app.core.seal": "app.kit.signer",
        "app.core.storage": "app.kit.files",
        "app.old": "app.new",
        "app.old.stays": "app.old.stays",
        "app.one": "app.two",
        "app.two": "app.one",
    },
    names={
        "app.core.seal.Seal": "app.kit.signer.Signer",
        "app.core.seal.stray": "app.kit.other.found",
        "app.core.security.Origin": "app.core.context.RequestContext",
        "app.core.Facade": "app.core.Front",
        "app.swap.left": "app.swap.right",
        "app.swap.right": "app.swap.left",
    },
)

CASES = {
    "a name, of a module that moves": (
        "from app.core.seal import Seal, other\nSeal(other)\n",
        "from app.kit.signer import Signer, other\nSigner(other)\n",
    ),
    "names that part ways": (
        "from app.core.seal import Seal, other, stray  # noqa: X\nSeal, other, stray\n",
        "from app.kit.signer import Signer, other  # noqa: X\nfrom app.kit.other import found  # noqa: X\n"
        "Signer, other, found\n",
    ),
    "names that part ways, with comments": (
        "from app.core.seal import (\n    Seal,  # one\n    stray,  # two\n)\n",
        "from app.kit.signer import (\n    Signer,  # one\n    )\nfrom app.kit.other import (\n    found,  # two\n)\n",
    ),
    "a name that leaves a module that stays": (
        "from app.core.security import Origin, hash_of\ndef f(o: Origin) -> None: ...\n",
        "from app.core.context import RequestContext\nfrom app.core.security import hash_of\n"
        "def f(o: RequestContext) -> None: ...\n",
    ),
    "a name that two imports bind, one after the other": (
        "from app.core.seal import Seal as seal\nseal()\nfrom app.core import seal\nseal.Seal()\n"
        "def f(): seal.Seal()\n",
        "from app.kit.signer import Signer as seal\nseal()\nfrom app.kit import signer as seal\nseal.Signer()\n"
        "def f(): seal.Signer()\n",
    ),
    "a name that one of two imports binds": (
        "try: from app.core.seal import Seal as seal\nexcept ImportError: from app.core import seal\nseal.Seal()\n",
        "try: from app.kit.signer import Signer as seal\nexcept ImportError: from app.kit import signer as seal\n"
        "seal.Seal()\n",
    ),
    "another name with as": (
        "from app.core.seal import Seal as S\nS()\n",
        "from app.kit.signer import Signer as S\nS()\n",
    ),
    "an as that is the new name": (
        "from app.core.seal import Seal as Signer\nSigner()\n",
        "from app.kit.signer import Signer\nSigner()\n",
    ),
    "a module out of a package": (
        "from app.core import config, seal\nseal.Seal(config.x).make(seal.other)\n",
        "from app.core import config\nfrom app.kit import signer\nsigner.Signer(config.x).make(signer.other)\n",
    ),
    "a name that leaves a module": (
        "from app.core import seal\nseal.stray(seal.Seal)\n",
        "from app.kit import signer\nfrom app.kit import other\nother.found(signer.Signer)\n",
    ),
    "the only name that is used of a module": (
        "from app.core import seal\nseal.stray()\n",
        "from app.kit import other\nother.found()\n",
    ),
    "a name that leaves a module, whose new one is there": (
        "from app.core import seal\nfrom app.kit import other as o\nseal.stray(o)\n",
        "from app.kit import other as o\no.found(o)\n",
    ),
    "a name that leaves a module, whose new one has the name of something else": (
        "from app.core import seal\nother = 1\nseal.stray(other)\n",
        "from app.kit import other as app_kit_other\nother = 1\napp_kit_other.found(other)\n",
    ),
    "a package, then dots": (
        "from app import core\ncore.seal.Seal(core.config)\n",
        "from app import core\nfrom app.kit import signer\nsigner.Signer(core.config)\n",
    ),
    "a dotted import": (
        "import app.core.seal\napp.core.seal.Seal(app.core.seal.other, app.core.seal)\n",
        "import app.kit.signer\napp.kit.signer.Signer(app.kit.signer.other, app.kit.signer)\n",
    ),
    "a dotted import, and a name that leaves": (
        "import app.core.seal, os\napp.core.seal.stray(os)\n",
        "import app.kit.signer, os\nimport app.kit.other\napp.kit.other.found(os)\n",
    ),
    "a dotted import of the package": (
        "import app.core\napp.core.seal.Seal()\n",
        "import app.core\nimport app.kit.signer\napp.kit.signer.Signer()\n",
    ),
    "a dotted import with as": (
        "import app.core.seal as s\ns.Seal()\ns.stray()\n",
        "import app.kit.signer as s\nfrom app.kit import other\ns.Signer()\nother.found()\n",
    ),
    "two modules that change places": (
        "from app import one, two\nfrom app.one import x\none.a(two.b)\n",
        "from app import two, one\nfrom app.two import x\ntwo.a(one.b)\n",
    ),
    "two names that change places": (
        "from app.swap import left, right\nleft(right)\n",
        "from app.swap import right, left\nright(left)\n",
    ),
    "a package, but for what stays": (
        "from app.old import part, stays\nfrom app.old.stays import x\npart(stays)\n",
        "from app.new import part\nfrom app.old import stays\nfrom app.old.stays import x\npart(stays)\n",
    ),
    "relative imports": (
        "from .seal import Seal\nfrom . import storage, config\nfrom .config import Settings\nfrom .. import old\n",
        "from app.kit.signer import Signer\nfrom app.kit import files\nfrom app.core import config\n"
        "from .config import Settings\nfrom .. import new\n",
    ),
    "imports within functions": (
        "def f():\n    from app.core.seal import Seal\n    return Seal()\ndef g(Seal):\n    return Seal\n",
        "def f():\n    from app.kit.signer import Signer\n    return Signer()\ndef g(Seal):\n    return Seal\n",
    ),
    "imports for types only": (
        "if TYPE_CHECKING:\n    from app.core.seal import Seal, stray\ndef f(x: 'Seal'): ...\n",
        "if TYPE_CHECKING:\n    from app.kit.signer import Signer\n    from app.kit.other import found\n"
        "def f(x: 'Signer'): ...\n",
    ),
    "an import on the line of its condition": (
        "if x: from app.core.seal import Seal, stray; y = 1\n",
        "if x: from app.kit.signer import Signer; from app.kit.other import found; y = 1\n",
    ),
    "imports on one line": (
        "import os; from app.core.seal import Seal, stray; y = Seal\n",
        "import os\nfrom app.kit.signer import Signer\nfrom app.kit.other import found\ny = Signer\n",
    ),
    "types in strings": (
        "from app.core.seal import Seal\nfrom app.core import seal\n"
        "x: \"list['Seal'] | None\"\ndef f(*a: 'Seal', k: Callable[['seal.Seal'], int]) -> r'Seal': ...\n"
        "class C(Base['Seal'], tag='Seal'): ...\nT = TypeVar('T', bound='Seal')\ncast('Seal', 'Seal')\n"
        "type A = 'Seal'\nB = Annotated['Seal', Depends('Seal')]\n",
        "from app.kit.signer import Signer\nfrom app.kit import signer\n"
        "x: \"list['Signer'] | None\"\ndef f(*a: 'Signer', k: Callable[['signer.Signer'], int]) -> r'Signer': ...\n"
        "class C(Base['Signer'], tag='Seal'): ...\nT = TypeVar('T', bound='Signer')\ncast('Signer', 'Seal')\n"
        "type A = 'Signer'\nB = Annotated['Signer', Depends('Seal')]\n",
    ),
    "texts": (
        "from app.core.seal import Seal\nx: Literal['Seal'] = 'Seal'\ny: Annotated[Seal, 'Seal']\nz['Seal']\n# Seal\n",
        "from app.kit.signer import Signer\nx: Literal['Seal'] = 'Seal'\ny: Annotated[Signer, 'Seal']\n"
        "z['Seal']\n# Seal\n",
    ),
    "names that only look alike": (
        "from app.core.seal import Seal\nf(Seal=Seal, a=b.Seal)\ndef g(Seal=Seal): return Seal\n"
        "[Seal for Seal in Seal]\nlambda Seal: Seal\nclass C:\n    Seal = Seal\n"
        "    def m(self): return Seal, self.Seal\n",
        "from app.kit.signer import Signer\nf(Seal=Signer, a=b.Seal)\ndef g(Seal=Signer): return Seal\n"
        "[Seal for Seal in Signer]\nlambda Seal: Seal\nclass C:\n    Seal = Signer\n"
        "    def m(self): return Signer, self.Seal\n",
    ),
    "patterns": (
        "from app.core.seal import Seal\nmatch x:\n    case Seal(Seal=1): pass\n"
        "def f(x):\n    match x:\n        case {'a': Seal, **rest}: return Seal\n        case [*Seal]: pass\n",
        "from app.kit.signer import Signer\nmatch x:\n    case Signer(Seal=1): pass\n"
        "def f(x):\n    match x:\n        case {'a': Seal, **rest}: return Seal\n        case [*Seal]: pass\n",
    ),
    "a new name that is taken": (
        "from app.core.seal import Seal\nSigner = 1\nSeal(Signer)\n",
        "from app.kit.signer import Signer as Seal\nSigner = 1\nSeal(Signer)\n",
    ),
    "a new name that is taken where the old is used": (
        "from app.core.seal import Seal\ndef f(Signer): return Seal(Signer)\n",
        "from app.kit.signer import Signer as Seal\ndef f(Signer): return Seal(Signer)\n",
    ),
    "a new name that is taken elsewhere": (
        "from app.core.seal import Seal\ndef f(Signer): return Signer\nSeal()\n",
        "from app.kit.signer import Signer\ndef f(Signer): return Signer\nSigner()\n",
    ),
    "a new name that is used for what is not in the file": (
        "from app.core.seal import Seal\nfrom x import *\nSeal(Signer)\n",
        "from app.kit.signer import Signer as Seal\nfrom x import *\nSeal(Signer)\n",
    ),
    "two imports of one name": (
        "try:\n    from app.core.seal import Seal\nexcept ImportError:\n    Seal = None\nSeal()\n",
        "try:\n    from app.kit.signer import Signer as Seal\nexcept ImportError:\n    Seal = None\nSeal()\n",
    ),
    "a name for others": (
        "from app.core.seal import Seal, stray as stray\n__all__ = ['Seal', 'other']\n",
        "from app.kit.signer import Signer as Seal\nfrom app.kit.other import found as stray\n"
        "__all__ = ['Seal', 'other']\n",
    ),
    "a star": ("from app.core.seal import *\n", "from app.kit.signer import *\n"),
    "an import in a class": (
        "class C:\n    from app.core.seal import Seal\n",
        "class C:\n    from app.kit.signer import Signer as Seal\n",
    ),
    "an assignment in a comprehension": (
        "from app.core.seal import Seal\ndef f(): return [Seal for _ in x if (Seal := 3)], Seal\n",
        "from app.kit.signer import Signer\ndef f(): return [Seal for _ in x if (Seal := 3)], Seal\n",
    ),
    "an import whose uses all go elsewhere, and which is there": (
        "from app.core import seal  # for stray\nfrom app.kit import other\nif x:\n    from app.core import seal\n"
        "seal.stray(other)\n",
        "from app.kit import other\nif x:\n    pass\nother.found(other)\n",
    ),
    "decorators, f-strings, generics": (
        "from app.core import seal\n@seal.Seal\ndef f[T: seal.Seal](): return f'{seal.other!r:>{seal.width}}'\n",
        "from app.kit import signer\n@signer.Signer\n"
        "def f[T: signer.Signer](): return f'{signer.other!r:>{signer.width}}'\n",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_file_is_rewritten(name: str) -> None:
    before, after = CASES[name]
    assert rewrite(before, "app.core.me", MOVES) == after


def test_definitions_are_renamed() -> None:
    source = (
        "class Seal:\n    def copy(self) -> 'Seal': return Seal(seal=1)\ndef stray():\n    global Seal\n    del Seal\n"
        "class X(Seal): stray = stray()\n__all__ = ['Seal', 'X']\n"
    )
    assert rewrite(source, "app.core.seal", MOVES) == (
        "class Signer:\n    def copy(self) -> 'Signer': return Signer(seal=1)\ndef found():\n    global Signer\n"
        "    del Signer\nclass X(Signer): stray = found()\n__all__ = ['Signer', 'X']\n"
    )


def test_a_definition_is_kept_if_its_new_name_is_taken() -> None:
    done = rewritten("class Seal: ...\nSigner = 1\n", "app.core.seal", MOVES)
    assert done.text == "class Seal: ...\nSigner = 1\n"
    assert done.notes == ["Seal keeps its name: app.kit.signer.Signer is taken"]


def test_a_reexport_of_a_package_is_renamed() -> None:
    source = "from .parts import Facade\n__all__ = ['Facade']\n"
    assert rewrite(source, "app.core.__init__", MOVES) == "from .parts import Facade as Front\n__all__ = ['Front']\n"


def test_names_imported_by_others_are_kept() -> None:
    done = rewritten("from app.core.seal import Seal\nSeal\n", "app.mine", MOVES, exported=frozenset({"Seal"}))
    assert done.text == "from app.kit.signer import Signer as Seal\nSeal\n"


@pytest.mark.parametrize(
    ("place", "before", "after"),
    [
        ("app.old.part", "from .other import x\n", "from .other import x\n"),
        ("app.old.part", "from . import other\n", "from . import other\n"),
        ("app.old.part", "from .stays import x\n", "from app.old.stays import x\n"),
        ("app.old.part", "from ..core import config\n", "from ..core import config\n"),
        ("app.old.__init__", "from .part import x\n", "from .part import x\n"),
        ("app.core.seal", "from .config import x\n", "from app.core.config import x\n"),
        (
            "app.core.seal",
            "from . import config, storage\n",
            "from app.core import config\nfrom app.kit import files\n",
        ),
    ],
)
def test_relative_imports_of_a_moved_file_are_rewritten(place: str, before: str, after: str) -> None:
    assert rewrite(before, place, MOVES) == after


def test_a_star_import_of_moved_names_is_reported() -> None:
    done = rewritten("from app.core.security import *\n", "app.mine", MOVES)
    assert done.text == "from app.core.security import *\n"
    assert done.notes == ["from app.core.security import *: some of its names have moved"]


def test_source_that_libcst_does_not_round_trip_is_refused() -> None:
    # LibCST drops a line before a form feed.
    with pytest.raises(SyntaxError):
        rewrite("from app.core.storage import x\n\n\x0c\n", "app.mine", MOVES)


@pytest.mark.parametrize("text", ["def (:\n", "print 'x'\n", "x = '\n"])
def test_invalid_python_is_refused(text: str) -> None:
    with pytest.raises(SyntaxError):
        rewrite(text, "app.mine", MOVES)


@pytest.mark.parametrize("text", ["try: ...\nexcept A, B: ...\n", "x = t'{y}'\n"])
def test_newer_python_syntax_is_parsed(text: str) -> None:
    source = f"from app.core.storage import x\n{text}"
    assert rewrite(source, "app.mine", MOVES) == f"from app.kit.files import x\n{text}"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n\t\n", ""])
def test_everything_else_is_kept_byte_for_byte(end: str) -> None:
    source = (
        f"\ufeff#!/usr/bin/python\nfrom app.core.storage import x  # y\t{end or chr(10)}if  x :\n\ty = [ 1,\\\n2]{end}"
    )
    assert rewrite(source, "app.mine", MOVES) == source.replace("app.core.storage", "app.kit.files")
