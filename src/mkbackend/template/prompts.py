"""Questions in the terminal."""

from rich.prompt import Confirm, Prompt
from rich.text import Text

from mkbackend.errors import MkbackendError
from mkbackend.screen import Screen
from mkbackend.system.printable import on_one_line
from mkbackend.template.questions import Answers, Question, Questions


def ask(screen: Screen, question: Question, questions: Questions, answers: Answers) -> str:
    """Ask a question until its answer is valid; an empty line is the default."""
    default = str(answers.get(question.name, question.default))
    while True:
        answer = Prompt.ask(
            Text(on_one_line(question.help)),
            default=default,
            show_default=bool(default),
            choices=list(question.choices) or None,
            console=screen.console,
        )
        try:
            questions.complete({**answers, question.name: answer}, partly=True)
        except MkbackendError as error:
            screen.say(error.message, style="red")
        else:
            return answer


def takes(screen: Screen, answers: Answers) -> bool:
    """Show the recommended answers and ask whether to use them."""
    for name, answer in answers.items():
        screen.console.print(Text.assemble((f"  {name}: ", "dim"), on_one_line(str(answer)) or "-"))
    return Confirm.ask("Use the recommended settings? (no: choose each)", default=True, console=screen.console)
