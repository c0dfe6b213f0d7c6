"""The `post` shards at their owner: what a request means there, and the read model behind their memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chassis import layout, telemetry
from chassis.clock import Clock, to_timestamp
from chassis.commands import Origin, Request, request_of
from chassis.commits import Recorded
from chassis.database import Database
from chassis.decider import Decider
from chassis.identity import uuid5_bytes
from chassis.shard import ShardWriter
from google.protobuf.message import Message
from msgspec import msgpack
from switchboard.ingest.v1 import events_structs, internal_pb2, service_pb2

from ingest import answers, decider, memory, sources
from ingest.events import Label, Location, PostEvent, PostReceived, SourceEvent
from ingest.views import posts
from ingest.views.sources import CODEC

SHARDS = ("0", "1")
"""Against: deciding is a tenth of what a post costs, the rest is done wherever it arrives; and each shard that has
something to say costs a commit, an fsync of 1-2 ms of CPU, and a delivery to every reader."""
_SHARD_OF = {digit: SHARDS[int(digit, 16) & 1] for digit in "0123456789abcdef"}
RECEIVED = events_structs.PostReceived.NAME
_encode = msgpack.Encoder().encode
_observed = msgpack.Decoder(list[PostReceived]).decode
PostWriter = ShardWriter[decider.Candidates, decider.Posts, PostEvent]
SourceWriter = ShardWriter[sources.Command, sources.Sources, SourceEvent]


def shard_of(entity_id: str) -> str:
    """The shard of a post or a delivery: a stable hash of its id, which is a hash itself."""
    return _SHARD_OF[entity_id[-1]]


def _encoded(event: PostEvent) -> tuple[str, bytes]:
    """What came encoded stays as it is."""
    return (RECEIVED, event.encoded) if isinstance(event, PostReceived) else (event.NAME, _encode(event))


def _decoded(recorded: Recorded) -> PostEvent:
    """The contract's structs are the events, but for the one of which only some fields are looked at."""
    body: PostEvent | events_structs.PostReceived = recorded.body
    if not isinstance(body, events_structs.PostReceived):
        return body
    return PostReceived(
        body.post_id,
        body.identity_id,
        body.platform_revision,
        body.content_digest,
        body.direction,
        body.published_at,
        bytes(recorded.event.value),
        body.desk,
        body.is_addressed,
        None,
        max(body.text_length, 1) if body.is_cut else 0,
        Location.TOLD if body.has_location else Location.UNTOLD,
        body.extent,
    )


POSTS: Decider[decider.Candidates, decider.Posts, PostEvent] = Decider(
    initial=decider.Posts,
    decide=decider.decide,
    evolve=decider.evolve,
    encode=_encoded,
    decode=_decoded,
    occurred_at=decider.occurred_at,
    differs=memory.differs,
)

SOURCES: Decider[sources.Command, sources.Sources, SourceEvent] = Decider(
    initial=sources.Sources,
    decide=sources.decide,
    evolve=sources.evolve,
    encode=CODEC.encode,
    decode=CODEC.decode,
    occurred_at=lambda event: event.at,
    dump=lambda kept: [sources.dump(kept)],
    load=sources.load,
    version="2",
)


class PostsBacking:
    """The posts view as the memory behind a shard. `memory.forget` says why nothing is lost."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def position(self, tenant: str) -> int:
        """Log position the view has reached."""
        return await posts.position(self._database, tenant)

    async def load(self, tenant: str, state: decider.Posts, commands: Sequence[decider.Candidates]) -> None:
        """Borrows what a round touches and memory does not hold: one query."""
        unknown = memory.unknown_in(state, commands)
        if not any(unknown):
            return
        found = await posts.probe(self._database, tenant, *unknown)
        state.view_position = max(state.view_position, found.position)
        known = {row.key: decider.Known(*row[1:]) for row in found.posts}
        gone_authors = {author: decider.Left(*left) for author, left in found.gone_authors.items()}
        memory.borrow(state, unknown, known, found.in_quarantine, gone_authors)

    def evict(self, state: decider.Posts, position: int) -> None:
        """Gives back what was borrowed and forgets what the view has."""
        memory.forget(state, position)


@dataclass(frozen=True, slots=True)
class Said:
    """What one caller has to say to a shard: encoded only on its way to another replica."""

    candidates: decider.Candidates
    size: int
    """Bytes it weighs, estimated from above."""

    def message(self) -> internal_pb2.RecordPostsRequest:
        """The same, for an owner elsewhere."""
        return to_request(self.candidates)


async def record_posts(writer: PostWriter, request: Said | internal_pb2.RecordPostsRequest) -> Message:
    """Decides a request's candidates and answers once the facts are durable; or is about a caller's request id."""
    origin = Origin(traceparent=telemetry.inject())
    if isinstance(request, internal_pb2.RecordPostsRequest) and request.request_id:
        return (
            await _answer_kept(writer, request, origin)
            if request.HasField("answer")
            else await _claimed(writer, request, origin)
        )
    command = from_request(request)
    outcome = await writer.submit(
        command, origin=origin, respond=lambda state, events: answers.results_of(command, state, events)
    )
    assert isinstance(outcome.response, internal_pb2.RecordPostsResponse)
    outcome.response.position = outcome.position
    return outcome.response


async def _claimed(writer: PostWriter, request: internal_pb2.RecordPostsRequest, origin: Origin) -> Message:
    """Claims a request id for who asks first; nothing is done for a body that comes later. Raises RequestIdReused.

    A claim and the answer that follows it are two answers of the shard, the second under an id derived from the first.
    """
    claim = internal_pb2.RecordPostsResponse(claimant=request.claimant)
    claimed = await writer.submit(
        (),
        origin=origin,
        request=Request(request.request_id, request.request_digest),
        respond=lambda _state, _events: claim,
    )
    found = await writer.submit((), origin=origin, request=_answer_id(request))
    response = internal_pb2.RecordPostsResponse(position=max(claimed.position, found.position))
    if isinstance(claimed.response, internal_pb2.RecordPostsResponse):
        response.claimant = claimed.response.claimant
    if isinstance(found.response, service_pb2.DeliveryResult):
        response.answer.CopyFrom(found.response)
    return response


async def _answer_kept(writer: PostWriter, request: internal_pb2.RecordPostsRequest, origin: Origin) -> Message:
    """Keeps the answer of a claimed request id; the first one stays."""
    kept = await writer.submit(
        (), origin=origin, request=_answer_id(request), respond=lambda _state, _events: request.answer
    )
    assert isinstance(kept.response, service_pb2.DeliveryResult)
    return internal_pb2.RecordPostsResponse(position=kept.position, answer=kept.response)


def _answer_id(request: internal_pb2.RecordPostsRequest) -> Request:
    return Request(uuid5_bytes(request.request_id, "answer"), request.request_digest)


def to_request(candidates: decider.Candidates) -> internal_pb2.RecordPostsRequest:
    """What one caller has to say, on its way to the shard's owner."""
    posts = [candidate for candidate in candidates if isinstance(candidate, PostReceived)]
    request = internal_pb2.RecordPostsRequest(observed=_encode(posts))
    if len(posts) < len(candidates):
        for place, candidate in enumerate(candidates):
            if not isinstance(candidate, PostReceived):
                request.others.add(place=place, type=candidate.NAME, fact=_encode(candidate))
    return request


def from_request(request: Said | internal_pb2.RecordPostsRequest) -> decider.Candidates:
    """What one caller has to say, at the shard's owner."""
    if isinstance(request, Said):
        return request.candidates
    candidates: list[decider.Candidate] = [*_observed(request.observed)] if request.observed else []
    for other in request.others:
        candidates.insert(other.place, layout.struct(other.type, other.fact))
    return candidates


class SourceRequests:
    """What the API's own requests mean to the `sources` shard."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, writer: SourceWriter, request: Message) -> Message:
        """Raises Rejected. The answer's position is the log's number in text; the servicer makes it a token."""
        at = self._clock.now()
        command: sources.Command
        match request:
            case service_pb2.CreateSourceRequest():
                given = request.source
                command = sources.Connect(request.source_id, given.channel, given.account_scope, settings_of(given), at)
            case service_pb2.UpdateSourceRequest():
                source_id = request.source.name.rpartition("/")[2]
                fields = tuple(request.update_mask.paths)
                command = sources.Change(source_id, settings_of(request.source), fields, at)
            case service_pb2.DeleteSourceRequest():
                command = sources.Disconnect(request.name.rpartition("/")[2], at)
            case _:
                raise TypeError(f"{request.DESCRIPTOR.full_name} is no request about sources")
        tenant, source_id = writer.subject.tenant, command.source_id

        def respond(state: sources.Sources, _events: Sequence[SourceEvent]) -> Message:
            match request:
                case service_pb2.CreateSourceRequest():
                    return service_pb2.CreateSourceResponse(source=source_message(tenant, state.connected[source_id]))
                case service_pb2.UpdateSourceRequest():
                    return service_pb2.UpdateSourceResponse(source=source_message(tenant, state.connected[source_id]))
                case _:
                    return service_pb2.DeleteSourceResponse()

        outcome = await writer.submit(
            command, origin=Origin(traceparent=telemetry.inject()), request=request_of(request), respond=respond
        )
        response = outcome.response
        assert isinstance(
            response,
            service_pb2.CreateSourceResponse | service_pb2.UpdateSourceResponse | service_pb2.DeleteSourceResponse,
        )
        response.position = str(outcome.position)
        return response


def settings_of(source: service_pb2.Source) -> sources.Settings:
    """Settings as the decider knows them: accounts folded and sorted, labels sorted by key."""
    return sources.Settings(
        source.display_name,
        tuple(sorted({account.strip().removeprefix("@").lower() for account in source.owned_accounts})),
        tuple(Label(key, source.labels[key]) for key in sorted(source.labels)),
        source.secrets_ref,
        source.default_queue,
        source.desk,
        source.listening if source.HasField("listening") else None,
    )


def source_message(tenant: str, source: sources.Source) -> service_pb2.Source:
    """A source as callers see it."""
    settings = source.settings
    return service_pb2.Source(
        name=f"tenants/{tenant}/sources/{source.source_id}",
        channel=source.channel,
        account_scope=source.account_scope,
        display_name=settings.display_name,
        owned_accounts=settings.owned_accounts,
        labels={label.key: label.value for label in settings.labels},
        secrets_ref=settings.secrets_ref,
        default_queue=settings.default_queue,
        desk=settings.desk,
        effective_desk=sources.desk_of(source.source_id, settings),
        listening=settings.listening,
        create_time=to_timestamp(source.connected_at),
        update_time=to_timestamp(source.changed_at),
    )
