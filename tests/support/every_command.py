"""Every command of the command line, and a way to call it that its own usage allows. Knows no service and no server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from switchboard_cli.main import cli

DELIVERY = '{"id_str": "1", "created_at": "Mon Mar 02 09:00:00 +0000 2026", "text": "hi", "user": {"id_str": "7"}}\n'
# What a command demands beyond what click knows.
_DEMANDED = {
    "assign": ("--reason", "knows_them"),
    "ingest": ("--channel", "x", "--source", "shop"),
    "case claim": ("--agent", "mia"),
    "case renew": ("--agent", "mia", "--token", "1"),
    "case second": ("--agent", "mia", "--token", "1"),
    "case release": ("--agent", "mia"),
    "case vote": ("--agent", "mia"),
    "desk save": ("--agent", "mia"),
    "desk discard": ("--agent", "mia"),
    "desk look": ("--agent", "mia"),
    "goodwill approve": ("--reason", "fair"),
    "goodwill grant": ("--reason", "late"),
    "goodwill limit": ("--case", "1", "--day", "1"),
    "goodwill refuse": ("--reason", "too_much"),
    "move": ("--urgency", "1"),
    "restate": ("--from", "1"),
    "shape": ("--forbid", "mia"),
    "tenants update": ("--region", "DE"),
    "tenants delete": ("--yes",),
}

_WORDS = {
    "amount": "1",
    "customer": "x:7",
    "start": "2026-03-02T09:00:00Z",
    "end": "2026-03-02T10:00:00Z",
    "length": "1h",
}
_FILES = {"calendar set": 'time_zone = "UTC"\n'}
"""What is read where it is no delivery."""


def leaves(group: click.Command = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """("log verify", its command) for all that do something, in the order in which `--help` has them."""
    if isinstance(group, click.Group):
        context = click.Context(group)
        if group.invoke_without_command:
            yield " ".join(path), group
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            yield from leaves(command, (*path, name))
    else:
        yield " ".join(path), group


def clients() -> list[str]:
    """The commands that call services at addresses they are told or find in a state directory."""
    return [name for name, command in leaves() if any("--timeout" in option.opts for option in command.params)]


def call(name: str, directory: Path) -> list[str]:
    """The shortest call of a command that is no wrong usage; what it reads is written into `directory`."""
    command = dict(leaves())[name]
    words = name.split()
    for parameter in command.params:
        if not isinstance(parameter, click.Argument):
            continue
        if isinstance(parameter.type, click.Path | click.File):
            given = directory / "posts.json"
            given.write_text(_FILES.get(name, DELIVERY))
            words.append(str(given))
        elif isinstance(parameter.type, click.Choice):
            words.append(str(parameter.type.choices[0]))
        else:
            words.append(_WORDS.get(parameter.name or "", f"a-{parameter.name}"))
    return [*words, *_DEMANDED.get(name, ())]
