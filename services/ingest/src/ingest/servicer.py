"""IngestService: requests in, commands and queries, responses out."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any

import grpc
from chassis.commands import request_of
from chassis.commits import Position, Recorded
from chassis.database import Database
from chassis.errors import InvalidRequest, NotFound, Overloaded, Unavailable
from chassis.filters import Expression, parse
from chassis.host import ShardHost
from chassis.identity import is_uuid
from chassis.layout import UnknownEvent
from chassis.masks import changed_fields, immutable_violations
from chassis.projection import Projection
from chassis.requests import Uuid, page, parse_name
from chassis.sealing import Opened
from chassis.serving import deadline_s
from chassis.tail import Tail
from chassis.tenants import Tenants
from chassis.vault import KeyVault
from chassis.watches import Changes, Pages
from google.protobuf.message import DecodeError
from switchboard.ingest.v1 import events_structs, post_pb2, service_pb2, service_pb2_grpc
from switchboard.log.v1 import log_pb2
from switchboard.log.v1.log_structs import Sealed

from ingest import wire
from ingest.checks import (
    ORDERS,
    SOURCE_FIELDS,
    change_violations,
    check_mapping,
    check_order,
    creation_violations,
    post_fields,
    quarantine_fields,
)
from ingest.intake import Intake, check_batch
from ingest.queues import Queues
from ingest.shards import source_message
from ingest.sources import Reason
from ingest.views import posts, sources
from ingest.views.quarantined import Quarantine
from ingest.views.source_directory import SHARD as SOURCES_SHARD
from ingest.views.source_directory import Connected, SourceDirectory

CODES: Mapping[str, grpc.StatusCode] = {
    Reason.SOURCE_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Reason.SOURCE_UNKNOWN: grpc.StatusCode.NOT_FOUND,
}
"""Reasons and their status codes."""
PERSONAL = "posts.personal"
"""The scope a caller needs to see personal values."""
IN_FLIGHT_MAX = 8
"""Batches of one stream under way at a time. Against: 200 deliveries take some 15 ms of CPU, an fsync 1-20 ms; what
waits for a commit shares the next one, and a commit has room for the shard's part of a dozen batches.
"""
POSTS_AT_ONCE = 10
"""Posts of a watch that are in memory at a time while its caller does not read."""
PAGE_BYTES_MAX = 3 * 1024 * 1024

_CHANGES = {
    events_structs.PostReceived.NAME: service_pb2.POST_CHANGE_RECEIVED,
    events_structs.PostEdited.NAME: service_pb2.POST_CHANGE_EDITED,
    events_structs.PostCompleted.NAME: service_pb2.POST_CHANGE_COMPLETED,
    events_structs.PostLocationRemoved.NAME: service_pb2.POST_CHANGE_LOCATION_REMOVED,
    events_structs.PostSighted.NAME: service_pb2.POST_CHANGE_SIGHTED,
    events_structs.PostWithdrawn.NAME: service_pb2.POST_CHANGE_WITHDRAWN,
}

_HIDDEN = Opened(None, log_pb2.READABILITY_HIDDEN)
_NOTHING = Opened(None, log_pb2.READABILITY_UNSPECIFIED)
"""Of a post that was withdrawn."""
Answered = tuple[service_pb2.IngestPostsResponse, int]
"""What a batch is answered, and the position at which it is durable."""
Scopes = Callable[[Any], Collection[str]]
"""The scopes of a call's caller."""
Context = Any


def everything(_context: Context) -> Collection[str]:
    """The local stack has no authentication: whoever reaches the port may see all."""
    return (PERSONAL,)


def _change(recorded: Recorded) -> tuple[service_pb2.PostChange, str, int] | None:
    """(what happened, to which post, where in the log); None for what is not about a post, or cannot be read."""
    change = _CHANGES.get(recorded.type)
    if change is None:
        return None
    try:
        post_id: str = recorded.body.post_id
    except (DecodeError, UnknownEvent):
        return None
    return (change, post_id, recorded.position) if is_uuid(post_id) else None


class IngestServicer(service_pb2_grpc.IngestServiceServicer):
    """See service.proto."""

    def __init__(
        self,
        *,
        intake: Intake,
        directory: SourceDirectory,
        source_host: ShardHost[Any, Any, Any],
        database: Database,
        posts_projection: Projection[posts.Row],
        sources_projection: Projection[sources.SourceRow],
        quarantine: Quarantine,
        queues: Queues,
        vault: KeyVault,
        tenants: Tenants,
        tail: Tail,
        scopes: Scopes = everything,
    ) -> None:
        self._intake = intake
        self._directory = directory
        self._sources = source_host
        self._database = database
        self._posts_projection = posts_projection
        self._sources_projection = sources_projection
        self._quarantine = quarantine
        self._queues = queues
        self._vault = vault
        self._tenants = tenants
        self._tail = tail
        self._scopes = scopes

    async def IngestPosts(  # noqa: N802  (gRPC names it)
        self, requests: AsyncIterator[service_pb2.IngestPostsRequest], context: Context
    ) -> AsyncIterator[service_pb2.IngestPostsResponse]:
        """Answers in order. The next batches are read and sealed while earlier ones are on their way to the disk."""
        under_way: asyncio.Queue[asyncio.Task[Answered] | None] = asyncio.Queue(IN_FLIGHT_MAX)
        begun: deque[asyncio.Task[Answered]] = deque()
        reached = 0

        async def pump() -> None:
            turn = asyncio.Event()
            turn.set()
            try:
                async for request in requests:
                    mine, next_turn = turn, asyncio.Event()
                    task = asyncio.create_task(self._batch(request, mine, next_turn))
                    begun.append(task)
                    turn = next_turn
                    await under_way.put(task)
            finally:
                await under_way.put(None)

        pumping = asyncio.create_task(pump())
        try:
            while (task := await under_way.get()) is not None:
                response, position = await task
                reached = max(reached, position)  # a batch may end after the next one; no answer leads back behind it
                response.position = Position.encode(reached)
                yield response
                begun.popleft()
            await pumping
        finally:
            for left in (pumping, *begun):
                left.cancel()
            await asyncio.gather(pumping, *begun, return_exceptions=True)

    async def _batch(
        self, request: service_pb2.IngestPostsRequest, turn: asyncio.Event, next_turn: asyncio.Event
    ) -> Answered:
        """One batch. It begins its calls after the batch before has begun its own: shards see batches in order."""
        try:
            check_batch(request.deliveries, "deliveries")
            connected = await self._connected(request.source)
            batch = self._intake.read(connected, request.deliveries)
            del request
            await self._intake.seal(batch)  # what is sealed is enough while the disk works
            await turn.wait()
            calls = self._intake.begin(batch)
        finally:
            next_turn.set()
        position = await self._intake.finish(batch, calls)
        return batch.response(), position

    async def _connected(self, name: str, field: str = "source") -> Connected:
        parts = parse_name("tenants/{tenant}/sources/{source}", name, field)
        return self._directory.known(parts["tenant"], parts["source"]) or await self._directory.require(
            parts["tenant"], parts["source"], deadline_s()
        )

    async def IngestPost(  # noqa: N802
        self, request: service_pb2.IngestPostRequest, context: Context
    ) -> service_pb2.IngestPostResponse:
        connected = await self._connected(request.source)
        if not request.HasField("delivery"):
            raise InvalidRequest([("delivery", "is required")])

        async def take() -> tuple[service_pb2.DeliveryResult, int]:
            batch = self._intake.read(connected, [request.delivery])
            position = await self._intake.take(batch)
            return batch.response().results[0], position

        identity = request_of(request)
        result, position = (
            await take() if identity is None else await self._intake.once(connected.tenant, identity, take)
        )
        return service_pb2.IngestPostResponse(result=result, position=Position.encode(position))

    async def RequeueQuarantined(  # noqa: N802
        self, request: service_pb2.RequeueQuarantinedRequest, context: Context
    ) -> service_pb2.RequeueQuarantinedResponse:
        parts = parse_name("tenants/{tenant}/quarantined/{delivery}", request.name)
        tenant, name = parts["tenant"], parts["delivery"]
        await self._tenants.require(tenant)
        if request.HasField("mapping"):
            check_mapping(request.mapping)

        async def requeue() -> tuple[service_pb2.DeliveryResult, int]:
            found = await self._quarantine.get(tenant, [name]) if is_uuid(name) else {}
            stored = found.get(name)
            if stored is None or stored.delivery is None:
                raise NotFound("quarantined", request.name)
            connected = await self._directory.require(tenant, stored.source_id, deadline_s())
            if request.HasField("mapping"):
                if not stored.delivery.HasField("row"):
                    raise InvalidRequest([("mapping", "goes with a record of a CSV file, and this is none")])
                stored.delivery.row.mapping.CopyFrom(request.mapping)
                stored.delivery.row.reason = ""  # who says how to read it overrules who could not
            batch = self._intake.read(connected, [stored.delivery], again=True)
            position = await self._intake.take(batch)
            result = batch.response().results[0]
            if not batch.quarantined:
                await self._quarantine.release(tenant, name)
            else:  # it lay there before, so its shard says DUPLICATE; for this caller it is still unreadable
                result.result = service_pb2.RESULT_QUARANTINED
            return result, position

        identity = request_of(request)
        result, position = await requeue() if identity is None else await self._intake.once(tenant, identity, requeue)
        return service_pb2.RequeueQuarantinedResponse(result=result, position=Position.encode(position))

    async def ListQuarantined(  # noqa: N802
        self, request: service_pb2.ListQuarantinedRequest, context: Context
    ) -> service_pb2.ListQuarantinedResponse:
        tenant = await self._tenant(request.parent)
        asked = page(request, (int, Uuid))
        wanted = parse(request.filter, quarantine_fields(tenant))
        check_order(request.order_by, ("", "received_at desc"))
        await self._posts_projection.reached(Position.decode(request.min_position), deadline_s(), tenant)
        cursor = None if asked.cursor is None else (int(asked.cursor[0]), str(asked.cursor[1]))
        rows = await self._quarantine.select(tenant, wanted, cursor, asked.size + 1)
        kept, token = asked.cut(rows, lambda row: (row.received_at, row.delivery_id))
        personal = PERSONAL in self._scopes(context)
        response = service_pb2.ListQuarantinedResponse(next_page_token=token)
        room, visible, opened = PAGE_BYTES_MAX, len(kept), list[str]()
        if personal:
            for number, row in enumerate(kept):
                room -= row.payload_bytes
                if room < 0 and number:
                    last, visible = kept[number - 1], number
                    response.next_page_token = asked.token_after((last.received_at, last.delivery_id))
                    break
                if room >= 0:
                    opened.append(row.delivery_id)
        found = await self._quarantine.get(tenant, opened) if opened else {}
        response.deliveries.extend(
            wire.quarantined_of(tenant, row, found.get(row.delivery_id), hidden=not personal) for row in kept[:visible]
        )
        return response

    async def GetPost(  # noqa: N802
        self, request: service_pb2.GetPostRequest, context: Context
    ) -> service_pb2.GetPostResponse:
        parts = parse_name("tenants/{tenant}/posts/{post}", request.name)
        await self._tenants.require(parts["tenant"])
        tenant, name = parts["tenant"], parts["post"]
        await self._posts_projection.reached(Position.decode(request.min_position), deadline_s(), tenant)
        found = {}
        if is_uuid(name):
            found = await posts.get(self._database, tenant, [await posts.meant(self._database, tenant, name)])
        if not found:
            raise NotFound("post", request.name)
        (post,) = await self._visible(tenant, list(found.values()), context)
        return service_pb2.GetPostResponse(post=post)

    async def ListPosts(  # noqa: N802
        self, request: service_pb2.ListPostsRequest, context: Context
    ) -> service_pb2.ListPostsResponse:
        tenant = await self._tenant(request.parent)
        asked = page(request, (int, Uuid))
        wanted = parse(request.filter, post_fields(tenant))
        check_order(request.order_by, ORDERS)
        column, descending = ORDERS[request.order_by]
        await self._posts_projection.reached(Position.decode(request.min_position), deadline_s(), tenant)

        def cursor_of(row: posts.ReadRow) -> tuple[int, str]:
            return getattr(row, column), row.post_id

        rows: list[posts.ReadRow] = []
        after, weight, more = asked.cursor, 0, True
        pages = Pages()
        # A page may ask for a thousand posts of 400 kB: no more of them are read than a message holds.
        while more and len(rows) <= asked.size and weight <= PAGE_BYTES_MAX:
            limit = min(pages.rows, asked.size + 1 - len(rows))
            part = await posts.select(self._database, tenant, wanted, (column, descending), after=after, limit=limit)
            part_bytes = sum([len(row.ciphertext or b"") for row in part])
            pages.weighed(len(part), part_bytes)
            rows += part
            weight, more = weight + part_bytes, len(part) == limit
            after = cursor_of(part[-1]) if part else after
        kept, token = asked.cut(rows, cursor_of)
        if more and not token:
            token = asked.token_after(cursor_of(kept[-1]))
        shown, token = asked.within(kept, await self._visible(tenant, kept, context), token, cursor_of, PAGE_BYTES_MAX)
        return service_pb2.ListPostsResponse(posts=shown, next_page_token=token)

    async def WatchPosts(  # noqa: N802
        self, request: service_pb2.WatchPostsRequest, context: Context
    ) -> AsyncIterator[service_pb2.WatchPostsResponse]:
        tenant = await self._tenant(request.parent)
        wanted = parse(request.filter, post_fields(tenant))
        if request.resume_token:
            after = Position.decode(request.resume_token, "resume_token")
        else:
            after = await posts.position(self._database, tenant)
            async with aclosing(self._snapshot(tenant, wanted, context)) as present:
                async for post in present:
                    yield service_pb2.WatchPostsResponse(change=service_pb2.POST_CHANGE_SNAPSHOT, post=post)
            yield service_pb2.WatchPostsResponse(resume_token=Position.encode(after))
        watch = Changes(self._tail, "post", tenant, after, change_of=_change)
        async with aclosing(watch.portions()) as portions:
            async for changed, reached in portions:
                if not changed:
                    yield service_pb2.WatchPostsResponse(resume_token=Position.encode(reached))
                    continue
                await self._posts_projection.reached(max(at for _, _, at in changed), deadline_s(), tenant)
                sent = False
                for begin in range(0, len(changed), POSTS_AT_ONCE):
                    part = changed[begin : begin + POSTS_AT_ONCE]
                    async with aclosing(self._matching(tenant, wanted, part, context)) as responses:
                        async for response in responses:
                            yield response
                            sent = True
                if sent:
                    yield service_pb2.WatchPostsResponse(resume_token=Position.encode(reached))
                    watch.given(reached)

    async def _matching(
        self,
        tenant: str,
        wanted: Expression,
        changed: Sequence[tuple[service_pb2.PostChange, str, int]],
        context: Context,
    ) -> AsyncGenerator[service_pb2.WatchPostsResponse, None]:
        """What happened to the posts among these that match, each as it stands now."""
        ids = list({post_id for _, post_id, _ in changed})
        order = ("published_at", False)
        rows = await posts.select(self._database, tenant, wanted, order, after=None, limit=len(ids), among=ids)
        visible = dict(zip((row.post_id for row in rows), await self._visible(tenant, rows, context), strict=True))
        for happened, post_id, position in changed:
            if post_id in visible:
                token = Position.encode(position - 1)  # the rest of its commit is still to come
                yield service_pb2.WatchPostsResponse(change=happened, post=visible[post_id], resume_token=token)

    async def _snapshot(self, tenant: str, wanted: Expression, context: Context) -> AsyncGenerator[post_pb2.Post, None]:
        cursor: tuple[int, str] | None = None
        pages = Pages()
        while True:
            limit = pages.rows
            rows = await posts.select(
                self._database, tenant, wanted, ("published_at", False), after=cursor, limit=limit
            )
            pages.weighed(len(rows), sum([len(row.ciphertext or b"") for row in rows]))
            for post in await self._visible(tenant, rows, context):
                yield post
            if len(rows) < limit:
                return
            cursor = (rows[-1].published_at, rows[-1].post_id)

    async def CreateSource(  # noqa: N802
        self, request: service_pb2.CreateSourceRequest, context: Context
    ) -> service_pb2.CreateSourceResponse:
        """The first source of a tenant brings the tenant into being."""
        tenant = parse_name("tenants/{tenant}", request.parent, "parent")["tenant"]
        if wrong := creation_violations(request):
            raise InvalidRequest(wrong)
        request_of(request)  # what is wrong with its id is said before a tenant comes into being
        asked = service_pb2.CreateSourceRequest()
        asked.CopyFrom(request)
        asked.source.display_name = request.source.display_name or request.source_id
        await self._queues.require(tenant, asked.source.default_queue)
        await self._tenants.ensure(tenant)
        response = await self._sources.call(tenant, SOURCES_SHARD, asked, service_pb2.CreateSourceResponse)
        response.position = await self._settled(response.position)
        return response

    async def UpdateSource(  # noqa: N802
        self, request: service_pb2.UpdateSourceRequest, context: Context
    ) -> service_pb2.UpdateSourceResponse:
        parts = parse_name("tenants/{tenant}/sources/{source}", request.source.name, "source.name")
        if wrong := change_violations(request):
            raise InvalidRequest(wrong)
        fields, _ = changed_fields(request.source, request.update_mask)
        asked = service_pb2.UpdateSourceRequest()
        asked.CopyFrom(request)
        del asked.update_mask.paths[:]
        asked.update_mask.paths.extend(fields)
        if "display_name" in fields and not asked.source.display_name:
            asked.source.display_name = parts["source"]
        connected = await self._connected(request.source.name, "source.name")
        present = source_message(parts["tenant"], connected.source)
        if wrong := immutable_violations(request.source, present, "source"):
            raise InvalidRequest(wrong)
        if "default_queue" in fields:
            await self._queues.require(parts["tenant"], asked.source.default_queue)
        response = await self._sources.call(parts["tenant"], SOURCES_SHARD, asked, service_pb2.UpdateSourceResponse)
        response.position = await self._settled(response.position)
        return response

    async def DeleteSource(  # noqa: N802
        self, request: service_pb2.DeleteSourceRequest, context: Context
    ) -> service_pb2.DeleteSourceResponse:
        tenant = parse_name("tenants/{tenant}/sources/{source}", request.name)["tenant"]
        await self._tenants.require(tenant)
        response = await self._sources.call(tenant, SOURCES_SHARD, request, service_pb2.DeleteSourceResponse)
        with suppress(Unavailable, Overloaded, TimeoutError):  # their retention ends without it too
            await self._quarantine.source_disconnected(tenant, request.name.rpartition("/")[2])
        response.position = await self._settled(response.position)
        return response

    async def _settled(self, position: str) -> str:
        """After a change of sources this replica's own directory follows it, so that the next delivery sees it."""
        await self._directory.reached(int(position), deadline_s())
        return Position.encode(int(position))

    async def GetSource(  # noqa: N802
        self, request: service_pb2.GetSourceRequest, context: Context
    ) -> service_pb2.GetSourceResponse:
        parts = parse_name("tenants/{tenant}/sources/{source}", request.name)
        await self._tenants.require(parts["tenant"])
        await self._sources_projection.reached(Position.decode(request.min_position), deadline_s(), parts["tenant"])
        row = await sources.get(self._database, parts["tenant"], parts["source"])
        if row is None:
            raise NotFound("source", request.name)
        return service_pb2.GetSourceResponse(source=wire.source_of(row))

    async def ListSources(  # noqa: N802
        self, request: service_pb2.ListSourcesRequest, context: Context
    ) -> service_pb2.ListSourcesResponse:
        tenant = await self._tenant(request.parent)
        asked = page(request, (str,))
        wanted = parse(request.filter, SOURCE_FIELDS)
        check_order(request.order_by, ("", "name"))
        await self._sources_projection.reached(Position.decode(request.min_position), deadline_s(), tenant)
        after = "" if asked.cursor is None else str(asked.cursor[0])
        rows = await sources.select(self._database, tenant, wanted, after, asked.size + 1)
        kept, token = asked.cut(rows, lambda row: (row.source_id,))
        response = service_pb2.ListSourcesResponse(next_page_token=token)
        room = PAGE_BYTES_MAX
        for number, row in enumerate(kept):
            source = wire.source_of(row)
            room -= source.ByteSize()
            if room < 0 and number:
                response.next_page_token = asked.token_after((kept[number - 1].source_id,))
                break
            response.sources.append(source)
        return response

    async def _tenant(self, parent: str) -> str:
        tenant = parse_name("tenants/{tenant}", parent, "parent")["tenant"]
        await self._tenants.require(tenant)
        return tenant

    async def _visible(self, tenant: str, rows: Sequence[posts.ReadRow], context: Context) -> list[post_pb2.Post]:
        """Posts as this caller may see them: opened with the scope, as far as there is something that opens."""
        if PERSONAL not in self._scopes(context):
            return [wire.post_of(tenant, row, _HIDDEN if row.nonce else _NOTHING, _HIDDEN) for row in rows]
        contents, names = [], []
        for row in rows:
            author = row.identity_id
            if row.nonce is not None and row.ciphertext is not None:
                contents.append(Sealed(author, row.nonce, row.ciphertext))
            names.append(Sealed(author, row.names_nonce, row.names_ciphertext))
        opened = await self._vault.open_all(tenant, [*contents, *names])
        content, called = iter(opened[: len(contents)]), opened[len(contents) :]
        return [
            wire.post_of(tenant, row, _NOTHING if row.nonce is None else next(content), ids)
            for row, ids in zip(rows, called, strict=True)
        ]
