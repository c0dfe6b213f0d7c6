"""Where the four services are and how to call them. It knows addresses and channels, no command."""

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click
from click.core import ParameterSource

from switchboard_cli.failures import SERVICES, Failure, sentence, silence

if TYPE_CHECKING:
    import grpc.aio

P = ParamSpec("P")
R = TypeVar("R")
E = TypeVar("E", bound=BaseException)

ENDPOINTS = "endpoints.json"
"""File in the state directory that `switchboard up` writes when everything serves."""

DEFAULT_STATE = Path(".switchboard")
DEFAULT_TENANT = "demo"
"""A fresh stack has it, and commands mean it where they are given none."""

MESSAGE_BYTES_MAX = 4 * 1024 * 1024


class StateDir(click.Path):
    """A state directory, there or not. An empty word is none: it would mean the working directory."""

    name = "directory"

    def __init__(self) -> None:
        super().__init__(path_type=Path, file_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail(f"it names no directory; leave --state out for {DEFAULT_STATE}, or name one", param, ctx)
        return super().convert(value, param, ctx)


@dataclass(frozen=True, slots=True)
class Targets:
    """Addresses by service name, how long a call may take in seconds, and the state directory, there or not."""

    addresses: Mapping[str, str]
    timeout_s: float
    state: Path = Path(".switchboard")

    def address(self, service: str) -> str:
        """host:port. Raises Failure with the fix when it is not known."""
        try:
            return self.addresses[service]
        except KeyError:
            raise Failure(
                f"it is not known where {service} is: start the stack with `switchboard up`, name its directory with "
                f"--state DIR, or say where it is with --{service} HOST:PORT"
            ) from None


def endpoints(state: Path) -> Mapping[str, Any]:
    """What `switchboard up` wrote down in a state directory, empty where no stack runs. Raises Failure."""
    path = state / ENDPOINTS
    try:
        found = json.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise Failure(
            f"{path} cannot be read ({error.strerror}): name the directory of a stack of this user with --state"
        ) from None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Failure(f"{path} is not what `switchboard up` writes: remove it and start the stack again")
    return found


def targets(state: Path, given: Mapping[str, str | None], timeout_s: float) -> Targets:
    """The addresses given, else those in the state directory's file. Raises Failure when that file is unreadable."""
    found = endpoints(state)
    addresses = {service: found[service] for service in SERVICES if isinstance(found.get(service), str)}
    addresses.update({service: address for service, address in given.items() if address})
    return Targets(addresses, timeout_s, state)


def reaches(command: Callable[P, R]) -> Callable[..., R]:
    """Adds --state, one option per service and --timeout to a command, which gets them as one `targets`."""

    @functools.wraps(command)
    def wrapped(state: Path, timeout: float, *args: P.args, **rest: P.kwargs) -> R:
        given = {service: rest.pop(service) for service in SERVICES}
        known = targets(state, given, timeout)  # type: ignore[arg-type]  # click hands over text or None
        return command(*args, targets=known, **rest)  # type: ignore[arg-type]  # a keyword the caller does not see

    options = [
        click.option("--timeout", type=click.FloatRange(min=0.1), default=30.0, show_default=True, metavar="SECONDS",
                     help="How long one call may take."),
        *(click.option(f"--{service}", metavar="HOST:PORT", help=f"Where {service} is.") for service in SERVICES),
        click.option("--state", type=StateDir(), default=DEFAULT_STATE,
                     show_default=True, help="Directory of a stack started with `switchboard up`."),
    ]  # fmt: skip
    decorated: Callable[..., R] = wrapped
    for option in options:
        decorated = option(decorated)
    return decorated


tenant_option = click.option("--tenant", default=DEFAULT_TENANT, show_default=True, help="Whose data it is.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def refuse_misplaced(context: click.Context) -> None:
    """Raises UsageError where a group that is also a command was given an option its subcommand has to have."""
    for name in context.params:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{name} belongs behind {context.invoked_subcommand}")


@asynccontextmanager
async def calling(targets: Targets, service: str, *, act: str = "") -> AsyncIterator["grpc.aio.Channel"]:
    """A channel to one service; a failed call inside leaves as a Failure with one sentence.

    So does a connection that does not come about in time: not every call has a deadline of its own.
    """
    import grpc

    address = targets.address(service)
    grpc.aio.init_grpc_aio()  # for the life of the process: taken apart with the last channel, a poller may abort it
    try:
        async with grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS) as channel:
            if not await _connected(channel, targets.timeout_s):
                raise Failure(silence(service, address, targets.timeout_s, act=act))
            yield channel
    except grpc.RpcError as error:
        raise Failure(sentence(service, address, error, act=act)) from error
    except BaseExceptionGroup as group:
        if (failed := _first_of(group, grpc.RpcError)) is None:
            raise
        raise Failure(sentence(service, address, failed, act=act)) from group


async def _connected(channel: "grpc.aio.Channel", timeout_s: float) -> bool:
    """False for a port that takes the connection and says nothing. One that refuses is left to the call to tell."""
    import grpc

    settled = (grpc.ChannelConnectivity.READY, grpc.ChannelConnectivity.TRANSIENT_FAILURE)
    until = asyncio.get_running_loop().time() + timeout_s
    while (state := channel.get_state(try_to_connect=True)) not in settled:
        change = asyncio.ensure_future(channel.wait_for_state_change(state))
        await asyncio.wait({change}, timeout=until - asyncio.get_running_loop().time())
        if not change.done():
            # gRPC tells of it later, on a thread of its own, unless the channel ends: here the loop is still there.
            await channel.close()
            await asyncio.wait({change})
            return False
    return True


CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # A service that hangs does not end its streams; a ping it does not answer does.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.enable_http_proxy", 0),
]


def run(work: Coroutine[Any, Any, R]) -> R:
    """Runs a command's coroutine to its end. Of what failed side by side, a person is told the first."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(work)
        except BaseExceptionGroup as group:
            if (said := _first_of(group, click.ClickException)) is None:
                raise
            raise said from None


def _first_of(group: BaseExceptionGroup[BaseException], kind: type[E]) -> E | None:
    """The first exception of a kind in a group, however deep."""
    found: BaseException | None = group.subgroup(kind)
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found if isinstance(found, kind) else None


def asynchronous(command: Callable[P, Awaitable[R]]) -> Callable[P, R]:
    """Lets a click command be a coroutine function."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        return run(command(*args, **kwargs))  # type: ignore[arg-type]  # every coroutine function gives a Coroutine

    return wrapped
