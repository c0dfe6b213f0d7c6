"""`switchboard ingest`: files in, results out. It knows options and the screen; `deliveries` reads and sends."""

import asyncio
import codecs
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, tenant_option
from switchboard_cli.failures import Failure

if TYPE_CHECKING:
    from switchboard_cli.deliveries.addressed import Addressed, Reading
    from switchboard_cli.deliveries.files import InputFile
    from switchboard_cli.deliveries.sending import Sent

CHANNELS = ("x", "weibo", "csv", "twcs")
RESULTS = ("ACCEPTED", "DUPLICATE", "UPDATED", "WITHDRAWN", "ECHO", "IGNORED", "QUARANTINED")
SOURCE_ID = r"[a-z0-9][a-z0-9-]{0,62}"


class DelimiterParam(click.ParamType[str]):
    """One character, or the word for one that is hard to type."""

    name = "character"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        found = {"tab": "\t", "\\t": "\t", "semicolon": ";", "comma": ",", "space": " "}.get(value, value)
        if len(found) != 1 or found in '"\r\n' or not found.isascii():
            self.fail(f"{value!r} is no single character such as ; or the word tab", param, ctx)
        return str(found)


class EncodingParam(click.ParamType[str]):
    """An encoding Python knows and text can be in."""

    name = "encoding"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            b"".decode(codecs.lookup(value).name)
        except (LookupError, ValueError):
            self.fail(f"{value!r} is no encoding, such as utf-8, gb18030 or latin-1", param, ctx)
        return str(value)


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, readable=False, allow_dash=True)
)
@click.option("--channel", required=True, type=click.Choice(CHANNELS), help="What the files hold.")
@click.option("--source", required=False, help="The source they came through; created when it is not there. "
              "With the preset twcs, the prefix of one source per brand (default twcs).")  # fmt: skip
@tenant_option
@click.option("--preset", type=click.Choice(["twcs"]), help="A known CSV file; `--channel twcs` is short for it.")
@click.option("--map", "mapping", metavar="NAME=COLUMN,...", help="CSV columns: id, author, text and at are needed; "
              "reply with replied_at, subject, parent and language are understood.")  # fmt: skip
@click.option(
    "--time-format",
    "time_formats",
    multiple=True,
    default=("iso",),
    show_default=True,
    metavar="FORMAT",
    help="strptime format of CSV times, or iso, unix, unix_ms; several are tried in order.",
)
@click.option("--time-zone", default="UTC", show_default=True, help="Zone of CSV times that do not say "
              "theirs; '' refuses them.")  # fmt: skip
@click.option("--label", "labels", multiple=True, metavar="KEY=VALUE", help="Label of the source, such as brand=Acme.")
@click.option("--owned", "owned", multiple=True, metavar="ACCOUNT", help="An account of ours: its posts are echoes.")
@click.option(
    "--desk",
    metavar="NAME",
    help="Who answers for the source; sources of one desk share their customers' cases. As long as none is given: the "
    "label brand, else the first owned account, else the source.",
)
@click.option(
    "--listening/--no-listening",
    default=None,
    help="Whether all it brings counts as addressed to us. As long as neither is given: CSV files and sources without "
    "owned accounts do.",
)
@click.option("--delimiter", type=DelimiterParam(), metavar="CHAR", help="What CSV columns are parted by, tab for a "
              "tabulator; found by looking at the header when it is not said.")  # fmt: skip
@click.option("--encoding", type=EncodingParam(), metavar="NAME", help="Encoding of the files, such as gb18030. When "
              "it is not said: UTF-8 or, where they are no UTF-8, what they look like.")  # fmt: skip
@click.option("--allow-quarantine", is_flag=True, help="Exit code 0 although something could not be read.")
@click.option("--no-wait", is_flag=True, help="Do not wait until the read models have caught up.")
@json_option
@reaches
@asynchronous
async def ingest(
    *,
    files: tuple[str, ...],
    channel: str,
    source: str | None,
    tenant: str,
    preset: str | None,
    mapping: str | None,
    time_formats: Sequence[str],
    time_zone: str,
    labels: Sequence[str],
    owned: Sequence[str],
    desk: str | None,
    listening: bool | None,
    delimiter: str | None,
    encoding: str | None,
    allow_quarantine: bool,
    no_wait: bool,
    as_json: bool,
    targets: Targets,
) -> None:
    """Send FILES of posts, - for standard input, and say what became of each delivery.

    X and Weibo files hold JSON as the platforms send it: one object, an array or page of them, or one per line. CSV
    files are read by a preset or by --map. Files may be compressed by gzip. Nothing is dropped here: what cannot be
    read lands in quarantine, is counted, and makes the exit code 1. Re-running is harmless: every delivery that was
    seen before answers DUPLICATE. Waits until all read models have caught up, so that `switchboard report` shows it.

    \b
    switchboard ingest tweets.json --channel x --source acme-x --owned acme --label brand=Acme
    switchboard ingest letters.csv --channel csv --source town --map id=no,author=who,text=body,at=sent \\
        --time-format '%Y/%m/%d %H:%M:%S' --time-zone Asia/Shanghai --label brand='Town hall'
    switchboard ingest twcs.csv --channel twcs
    """
    from switchboard_cli.deliveries.files import FileError, input_files
    from switchboard_cli.deliveries.sending import Sent, Stopwatch

    watch, sent = Stopwatch(), Sent()
    try:
        with input_files(files, encoding) as opened:
            readings = _readings(
                files=opened,
                channel=channel,
                source=source,
                preset=preset,
                mapping=mapping,
                time_formats=time_formats,
                time_zone=time_zone,
                labels=_labels(labels),
                owned=owned,
                desk=desk,
                listening=listening,
                delimiter=delimiter,
            )
            if not as_json:
                _say_encodings(opened)
            await _send(targets, tenant, readings, sent, quiet=as_json)
    except asyncio.CancelledError:
        _say_interrupted(sent)
        raise
    except FileError as error:
        raise Failure(str(error)) from error
    except OSError as error:
        raise Failure(f"cannot read {error.filename}: {error.strerror}; check the file's permissions") from error
    if not no_wait:
        from switchboard_cli.projected import wait_until_projected

        patience_s = max(targets.timeout_s, 600.0)
        await wait_until_projected(targets, tenant, sent.position, patience_s, quiet=as_json)
    _show(sent, watch.seconds(), as_json=as_json)
    if (quarantined := sent.results["QUARANTINED"]) and not allow_quarantine:
        raise Failure(
            f"{quarantined:,} of {sent.deliveries:,} deliveries could not be read and are in quarantine; the others "
            "are taken. Correct the files or the options and send them again, or say --allow-quarantine"
        )


def _say_encodings(files: Sequence["InputFile"]) -> None:
    """Whoever did not say an encoding is told which one was found, where it is another than everybody's."""
    from switchboard_cli.output import console

    for file in files:
        if file.found and file.encoding != "utf-8-sig":
            console(stderr=True).print(f"{file.name} is read as {file.encoding}; if that is wrong, say --encoding")


def _say_interrupted(sent: "Sent") -> None:
    from switchboard_cli.output import console

    console(stderr=True).print(
        f"interrupted: {sent.deliveries:,} deliveries were sent and acknowledged, and stay; the same command sends the "
        "rest, and what was sent answers DUPLICATE",
        style="warn",
    )


def _labels(given: Sequence[str]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for label in given:
        key, equals, value = label.partition("=")
        if not equals or not key or not value:
            raise click.BadParameter(f"{label!r} is no KEY=VALUE", param_hint="--label")
        labels[key] = value
    return labels


def _readings(
    *,
    files: Sequence["InputFile"],
    channel: str,
    source: str | None,
    preset: str | None,
    mapping: str | None,
    time_formats: Sequence[str],
    time_zone: str,
    labels: Mapping[str, str],
    owned: Sequence[str],
    desk: str | None,
    listening: bool | None,
    delimiter: str | None,
) -> list["Reading"]:
    import re

    from switchboard_cli.deliveries.addressed import SourceSettings
    from switchboard_cli.deliveries.documents import read_documents
    from switchboard_cli.deliveries.mapping import MapError, mapping_of, read_mapped
    from switchboard_cli.deliveries.rows import csv_file
    from switchboard_cli.deliveries.twcs import ColumnsError, read_twcs

    twcs = channel == "twcs" or preset == "twcs"
    if twcs:
        if mapping or labels or owned or desk is not None or listening is not None:
            raise click.UsageError(
                "the preset twcs knows its columns, labels, accounts and desk: leave out --map, --label, --owned, "
                "--desk and --listening"
            )
        if channel not in ("twcs", "csv"):
            raise click.UsageError("--preset twcs goes with --channel csv")
        source = source or "twcs"
    elif source is None:
        raise click.UsageError("--source is missing: the id of the source, such as acme-x")
    if not re.fullmatch(SOURCE_ID, source):
        raise click.BadParameter(
            f"{source!r}: lower-case letters, digits and dashes, at most 63", param_hint="--source"
        )
    try:
        if twcs:
            return [read_twcs(csv_file(file, delimiter), source) for file in files]
        if channel != "csv":
            if delimiter is not None:
                raise click.UsageError("--delimiter goes with --channel csv")
            settings = SourceSettings(
                source, channel, owned_accounts=owned, labels=labels, desk=desk or "", listening=listening
            )
            return [read_documents(file, settings) for file in files]
        if not mapping:
            raise click.UsageError("--channel csv needs --map NAME=COLUMN,... or --preset twcs")
        columns = mapping_of(mapping, time_formats, _zone(time_zone))
        if listening is None and owned:
            listening = True  # whoever keeps a table of letters knows that they are letters
        settings = SourceSettings(source, "csv", source, "", owned, labels, desk or "", listening)
        return [read_mapped(csv_file(file, delimiter), settings, columns) for file in files]
    except (MapError, ColumnsError) as error:
        raise click.UsageError(str(error)) from error


def _zone(name: str) -> str:
    """The name of a zone there is; empty refuses times that do not say theirs."""
    try:
        return name and ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise click.BadParameter(
            f"{name!r} is no IANA time zone, such as Asia/Shanghai", param_hint="--time-zone"
        ) from error


async def _send(targets: Targets, tenant: str, readings: Sequence["Reading"], sent: "Sent", *, quiet: bool) -> None:
    from switchboard.ingest.v1.service_pb2_grpc import IngestServiceStub

    from switchboard_cli.deliveries.sending import batches, one_by_one, send
    from switchboard_cli.sources import ensure_sources

    async with calling(targets, "ingest", act="to send deliveries") as channel:
        stub = IngestServiceStub(channel)
        settings = (settings for reading in readings for settings in reading.sources)
        await ensure_sources(stub, tenant, settings, targets.timeout_s)
        expected = sum(reading.expected for reading in readings)
        with _progress(expected, quiet=quiet) as advance:
            requests = one_by_one(batches(tenant, _all(readings), sent))
            await send(channel, requests, sent, lambda request, _: advance(len(request.deliveries)))


def _all(readings: Sequence["Reading"]) -> Iterator["Addressed"]:
    for reading in readings:
        yield from reading.deliveries()


class _progress:  # noqa: N801 (reads as a function)
    """A bar with the rate on standard error; nothing when quiet or when that is no terminal."""

    def __init__(self, expected: int, *, quiet: bool) -> None:
        self._expected = expected
        self._quiet = quiet

    def __enter__(self) -> Callable[[int], None]:
        from switchboard_cli.progress import delivery_bar

        self._bar = delivery_bar(quiet=self._quiet)
        self._bar.start()
        task = self._bar.add_task("deliveries", total=self._expected)
        return lambda deliveries: self._bar.update(task, advance=deliveries)

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


def _show(sent: "Sent", seconds: float, *, as_json: bool) -> None:
    from switchboard_cli.output import console, count, print_json, table

    results = {kind: sent.results.get(kind, 0) for kind in RESULTS}
    too_large = sent.results.get("TOO_LARGE", 0)
    if too_large:
        results["TOO_LARGE"] = too_large
    if as_json:
        reasons = [
            {"reason": reason, "deliveries": number, "place": sent.first[reason].place,
             "detail": sent.first[reason].detail}
            for reason, number in sent.reasons.most_common()
        ]  # fmt: skip
        print_json({"deliveries": sent.deliveries, "results": results, "seconds": round(seconds, 3),
                    "reasons": reasons})  # fmt: skip
    else:
        screen = console()
        shown = table("result", "deliveries", right=(1,))
        for kind, number in results.items():
            shown.add_row(kind, count(number), style="" if number else "quiet")
        screen.print(shown)
        for reason, number in sent.reasons.most_common():
            first = sent.first[reason]
            where = f"first at {first.place}: " if first.place else "the first: "
            told = f"  quarantined: {count(number)} × {reason}, {where}{first.detail}"
            screen.print(told, style="warn", markup=False)
        rate = sent.deliveries / seconds if seconds else 0.0
        summary = f"{count(sent.deliveries)} deliveries in {seconds:.1f} s, {count(rate)} a second"
        screen.print(summary, style="quiet")
    if too_large:
        raise Failure(
            f"{too_large} of the deliveries were larger than 4 MiB (the first {sent.first_too_large / 2**20:.1f} MiB) "
            "and were not sent; split them. The others were sent"
        )
