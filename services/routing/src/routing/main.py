"""Where routing is put together: its shard, its table, its reactor, its server."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

import nats.errors
from chassis.assembly import Assembly
from chassis.commits import Recorded
from chassis.config import Environment, Settings, read
from chassis.decider import Decider
from chassis.erasures import Erasures
from chassis.errors import Overloaded, Unavailable
from chassis.inputs import Inputs
from chassis.process import Build, Process, main
from chassis.provisioning import Resources
from chassis.streams import Stream
from nats.aio.msg import Msg
from nats.js.errors import APIError
from nats.js.errors import Error as JetStreamError
from switchboard.crm.v1 import events_structs as crm
from switchboard.routing.v1 import desk_pb2_grpc, service_pb2_grpc

from routing import events
from routing.case_context import CaseContext
from routing.commands import Command, Tick
from routing.decider import decide
from routing.desk import DeskServicer, desk_judges
from routing.desk_handler import DeskHandler
from routing.dormant_cases import DormantCases
from routing.handler import LIMITS, Handler
from routing.judges import judges
from routing.measures import measure
from routing.offers import TOKENS, Offers
from routing.past_offers import PastOffers
from routing.reactions import react
from routing.replies import KEYS, OWED, Replies
from routing.servicer import CODES, SHARD, RoutingServicer
from routing.shard import Shard, evolve, next_due
from routing.sources import Sources
from routing.state_codec import VERSION, dump, load
from routing.viewers import Viewers
from routing.views.cases import CODEC, CasesView
from routing.views.drafts import DraftsView
from routing.views.quotas import QuotasView
from routing.views.sources import SourcesView
from routing.views.texts import TextsView

OUTBOX = Stream("OUTBOX", ("out.>",), max_age_s=7 * 86_400, duplicate_window_s=3600)
"""Replies on their way to the channels' senders; a sender that was away for a week finds nothing older."""

TABLES = CasesView.schema, SourcesView.schema, DraftsView.schema, TextsView.schema, QuotasView.schema
RESOURCES = Resources("routing", streams=(OUTBOX,), tables=TABLES, vault=True)

ROUTING: Decider[Command, Shard, events.Event] = Decider(
    initial=Shard,
    decide=decide,
    evolve=evolve,
    encode=CODEC.encode,
    decode=CODEC.decode,
    occurred_at=lambda event: event.at,
    next_due=next_due,
    tick=Tick,
    dump=dump,
    load=load,
    version=VERSION,
    measure=measure,
)


async def build(process: Process) -> None:
    """Constructs the service and starts it."""
    parts = await Assembly.open(process, "work", RESOURCES)
    log, database, clock = parts.log, parts.database, process.settings.clock
    cases = await parts.projection(CasesView())
    sources = Sources(log, database, await parts.projection(SourcesView()))

    def reacts(recorded: Recorded) -> Command | None:
        return react(recorded, clock.now())

    inputs: Inputs[Command] = Inputs("post", react=reacts)
    host = parts.host(
        (SHARD,),
        ROUTING,
        DeskHandler(clock, Handler(clock, sources)).handle,
        backing=DormantCases(log, database, cases),
        inputs=inputs,
        codes=CODES,
    )

    async def publish(subject: str, payload: bytes, message_id: str) -> None:
        try:
            await log.js.publish(subject, payload, timeout=5.0, headers={"Nats-Msg-Id": message_id})
        except nats.errors.MaxPayloadError:
            raise  # it never fits
        except APIError as refusal:
            raise Overloaded(f"the outbox takes no more replies (error {refusal.err_code})", 1.0) from None
        except (TimeoutError, nats.errors.Error, JetStreamError):
            raise Unavailable("the outbox does not answer", 1.0) from None

    async def say(subject: str, payload: bytes) -> None:
        with suppress(nats.errors.Error):
            await log.nc.publish(subject, payload)

    async def listen(subject: str, hear: Callable[[bytes], None]) -> Callable[[], Awaitable[None]]:
        async def heard(message: Msg) -> None:
            hear(message.data)

        subscription = await log.nc.subscribe(subject, cb=heard)

        async def stop() -> None:
            with suppress(nats.errors.Error):
                await subscription.unsubscribe()

        return stop

    await parts.reactor("routing_replies", Replies(host, publish).act, KEYS)
    offers = Offers(log, parts.tail, database)
    process.loop("offers", offers.run)
    vault = parts.vault(Erasures("crm", crm.SubjectErased.NAME, lambda fact: str(fact.body.identity_id)))
    servicer = RoutingServicer(
        host=host,
        database=database,
        projection=cases,
        log=log,
        tail=parts.tail,
        offers=offers,
        past_offers=PastOffers(log, ROUTING, SHARD),
        sources=sources,
        vault=vault,
        tenants=parts.tenants,
    )
    desk = DeskServicer(
        host=host,
        database=database,
        drafts=await parts.projection(DraftsView()),
        vault=vault,
        tenants=parts.tenants,
        routing=servicer,
        viewers=Viewers(say, listen),
        beside=CaseContext(
            database=database,
            texts=await parts.projection(TextsView()),
            quotas=await parts.projection(QuotasView()),
            vault=vault,
        ),
        clock=clock,
    )
    await parts.serve(
        (service_pb2_grpc.add_RoutingServiceServicer_to_server, servicer),
        (desk_pb2_grpc.add_DeskServiceServicer_to_server, desk),
        codes=CODES,
        limits=LIMITS,
        judges={**judges(clock), **desk_judges(clock)},
        tokens=TOKENS,
        obligations=(OWED,),
    )


def configure(environment: Environment) -> tuple[Settings, Build]:
    """Settings of routing; it seals replies and notes."""
    return read(environment, "routing", sealing=True), build


if __name__ == "__main__":
    sys.exit(main(configure))
