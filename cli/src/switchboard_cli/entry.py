"""The process around a command: signals, pipes, and that a person reads a sentence whatever happens; knows no command.

Exit codes: 0 done, or nobody reads on; 1 the request failed; 2 wrong usage; 130 interrupted.
"""

import os
import signal
import sys
from contextlib import suppress

TRACEBACK = "SWITCHBOARD_TRACEBACK"
"""Set, an exception nobody foresaw is shown in full; it may hold values."""


INTERRUPTED = 130


def _leave(*_: object) -> None:
    os._exit(INTERRUPTED)


def leave_at_once(code: int) -> None:
    """Ends the process with what it has printed. What libraries were cut off in is not taken apart: a poller of gRPC
    may abort the process by it.
    """
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    os._exit(code)


# Whoever interrupts while Python still imports has nothing to be cleaned up. Where the parent ignores SIGINT, a shell's
# background say, we do not: some commands only end by it.
signal.signal(signal.SIGINT, _leave)


def main() -> None:
    """The entry point of the `switchboard` script."""
    _quiet()
    code = complete(sys.argv[1:])
    signal.signal(signal.SIGINT, _leave)
    if code == INTERRUPTED:
        leave_at_once(code)
    raise SystemExit(code)


def complete(arguments: list[str]) -> int:
    """Runs a command and tells what became of it; returns the exit code. Takes SIGINT for itself."""
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        return _run(arguments)
    except KeyboardInterrupt:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                with suppress(OSError, ValueError):
                    stream.flush()
        if TRACEBACK not in os.environ:  # threads of libraries that are cut off have nothing to say to a person
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        return INTERRUPTED
    except BaseExceptionGroup as group:
        first: BaseException = group
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        return _unforeseen(first)
    except Exception as error:  # noqa: BLE001 (it ends the process, and is told)
        return _unforeseen(error)


def _run(arguments: list[str]) -> int:
    import click

    from switchboard_cli.main import cli

    if "_SWITCHBOARD_COMPLETE" in os.environ:
        cli.main(args=arguments, prog_name="switchboard")  # a shell asks what could follow
    try:
        # Not by click's `main`: that has other exit codes for an interruption and for a closed pipe.
        with cli.make_context("switchboard", arguments) as context:
            cli.invoke(context)
        code = 0
    except click.exceptions.Exit as ended:
        code = ended.exit_code
    except click.ClickException as refused:
        refused.show()
        code = refused.exit_code
    except click.Abort:
        code = INTERRUPTED
    if sys.stdout is not None:
        sys.stdout.flush()
    return code


def _quiet() -> None:
    """What libraries have to say of their threads and tasks is for people who look for faults."""
    # No child of ours calls gRPC between fork and exec; gRPC would say at each start that it skips its handlers.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    import logging
    import threading
    import warnings

    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal without UTF-8 is no fault
    if TRACEBACK in os.environ:
        return
    # A poller of gRPC that is still at it while the process ends says on stderr that its descriptor is gone.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    logging.getLogger().addHandler(logging.NullHandler())
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    threading.excepthook = lambda _: None
    sys.unraisablehook = lambda _: None


def _unforeseen(error: BaseException) -> int:
    """One sentence for what no command expected: where it happened and never its values."""
    if isinstance(error, BrokenPipeError):
        _nobody_reads()
        return 0
    if TRACEBACK in os.environ:
        raise error
    from chassis.logs import where

    if isinstance(error, OSError) and error.strerror:
        told = f"{error.filename or 'what it writes to'} cannot be used: {error.strerror}"
        told += "" if error.filename else "; see that there is room"
    else:
        told = (
            f"this command failed where it should not ({type(error).__name__} at {where(error.__traceback__)}): please"
            f" report it; with {TRACEBACK}=1 it tells more"
        )
    try:
        print("error:", " ".join(told.split()), file=sys.stderr)
    except OSError:
        return 1
    _nobody_reads()
    return 1


def _nobody_reads() -> None:
    """Python writes out what is left at its end; a pipe or disk that refused it once would complain again."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
