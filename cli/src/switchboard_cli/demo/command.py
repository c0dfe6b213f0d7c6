"""`switchboard demo`: the order of events. It starts the stack, lets the day happen, kills a service, tells the end."""

import asyncio
import json
import os
import shutil
import signal
import tempfile
import time
import uuid
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from switchboard_cli.connection import CHANNEL_OPTIONS, StateDir, Targets, calling, json_option, run
from switchboard_cli.failures import SERVICES, Failure, sentence
from switchboard_cli.hints import typed

if TYPE_CHECKING:
    from rich.console import Console

    from switchboard_cli.deliveries.sending import Sent
    from switchboard_cli.demo.cast import Lead
    from switchboard_cli.demo.generator import Planned
    from switchboard_cli.demo.journal import Journal
    from switchboard_cli.demo.tracing import Collector, Story

TENANT = "demo"
VICTIM = "routing"
"""The service that is killed: it holds every open case, every agent's load and every timer in memory."""
CHINA = timezone(timedelta(hours=8))


@click.command()
@click.option("--state", type=StateDir(),
              help="Directory of the stack, which must be empty; default a fresh one.")  # fmt: skip
@click.option("--deliveries", type=click.IntRange(min=500), default=20_000, show_default=True, help="How many.")
@click.option("--seed", type=int, default=20120514, show_default=True, help="Another number, another day.")
@click.option("--stretch", type=click.FloatRange(0.2, 20), metavar="FACTOR",
              help="Makes the day take so many times as long; default 1, more on a slow or busy machine.")  # fmt: skip
@json_option
@click.option("--keep", is_flag=True, help="Go on serving afterwards, until Ctrl-C.")
def demo(*, state: Path | None, deliveries: int, seed: int, stretch: float | None, as_json: bool, keep: bool) -> None:
    """A minute and a half that shows everything working, on made-up data.

    Starts the whole stack, connects fifteen brands of five industries, plays one day of posts in the wire formats of
    Weibo and X, lets forty simulated agents work through the gRPC API, kills a service half-way, and ends with the
    numbers, one customer, one trace and the proof that everything can be recomputed from the log.
    """
    if state is not None and any(state.glob("*")):
        raise click.UsageError(f"{state} is not empty; the demo needs a fresh directory, or none to choose its own")
    directory = state or Path(tempfile.mkdtemp(prefix="switchboard-demo-"))
    try:
        run(_until_signal(_demo(directory, deliveries, seed, stretch, as_json=as_json, keep=keep)))
    except Interrupted:
        if state is None:
            shutil.rmtree(directory, ignore_errors=True)  # nobody was told of it
        raise


class Interrupted(Failure):
    """Somebody stopped the demo before its end."""

    exit_code = 130


async def _until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Ctrl-C and SIGTERM cancel the work, which stops the stack in order, whoever started us."""
    running = asyncio.ensure_future(work)
    asked = False

    def ask() -> None:
        nonlocal asked
        asked = True
        running.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, ask)
    try:
        await running
    except asyncio.CancelledError:
        if not asked:
            raise
        raise Interrupted("stopped before the end; run `switchboard demo` again for all of it") from None


@dataclass(slots=True)
class _Stage:
    """What is known once the stack stands."""

    screen: "Console"
    targets: Targets
    state: Path
    plan: "list[Planned]"
    stories: "list[tuple[int, Story]]"
    lead: "Lead"
    journal: "Journal"
    sent: "Sent"
    collector: "Collector"
    environment: Any
    channels: dict[str, Any] = field(default_factory=dict)


async def _demo(
    directory: Path, deliveries: int, seed: int, stretch: float | None, *, as_json: bool, keep: bool
) -> None:
    from switchboard_cli.deliveries.sending import Sent
    from switchboard_cli.demo.cast import choose_lead, choose_told
    from switchboard_cli.demo.day import START, ClockedEnvironment
    from switchboard_cli.demo.generator import generate
    from switchboard_cli.demo.journal import Journal
    from switchboard_cli.demo.tracing import Collector, Story
    from switchboard_cli.output import console, print_json
    from switchboard_cli.stack import Stack

    began = time.monotonic()
    screen = console(stderr=as_json, plain_width=120)
    screen.rule("[head]Switchboard[/] [quiet]one day of fifteen brands, from post to proof[/]", style="accent")
    collector = Collector()
    await collector.start()
    inherited = {
        **os.environ,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
        "OTEL_BSP_SCHEDULE_DELAY": "1000",
        "OTEL_METRIC_EXPORT_INTERVAL": "3600000",
        "SWITCHBOARD_TRACE_RATIO": "0",
    }
    environment = ClockedEnvironment(inherited, stretch)
    said: list[str] = []
    standing: asyncio.Future[Mapping[str, object]] = asyncio.get_running_loop().create_future()
    stack = Stack(directory, environment=environment, patient=False, say=said.append)
    running = asyncio.create_task(stack.run(standing.set_result))
    try:
        with screen.status("starting NATS, PostgreSQL and the four services"):
            plan = await asyncio.to_thread(generate, START, deliveries, seed)
            told = [(index, Story("one customer's turn")) for index in choose_told(plan)]
            lead = choose_lead(plan)
            waits: list[asyncio.Future[Any]] = [running, standing]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        endpoints = standing.result()
        addresses = {service: str(endpoints[service]) for service in SERVICES}
        targets = Targets(addresses, 30.0)
        stage = _Stage(screen, targets, directory, list(plan), told, lead, Journal(), Sent(), collector, environment)
        _line(screen, "stack", f"NATS, PostgreSQL and four services, serving after {time.monotonic() - began:.1f} s")
        _line(screen, "endpoints", "  ".join(f"{name} {address}" for name, address in addresses.items()))
        await _play(stage)
        outcome = await _end(stage)
        screen.print()
        screen.rule(style="accent")
        took = time.monotonic() - began
        screen.print(f"all of it took {took:.0f} s", style="head")
        _how_to_go_on(screen, directory, addresses, keep=keep)
        if as_json:
            print_json({"seconds": round(took, 1), "state": str(directory), "endpoints": addresses, **outcome})
        if not outcome["ok"]:
            raise Failure("an invariant does not hold, see above; the logs are in " + str(directory / "logs"))
        if keep:
            with suppress(asyncio.CancelledError):  # Ctrl-C is how this ends
                await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await collector.stop()


def _line(screen: "Console", label: str, text: str) -> None:
    screen.print(f"[accent]{label:<10}[/] {text}")


async def _play(stage: _Stage) -> None:
    """Setup, the day, the week."""
    import grpc.aio

    from switchboard_cli.demo.people import Workplace, hire, staff

    clock = stage.environment.clock()
    people = staff(20120514)
    async with AsyncExitStack() as open_channels:
        for service in SERVICES:
            channel = grpc.aio.insecure_channel(stage.targets.address(service), options=CHANNEL_OPTIONS)
            stage.channels[service] = await open_channels.enter_async_context(channel)
        stories = [story for _, story in stage.stories]
        workplace = Workplace(stage.channels["routing"], clock, TENANT, stage.journal, stories)
        began = time.monotonic()
        await hire(workplace, people)  # sources name the queues this makes
        await _prepare(stage)
        _line(stage.screen, "setup", f"15 sources, 5 queues, {len(people)} agents in {time.monotonic() - began:.1f} s")
        try:
            await _day(stage, workplace, people)
        except* grpc.aio.AioRpcError as errors:
            first: BaseException = errors
            while isinstance(first, BaseExceptionGroup):
                first = first.exceptions[0]
            assert isinstance(first, Exception)
            raise Failure(sentence("a service", "the demo's stack", first)) from first
        await _week(stage, clock)


async def _prepare(stage: _Stage) -> None:
    from switchboard.ingest.v1.service_pb2 import GetSourceRequest
    from switchboard.ingest.v1.service_pb2_grpc import IngestServiceStub

    from switchboard_cli.demo.brands import BRANDS
    from switchboard_cli.demo.feed import connect

    position = await connect(stage.channels["ingest"], TENANT)
    name = f"tenants/{TENANT}/sources/{BRANDS[-1].source_id}"
    stub = IngestServiceStub(stage.channels["ingest"])
    await stub.GetSource(GetSourceRequest(name=name, min_position=position), timeout=20.0)


async def _day(stage: _Stage, workplace: Any, people: Any) -> None:
    """Feed and agents at the same time, and the accident."""
    from switchboard_cli.demo.feed import play
    from switchboard_cli.demo.people import work
    from switchboard_cli.progress import day_bar

    bar = day_bar(stage.screen)
    task = bar.add_task("day", total=len(stage.plan), clock="08:00", open=0)
    began = time.monotonic()
    with bar:
        async with asyncio.TaskGroup() as group:
            for person in people:
                group.create_task(work(workplace, person))
            group.create_task(_accident(stage, workplace.clock))
            group.create_task(_vouch(stage, workplace.clock))
            ticking = group.create_task(_tick(bar, task, workplace.clock, stage.journal))
            await play(stage.channels["ingest"], workplace.clock, TENANT, plan=stage.plan, stories=stage.stories,
                       journal=stage.journal, sent=stage.sent, progress=lambda n: bar.advance(task, n))  # fmt: skip
            ticking.cancel()
    took = time.monotonic() - began
    journal = stage.journal
    done = {
        "offers accepted": journal.accepted,
        "replies": journal.replied,
        "cases resolved": journal.resolved,
    }
    rate = f"{stage.sent.deliveries:,} deliveries in {took:.1f} s ({stage.sent.deliveries / took:,.0f}/s)"
    _line(stage.screen, "day", ", ".join([rate, *(f"{sum(n.values()):,} {what}" for what, n in done.items())]))


async def _tick(bar: Any, task: Any, clock: Any, journal: "Journal") -> None:
    from chassis.clock import to_datetime

    while True:
        bar.update(
            task, clock=f"{to_datetime(clock.now()).astimezone(CHINA):%H:%M}", open=sum(journal.accepted.values())
        )
        await asyncio.sleep(0.25)


async def _accident(stage: _Stage, clock: Any) -> None:
    """kill -9 half-way; the supervisor brings the service back."""
    import grpc.aio
    from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]

    from switchboard_cli.demo.day import START, after, sleep_until
    from switchboard_cli.demo.journal import Outage, now

    await sleep_until(clock, after(START, hours=12))
    pid = int(json.loads((stage.state / "processes.json").read_text())[VICTIM])
    stage.journal.outage = outage = Outage(VICTIM, pid, now())
    os.kill(pid, signal.SIGKILL)
    health = health_pb2_grpc.HealthStub(stage.channels[VICTIM])
    await asyncio.sleep(0.2)
    while True:
        try:
            answer = await health.Check(health_pb2.HealthCheckRequest(service="readiness"), timeout=1.0)
        except grpc.aio.AioRpcError:
            await asyncio.sleep(0.05)
            continue
        if answer.status == health_pb2.HealthCheckResponse.SERVING:
            break
        await asyncio.sleep(0.05)
    outage.ended = now()
    text = f"at 20:00 {VICTIM} got kill -9 (process {pid}); the supervisor had it serving again after "
    _line(stage.screen, "accident", f"{text}{outage.ended - outage.began:.1f} s")


async def _vouch(stage: _Stage, clock: Any) -> None:
    """In the afternoon the shop's system says that an account on Weibo and one on X proved the same address."""
    from switchboard.crm.v1 import service_pb2 as crm
    from switchboard.crm.v1.service_pb2_grpc import CustomerServiceStub

    from switchboard_cli.demo.day import START, after, sleep_until

    await sleep_until(clock, after(START, hours=9))
    stub = CustomerServiceStub(stage.channels["crm"])
    for channel, account in (("weibo", stage.lead.weibo_account), ("x", stage.lead.x_account)):
        request = crm.AssertAttributesRequest(
            parent=f"tenants/{TENANT}",
            identity_key=crm.IdentityKey(channel=channel, external_id=account),
            attributes=[
                crm.AttributeAssertion(attribute="email", value=stage.lead.email, verified=True),
                crm.AttributeAssertion(attribute="member_id", value=stage.lead.member_id, verified=True),
            ],
            source="shop",
            purpose="service",
            request_id=str(uuid.uuid4()),
        )
        await stub.AssertAttributes(request, timeout=20.0)


async def _week(stage: _Stage, clock: Any) -> None:
    from switchboard_cli.demo.day import START, after, sleep_until

    with stage.screen.status("a week passes in which nobody works, until every contact has had its seven days"):
        await sleep_until(clock, after(START, hours=24 * 8))
    _line(stage.screen, "week", "seven days later whoever was not answered counts as abandoned")


async def _end(stage: _Stage) -> dict[str, Any]:
    """The numbers, the customer, the trace and the proof, printed; and as a document whose `ok` says if all holds."""
    from switchboard.crm.v1 import service_pb2 as crm
    from switchboard.crm.v1.service_pb2_grpc import CustomerServiceStub
    from switchboard.kpi.v1.service_pb2 import QueryMetricsRequest
    from switchboard.kpi.v1.service_pb2_grpc import KpiServiceStub
    from switchboard.routing.v1.service_pb2 import ListCaseEventsRequest
    from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

    from switchboard_cli.demo import finale
    from switchboard_cli.demo.journal import percentile
    from switchboard_cli.log import verify_all
    from switchboard_cli.projected import wait_until_projected
    from switchboard_cli.report import as_document

    screen = stage.screen
    with screen.status("waiting until every read model has caught up"):
        position = await wait_until_projected(stage.targets, TENANT, stage.sent.position, 60.0)
    parent = f"tenants/{TENANT}"
    async with calling(stage.targets, "kpi", act="to compute the report") as channel:
        request = QueryMetricsRequest(
            parent=parent, metrics=finale.METRICS, group_by=["industry"], min_position=position
        )
        numbers = await KpiServiceStub(channel).QueryMetrics(request, timeout=30.0)
    finale.heading(
        screen, "Five industries", "* the mean leaves out whoever was never answered; the Kaplan-Meier median does not"
    )
    screen.print(finale.industries(numbers))

    finale.heading(screen, "What became of every delivery")
    screen.print(finale.results(stage.sent))
    finale.latency(screen, stage.journal)

    finale.heading(screen, "One customer, and where each value comes from")
    async with calling(stage.targets, "crm", act="to show a customer") as channel:
        customers = CustomerServiceStub(channel)
        key = crm.IdentityKey(channel="weibo", external_id=stage.lead.weibo_account)
        found = (
            await customers.LookupCustomer(crm.LookupCustomerRequest(parent=parent, identity_key=key), timeout=20.0)
        ).customer
        why = crm.ExplainAttributeRequest(name=found.name, attribute="location")
        finale.customer(screen, found, await customers.ExplainAttribute(why, timeout=20.0))

    finale.heading(screen, "One customer's turn as a trace")
    stories = [story for _, story in stage.stories]
    spans, story = finale.trace(screen, stage.collector, stories)
    if story is not None and story.case:
        async with calling(stage.targets, "routing", act="to show a case") as channel:
            history = ListCaseEventsRequest(parent=story.case, page_size=100)
            facts = await RoutingServiceStub(channel).ListCaseEvents(history, timeout=20.0)
        finale.history(screen, facts.case_events, story)

    finale.heading(screen, "The proof", "every state and every read model recomputed from the log and compared")
    with screen.status("verifying"):
        findings = await verify_all(stage.targets, (), 120.0)
    ok = finale.verdict(screen, findings)
    latencies = stage.journal.latencies()
    outage = stage.journal.outage
    return {
        "ok": ok,
        "deliveries": stage.sent.deliveries,
        "results": dict(sorted(stage.sent.results.items())),
        "rows": as_document(numbers)["rows"],
        "post_to_offer_ms": {f"p{share}": round(1000 * percentile(latencies, share / 100), 1) for share in (50, 99)}
        if latencies
        else None,
        "outage_s": round(outage.ended - outage.began, 2) if outage and outage.ended else None,
        "identities": len(found.identities),
        "spans": spans,
        "invariants": {
            invariant: all(finding.ok for finding in findings if finding.invariant == invariant)
            for invariant in sorted({finding.invariant for finding in findings})
        },
    }


def _how_to_go_on(screen: "Console", directory: Path, addresses: Mapping[str, str], *, keep: bool) -> None:
    def say(text: str) -> None:
        screen.print(typed(text))

    if keep:
        screen.print("serving on: " + "  ".join(f"{name} {address}" for name, address in addresses.items()))
        say(f"in another terminal: [accent]switchboard top --state {directory}[/]; Ctrl-C here ends it")
        return
    screen.print("the stack is stopped, its data stays; go on with it in two terminals:")
    say(f"  [accent]switchboard up --state {directory}[/]")
    say(f"  [accent]switchboard top --by industry --state {directory}[/]")
    screen.print("  [quiet]also: report, cases, agents, customers, explain, log verify, log export[/]")
    say("or with your own data: [accent]switchboard up[/], then [accent]switchboard ingest --help[/]")
