"""Help that lists the commands by group."""

from typing import Any, override

from typer.core import TyperGroup

# Narrow terminals wrap the texts: Typer would cut them.
_UNCUT = 200


class GroupedCommands(TyperGroup):
    """A group whose help names the purpose above the commands that serve it."""

    @override
    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write one section per panel, in the order in which the commands are listed."""
        commands = {name: self.commands[name] for name in self.list_commands(ctx)}
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, command in commands.items():
            panel = getattr(command, "rich_help_panel", None) or "Commands"
            sections.setdefault(panel, []).append((name, command.get_short_help_str(_UNCUT)))
        for panel, rows in sections.items():
            with formatter.section(panel):
                formatter.write_dl(rows)
