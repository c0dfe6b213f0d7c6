"""`switchboard keys`: the keys of the key file, on which all personal values hang. It sees no person."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from switchboard_cli.connection import StateDir, Targets, asynchronous, calling, json_option, reaches
from switchboard_cli.failures import Failure
from switchboard_cli.hints import typed
from switchboard_cli.key_files import VARIABLE, key_file
from switchboard_cli.output import Group

if TYPE_CHECKING:
    from switchboard.log.v1.keys_pb2 import Key, ListKeysResponse

    from switchboard_cli.tables import Table

SEALING = ("ingest", "routing", "crm")
"""The services that have a key file; kpi opens nothing."""
ROTATION_S = 24 * 3600.0
"""How long a rotation may take. Against: it wraps some thousands of subject keys a second, or branches of trees."""

_path_option: Callable[[Any], Any] = click.option(
    "--key-file",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help=f"The key file; by default what {VARIABLE} names, else the one in --state.",
)
_state_option: Callable[[Any], Any] = click.option(
    "--state",
    type=StateDir(),
    default=Path(".switchboard"),
    show_default=True,
    help="Directory of the stack.",
)


@click.group(cls=Group)
def keys() -> None:
    """The keys of the key file: show, back up, rotate, give up.

    A lost key file is lost texts and names: nothing else opens them. Back it up apart from the database.
    """


@keys.command("show")
@json_option
@reaches
@asynchronous
async def show(*, as_json: bool, targets: Targets) -> None:
    """List the keys the database knows: what each is for, whose key file has it, whose keys hang on it.

    The keys of a tenant's people are derived from one secret; some people and quarantined deliveries have their own.
    """
    from switchboard_cli.names import document
    from switchboard_cli.output import console, print_json

    answers = await _ask_all(targets)
    known = next(iter(answers.values())).keys
    having = {key.id: [service for service in answers if _has(answers[service], key)] for key in known}
    findings = {service: answer.finding for service, answer in answers.items() if answer.finding}
    if as_json:
        shown = [{**document(key), "in_file_of": having[key.id]} for key in known]
        for one in shown:
            one.pop("in_file", None)
        print_json({"keys": shown, "findings": findings})
    else:
        console().print(_table(known, having))
    if findings:
        raise Failure("; ".join(f"{service}: {said}" for service, said in findings.items()))


@keys.command("backup")
@click.argument("copy", metavar="FILE", type=click.Path(path_type=Path))
@_path_option
@_state_option
def backup(copy: Path, path: Path | None, state: Path) -> None:
    """Copy the key file to FILE, which must not exist, for its owner only, and read it back."""
    from chassis.keyfile import KeyFileError, back_up

    try:
        entries = back_up(path or key_file(state), copy)
    except FileExistsError:
        raise Failure(f"{copy} exists: choose another name, an older backup may be needed yet") from None
    except KeyFileError as mistake:
        raise Failure(str(mistake)) from None
    except OSError as error:
        raise Failure(f"{copy} cannot be written ({error.strerror}): choose another place") from None
    for entry in entries:
        click.echo(f"{entry.id}  {entry.use}  {entry.fingerprint.hex()}")
    click.echo(f"{copy} has the same keys; keep it apart from the backups of the database", err=True)


@keys.command("new")
@_path_option
@_state_option
def new(path: Path | None, state: Path) -> None:
    """Make a key file where there is none, with keys nobody knows. `switchboard up` does so by itself on an empty log.

    What was sealed under other keys stays unreadable until their file is back.
    """
    from chassis import keyfile

    made = path or key_file(state)
    if made.exists():
        raise Failure(f"{made} exists: a key file is never replaced; move it away where it is of no use")
    unique = secrets.token_hex(4)
    try:
        keyfile.create(made, f"kek-{unique}", f"index-{unique}")
    except OSError as error:
        raise Failure(f"{made} cannot be written ({error.strerror}): choose another place") from None
    click.echo(
        typed(f"{made} has the keys kek-{unique} and index-{unique}: back it up with `switchboard keys backup FILE`")
    )


@keys.command("rotate")
@click.option(
    "--to", default="", metavar="KEYID", help="A key that every service has in its file; a new one by default."
)
@_path_option
@json_option
@reaches
@asynchronous
async def rotate(*, to: str, path: Path | None, as_json: bool, targets: Targets) -> None:
    """Turn to a new key and wrap all that hangs on another by it; what was interrupted goes on where it stopped.

    Without --to a key is added to the key file, unless one waits there or a rotation was interrupted. Where the file is
    a mounted secret, add the key there first, then name it with --to. The old key stays until nothing is wrapped by it.
    """
    from switchboard.log.v1.keys_pb2 import RotateKeysRequest, RotateKeysResponse
    from switchboard.log.v1.keys_pb2_grpc import KeyServiceStub

    from switchboard_cli.names import document
    from switchboard_cli.output import console, print_json

    to = to or _unfinished(next(iter((await _ask_all(targets)).values()))) or _added(path or key_file(targets.state))
    for service, answer in (await _ask_all(targets)).items():
        if answer.finding:
            raise Failure(f"{service}: {answer.finding}")
        if not any(key.id == to and key.in_file for key in answer.keys):
            raise Failure(
                f"the key file of {service} does not have {to} yet; once it does, `switchboard keys rotate --to {to}`"
            )
    last = RotateKeysResponse()
    screen = console(stderr=True)
    async with calling(targets, SEALING[0], act="to rotate keys") as channel:
        with screen.status("wrapping keys") as status:
            async for last in KeyServiceStub(channel).RotateKeys(RotateKeysRequest(to=to), timeout=ROTATION_S):
                status.update(f"{last.rewrapped:,} keys and secrets are wrapped by {to}")
    if as_json:
        print_json({"to": to, **document(last)})
    else:
        console().print(f"{to} wraps from now on; {last.rewrapped:,} keys and secrets were wrapped anew", style="good")
        for old in last.retired:
            console().print(
                f"{old} wraps nothing any more: back the key file up, then take the line with {old} out of it"
            )
    if last.unreadable:
        raise Failure(
            f"{last.unreadable:,} keys or secrets do not open and stay as they are; `switchboard keys show` says more"
        )


@keys.command("lost")
@click.argument("ids", metavar="KEYID...", nargs=-1, required=True)
@click.option(
    "--yes", is_flag=True, help="It cannot be taken back: values sealed under it are shown as erased for ever."
)
@json_option
@reaches
@asynchronous
async def lost(*, ids: Sequence[str], yes: bool, as_json: bool, targets: Targets) -> None:
    """Give up keys that are gone for ever, with all that was sealed under them; the rest goes on.

    What people of whom something was sealed write next is sealed under a new key.
    """
    from switchboard.log.v1.keys_pb2 import DeclareKeyLostRequest
    from switchboard.log.v1.keys_pb2_grpc import KeyServiceStub

    from switchboard_cli.output import console, print_json

    if not yes:
        known = [key for key in next(iter((await _ask_all(targets)).values())).keys if key.id in ids]
        went = _whose(sum(key.tenants for key in known), sum(key.subject_keys for key in known))
        raise click.UsageError(
            f"the values of {went} would be unreadable for ever, even if it is found later; add --yes to do so"
        )
    counts = {}
    async with calling(targets, SEALING[0], act="to give up a key") as channel:
        for one in ids:
            request = DeclareKeyLostRequest(id=one)
            answer = await KeyServiceStub(channel).DeclareKeyLost(request, timeout=targets.timeout_s)
            counts[one] = {"tenants": int(answer.tenants), "subject_keys": int(answer.subject_keys)}
    if as_json:
        print_json(counts)
        return
    for one, count in counts.items():
        whose = _whose(count["tenants"], count["subject_keys"])
        console().print(f"{one} is given up: the values of {whose} stay unreadable")


def _whose(tenants: int, subject_keys: int) -> str:
    """Who hangs on a key. How many people a tenant has is not known to who keeps the keys."""
    return f"all people of {tenants:,} tenants and of {subject_keys:,} others with keys of their own"


async def _ask_all(targets: Targets) -> "Mapping[str, ListKeysResponse]":
    """What each service that seals says. Raises Failure when one is away."""
    from switchboard.log.v1.keys_pb2 import ListKeysRequest
    from switchboard.log.v1.keys_pb2_grpc import KeyServiceStub

    answers = {}
    for service in SEALING:
        async with calling(targets, service, act="to list keys") as channel:
            answers[service] = await KeyServiceStub(channel).ListKeys(ListKeysRequest(), timeout=targets.timeout_s)
    return answers


def _unfinished(answer: "ListKeysResponse") -> str:
    """The key a rotation has to turn to, or to go on with; "" where a new one is needed."""
    from switchboard.log.v1 import keys_pb2 as pb

    def of(state: "pb.KeyState") -> list[str]:
        return [key.id for key in answer.keys if key.use == pb.KEY_USE_WRAP and key.in_file and key.state == state]

    waiting = of(pb.KEY_STATE_SPARE)
    if any(key.use == pb.KEY_USE_WRAP and key.state == pb.KEY_STATE_SUPERSEDED for key in answer.keys):
        waiting = of(pb.KEY_STATE_CURRENT)
    return waiting[0] if waiting else ""


def _added(path: Path) -> str:
    """Adds a key to the file; its id. Raises Failure where there is no file here to add it to."""
    from chassis.keyfile import KeyFile, KeyFileError, add_kek

    made = f"kek-{secrets.token_hex(4)}"
    try:
        KeyFile(path)
        add_kek(path, made)
    except (KeyFileError, OSError) as error:
        raise Failure(
            f"{error}; where the services have it from elsewhere, add a key there and name it with --to"
        ) from None
    return made


def _has(answer: "ListKeysResponse", key: "Key") -> bool:
    return any(one.id == key.id and one.in_file for one in answer.keys)


def _table(known: "Sequence[Key]", having: Mapping[str, Sequence[str]]) -> "Table":
    from rich.text import Text
    from switchboard.log.v1.keys_pb2 import KEY_USE_BLIND, KeyState, KeyUse

    from switchboard_cli.names import moment, word
    from switchboard_cli.output import NOTHING, table

    styles = {"lost": "bad", "superseded": "warn", "current": "good"}
    made = table(
        "key",
        "use",
        "state",
        "since (UTC)",
        "in the file of",
        "tenants",
        "own keys",
        "fingerprint",
        right=(5, 6),
        whole=(0, 3, 7),
    )
    for key in known:
        state = word(KeyState, key.state, "KEY_STATE_")
        made.add_row(
            key.id,
            word(KeyUse, key.use, "KEY_USE_"),
            Text(state, styles.get(state, "")),
            moment(key, "changed_at"),
            ", ".join(having[key.id]) or NOTHING,
            *((NOTHING,) * 2 if key.use == KEY_USE_BLIND else (f"{key.tenants:,}", f"{key.subject_keys:,}")),
            key.fingerprint,
        )
    return made
