"""What `switchboard up` says when everything serves: a few lines for a person or one of JSON for a program, no secret.

Who has to log in finds the whole addresses in the state directory, in a file for its owner alone.
"""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import click

from switchboard_cli.connection import DEFAULT_STATE, DEFAULT_TENANT, ENDPOINTS
from switchboard_cli.hints import typed

_PURPOSE = {
    "ingest": "takes posts in",
    "routing": "brings cases to agents",
    "crm": "knows customers",
    "kpi": "computes numbers",
}


def for_programs(endpoints: Mapping[str, object]) -> str:
    """One line of JSON: name -> host:port of each service, the servers' URLs without passwords, and `state`."""
    return json.dumps({name: _open(value) if isinstance(value, str) else value for name, value in endpoints.items()})


def for_people(endpoints: Mapping[str, object]) -> str:
    """What serves where, whose data it is and what to try; every command can be copied."""
    state = Path(str(endpoints["state"]))
    where = "" if state == DEFAULT_STATE.resolve() else f" --state {shlex.quote(str(state))}"
    lines = [click.style("Switchboard serves.", bold=True), ""]
    lines += [
        f"  {name:<11}{endpoints[name]!s:<18}{purpose}" for name, purpose in _PURPOSE.items() if name in endpoints
    ]
    for name, value in (("NATS", endpoints["nats"]), ("PostgreSQL", endpoints["database"])):
        parts = [urlsplit(one) for one in str(value).split(",")]
        lines.append(f"  {name:<11}{', '.join(part.netloc.rpartition('@')[2] for part in parts)}")
    lines += [
        "",
        f"data, logs and {ENDPOINTS} with all addresses: {state}",
        f"the tenant is {DEFAULT_TENANT} where a command is given no --tenant; in another terminal:",
        "",
        f"  switchboard ingest --help{'':<6}how to send posts of yours",
        f"  switchboard report --by brand{where}",
        f"  switchboard top{where}",
        "",
        "Ctrl-C stops everything; the data stays, and the same command goes on with it.",
    ]
    return typed("\n".join(lines))


def _open(url: str) -> str:
    """An address without what lets somebody in."""
    return ",".join(_without_password(one) for one in url.split(",")) if "://" in url else url


def _without_password(url: str) -> str:
    """A user is a name for PostgreSQL; for NATS it may be a token."""
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")
    named = f"{user.partition(':')[0]}@" if user and parts.scheme.startswith("postgres") else ""
    return parts._replace(netloc=named + place, query="").geturl()
