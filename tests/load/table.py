"""Tables of figures on the terminal."""

from collections.abc import Sequence


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table with text left-aligned and numbers right-aligned; without rows, nothing."""
    if not rows:
        return
    lines = [[_cell(value) for value in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    right = [
        all(isinstance(value, int | float) or value in ("", None) for value in column)
        for column in zip(*rows, strict=True)
    ]
    print(f"\n\n{title}")
    for number, line in enumerate(lines):
        cells = zip(line, widths, right, strict=True)
        print("  ".join(cell.rjust(width) if number_ else cell.ljust(width) for cell, width, number_ in cells).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.1f}" if isinstance(value, float) else str(value)
