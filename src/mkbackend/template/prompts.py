"""Questions in the terminal: lists with arrow keys, and texts with the validator's message while typing.

A dumb terminal, which cannot move its cursor, gets plain lines.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any

from rich.prompt import Confirm, Prompt
from rich.text import Text

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.screen import Screen
from mkbackend.system.printable import on_one_line
from mkbackend.template.questions import Answers, Question, Questions

_CREATE = "Create the project"
_YES_NO = ("yes", "no")
# Columns of the pointer, and of the space at the end of a line
_MARGIN = 4


def review(
    screen: Screen, questions: Questions, given: Mapping[str, object], complete: Callable[[Answers], Answers]
) -> Answers:
    """Show all answers, each of which can be changed, until they are accepted; return those that are given.

    `complete` adds the defaults. If one of these does not fit a changed answer, the previous answers stay.
    """
    given = dict(given)
    answers = complete(given)
    if screen.console.is_dumb_terminal:
        return given | _review_plainly(screen, questions, answers, given)
    while (name := _choose(screen, questions, answers)) != _CREATE:
        changed = {name: ask(screen, questions.asked[name], questions, answers)}
        try:
            given, answers = {**given, **changed}, complete({**given, **changed})
        except BadInputError:
            given, answers = {**answers, **changed}, complete({**answers, **changed})
    return given


def ask(screen: Screen, question: Question, questions: Questions, answers: Answers) -> str:
    """Ask a question until its answer is valid; an empty line is the default."""
    default = str(answers.get(question.name, question.default))

    def problem(answer: str) -> str:
        try:
            questions.complete({**answers, question.name: answer}, partly=True)
        except MkbackendError as error:
            return error.message
        return ""

    if screen.console.is_dumb_terminal:
        return _ask_plainly(screen, question, default, problem)
    import questionary

    label, look = on_one_line(question.help), _look(screen)
    if choices := _choices(question):
        default = default if default in choices else choices[0]
        return str(questionary.select(label, choices, default, pointer=screen.sign("»", ">"), **look).unsafe_ask())
    text = questionary.text(label, default, validate=lambda answer: problem(answer) or True, **look)
    return str(text.unsafe_ask())


def _choose(screen: Screen, questions: Questions, answers: Answers) -> str:
    """Return the name of the question whose answer is to change, or _CREATE."""
    import questionary

    names = [name for name in questions.asked if name in answers]
    labels = {name: on_one_line(questions.asked[name].help) for name in names}
    width = max(map(len, labels.values()), default=0)
    room = max(screen.console.width - _MARGIN, 20)
    lines = {name: f"{labels[name]:<{width}}  {on_one_line(str(answers[name])) or '-'}" for name in names}
    choices = [questionary.Choice(_short(lines[name], room), name) for name in names]
    accept = questionary.Choice(_CREATE, _CREATE)
    menu = questionary.select(
        "Settings",
        [accept, *choices],
        instruction="(Enter creates it; choose a line to change it)",
        pointer=screen.sign("»", ">"),
        erase_when_done=True,
        **_look(screen),
    )
    return str(menu.unsafe_ask())


def _choices(question: Question) -> list[str]:
    return list(question.choices) or (list(_YES_NO) if question.type == "bool" else [])


def _short(line: str, room: int) -> str:
    return line if len(line) <= room else f"{line[: room - 3]}..."


def _look(screen: Screen) -> dict[str, Any]:
    """Return the options for colours."""
    from prompt_toolkit.output import ColorDepth

    colour = {"color_depth": ColorDepth.DEPTH_1_BIT} if os.environ.get("NO_COLOR") else {}
    return {"qmark": "?", **colour}


def _review_plainly(screen: Screen, questions: Questions, answers: Answers, given: Answers) -> Answers:
    """Ask whether to use the recommended answers, else one after the other."""
    names = [name for name in questions.asked if name not in given]
    for name in names:
        screen.console.print(Text.assemble((f"  {name}: ", "dim"), on_one_line(str(answers[name])) or "-"))
    wanted = "Use the recommended settings? (no: choose each)"
    if not names or Confirm.ask(wanted, default=True, console=screen.console):
        return {}
    chosen: Answers = {}
    for name in names:
        chosen[name] = ask(screen, questions.asked[name], questions, answers | chosen)
    return chosen


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
