"""The structure of the command, in figures: `nox -s structure`, or with a folder that has another `mkbackend`."""

import sys
from collections import defaultdict
from itertools import count
from pathlib import Path

import grimp

PACKAGE = "mkbackend"
Arrows = dict[str, set[str]]


def arrows(graph: grimp.ImportGraph) -> Arrows:
    """Return the modules and packages at the top, each with those that it imports."""
    tops: Arrows = {module.removeprefix(f"{PACKAGE}."): set() for module in graph.find_children(PACKAGE)}
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            start, end = _top(importer), _top(imported)
            if start in tops and end in tops and start != end:
                tops[start].add(end)
    return tops


def circles(tops: Arrows) -> list[list[str]]:
    """Return the groups of packages that import each other, directly or through others."""
    reached = {start: _reach(start, tops) for start in tops}
    groups = {tuple(sorted(end for end in ends if start in reached[end])) for start, ends in reached.items()}
    return sorted(list(group) for group in groups if len(group) > 1)


def layers(tops: Arrows) -> int:
    """Return the length of the longest chain of imports; without circles only."""
    left = {start: set(ends) for start, ends in tops.items()}
    for number in count():
        if not left:
            return number
        free = {start for start, ends in left.items() if not ends}
        left = {start: ends - free for start, ends in left.items() if start not in free}
    raise AssertionError


def main(folder: Path) -> None:
    """Print the figures of the package in a folder."""
    sys.path.insert(0, str(folder))
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    tops = arrows(graph)
    found = circles(tops)
    print(f"{len(tops)} modules and packages at the top, {sum(map(len, tops.values()))} arrows between them, ", end="")
    print("no circle, " if not found else f"circles {found}, ", end="")
    print(f"{layers(tops)} layers\n" if not found else "\n")
    lines: dict[str, list[int]] = defaultdict(list)
    for path in sorted((folder / PACKAGE).rglob("*.py")):
        top = path.relative_to(folder / PACKAGE).parts[0].removesuffix(".py")
        lines[top].append(len(path.read_text(encoding="utf-8").splitlines()))
    print("| package | files | lines | longest | imports |\n|---|---:|---:|---:|---|")
    for top, sizes in sorted(lines.items()):
        print(f"| {top} | {len(sizes)} | {sum(sizes)} | {max(sizes)} | {' '.join(sorted(tops.get(top, ())))} |")


def _top(module: str) -> str:
    return f"{module}.".split(".")[1]


def _reach(start: str, tops: Arrows) -> set[str]:
    reached, waiting = set[str](), [start]
    while waiting:
        new = tops[waiting.pop()] - reached
        reached |= new
        waiting += new
    return reached


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "src").resolve())
