"""Questions in the terminal: lists with arrow keys, and texts with the validator's message while typing.

A dumb terminal, which cannot move its cursor, gets plain lines.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.prompt import Confirm, Prompt
from rich.text import Text

from mkbackend.errors import BadInputError
from mkbackend.screen import Screen
from mkbackend.system.printable import on_one_line
from mkbackend.template.questions import Answers, Question, Questions

if TYPE_CHECKING:
    import questionary

_CREATE = "Create the project"
_BACK = "(Esc: back)"
# Columns of the pointer, and of the space at the end of a line
_MARGIN = 4


def review(
    screen: Screen, questions: Questions, given: Mapping[str, object], complete: Callable[[Answers], Answers]
) -> Answers:
    """Show all answers, each of which can be changed, until they are accepted; return those that are given.

    `complete` adds the defaults; an answer that it refuses is shown with the reason, and the previous one stays.
    """
    given = dict(given)
    if screen.console.is_dumb_terminal:
        return _review_plainly(screen, questions, given, complete)
    answers = complete(given)
    while (name := _choose(screen, questions, answers)) != _CREATE:
        if (answer := _ask(screen, questions.asked[name], questions, answers, back=True)) is None:
            continue
        try:
            given, answers = _changed(given, answers, {name: answer}, complete)
        except BadInputError as error:
            screen.say(error.message, style="red")
    return given


def _changed(
    given: Answers, answers: Answers, changed: Answers, complete: Callable[[Answers], Answers]
) -> tuple[Answers, Answers]:
    """Return the given and all answers after a change; raise BadInputError if `complete` refuses it.

    The defaults follow the changed answer, or if one would become invalid, the other answers stay.
    """
    try:
        return given | changed, complete(given | changed)
    except BadInputError:
        return answers | changed, complete(answers | changed)


def ask(screen: Screen, question: Question, questions: Questions, answers: Answers) -> str:
    """Ask a question until its answer is valid."""
    answer = _ask(screen, question, questions, answers, back=False)
    assert answer is not None  # noqa: S101  # only Escape, with `back`, gives no answer
    return answer


def _ask(screen: Screen, question: Question, questions: Questions, answers: Answers, *, back: bool) -> str | None:
    """Ask a question until its answer is valid; with `back`, Escape ends it with None."""
    default = question.shown(answers.get(question.name, question.default))

    def problem(answer: str) -> str:
        return questions.problem(question.name, answer, answers)

    if screen.console.is_dumb_terminal:
        return _ask_plainly(screen, question, default, problem)
    import questionary

    label = on_one_line(question.help)
    look = {"instruction": _BACK if back else None, **_look(screen)}
    if choices := question.offered:
        default = default if default in choices else choices[0]
        asked = questionary.select(label, choices, default, pointer=_pointer(screen), **look)
    else:
        options = {"validate": lambda answer: problem(answer) or True, "validate_while_typing": True, **look}
        asked = questionary.text(label, default, **options)
    return _answer(asked, back=back)


def _answer(question: "questionary.Question", *, back: bool = False) -> str | None:
    """Ask a question; Ctrl-C and Ctrl-D interrupt it, with `back` Escape ends it with None."""
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings

    keys = KeyBindings()

    @keys.add("c-d", eager=True)
    def _(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError())

    @keys.add("escape", eager=True, filter=back)
    def _(event: KeyPressEvent) -> None:
        event.app.exit(result=None)

    known = question.application.key_bindings
    question.application.key_bindings = merge_key_bindings([*filter(None, [known]), keys])
    question.application.erase_when_done |= back  # the menu that follows shows the answer
    answer: str | None = question.unsafe_ask()
    return answer


def _choose(screen: Screen, questions: Questions, answers: Answers) -> str:
    """Return the name of the question whose answer is to change, or _CREATE."""
    import questionary

    names = [name for name in questions.asked if name in answers]
    rows = [(on_one_line(questions.asked[name].help), _shown(questions, answers, name)) for name in names]
    lines = _table(rows, max(screen.console.width - _MARGIN, 20))
    choices = [questionary.Choice(line, name) for line, name in zip(lines, names, strict=True)]
    menu = questionary.select(
        "Settings",
        [questionary.Choice(_CREATE, _CREATE), *choices],
        instruction="(Enter creates or changes)",
        pointer=_pointer(screen),
        erase_when_done=True,
        **_look(screen),
    )
    return _answer(menu) or _CREATE


def _shown(questions: Questions, answers: Answers, name: str) -> str:
    """Return an answer on one line, a dash if it is empty."""
    return on_one_line(questions.asked[name].shown(answers[name])) or "-"


def _table(rows: Sequence[tuple[str, str]], width: int) -> list[str]:
    """Return lines of two columns; where both do not fit, the left one is cut to half of the width."""
    left = max((len(name) for name, _ in rows), default=0)
    if left + 2 + max((len(value) for _, value in rows), default=0) > width:
        left = min(left, max(width // 2 - 1, 1))
    return [f"{_short(name, left):<{left}}  {_short(value, width - left - 2)}" for name, value in rows]


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _pointer(screen: Screen) -> str:
    return screen.sign("»", ">")


def _look(screen: Screen) -> dict[str, Any]:
    """Return the options for colours."""
    from prompt_toolkit.output import ColorDepth

    colour = {"color_depth": ColorDepth.DEPTH_1_BIT} if os.environ.get("NO_COLOR") else {}
    return {"qmark": "?", **colour}


def _review_plainly(
    screen: Screen, questions: Questions, given: Answers, complete: Callable[[Answers], Answers]
) -> Answers:
    """Ask whether to use the recommended answers, else one after the other; return those that are given."""
    answers = complete(given)
    names = [name for name in questions.asked if name not in given]
    for name in names:
        screen.console.print(Text.assemble((f"  {name}: ", "dim"), _shown(questions, answers, name)))
    wanted = "Use the recommended settings? (no: choose each)"
    if not names or Confirm.ask(wanted, default=True, console=screen.console):
        return given
    for name in names:
        while True:
            changed = {name: ask(screen, questions.asked[name], questions, answers)}
            try:
                given, answers = _changed(given, answers, changed, complete)
                break
            except BadInputError as error:
                screen.say(error.message, style="red")
    return given


def _ask_plainly(screen: Screen, question: Question, default: str, problem: Callable[[str], str]) -> str:
    while True:
        answer = Prompt.ask(
            Text(on_one_line(question.help)),
            default=default,
            show_default=bool(default),
            choices=list(question.choices) or None,
            console=screen.console,
        )
        if not (why := problem(answer)):
            return answer
        screen.say(why, style="red")
