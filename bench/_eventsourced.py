"""The second peer: the `eventsourcing` library with its PostgreSQL recorder, over what ingest does.

`intake` answers IngestPosts: it reads each payload with pydantic and saves the posts of a call as one event each, all
of them in one transaction; a post's id is derived from X's, so the recorder refuses a repetition. `view` reads from the
recorder a thousand notifications at a time and writes their rows and its position in one transaction: by hand, as the
library's own projections do it event by event. Events are structs of msgspec, which the library's documentation
recommends where speed counts.

What it has not, of ingest: sealed content and keys, shards and with them a second replica of the log's writer (the
recorder locks its table), versions, aliases, withdrawals, desks, quarantine, sources, tenants, or proof.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid5

import grpc
import msgspec
from _status import Status
from chassis.process import GARBAGE
from eventsourcing.application import Application
from eventsourcing.persistence import IntegrityError, Mapper, StoredEvent, Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.utils import get_topic, resolve_topic
from psycopg.sql import SQL
from switchboard.ingest.v1 import service_pb2, service_pb2_grpc

POSTS = UUID("6f1c2f8e-57a5-4c43-9a3e-3f0a3a7b5d11")
TOGETHER = 1_000
IDLE_S = 0.02
COLUMNS = "id, external_id, author_id, kind, text, language, in_reply_to, published_at, received_at"
TABLE = """
create table if not exists posts (
    id uuid primary key,
    external_id text not null,
    author_id text not null,
    kind text not null,
    text text not null,
    language text,
    in_reply_to text,
    published_at timestamptz not null,
    received_at timestamptz not null
)
"""
INDEXES = (
    "create index if not exists posts_published on posts (published_at)",
    "create index if not exists posts_author on posts (author_id, published_at)",
)


class Author(msgspec.Struct, frozen=True):
    id: str
    handle: str
    name: str
    location: str | None
    description: str | None
    url: str | None
    followers: int
    verified: bool


class PostReceived(msgspec.Struct, frozen=True):
    originator_id: UUID
    originator_version: int
    external_id: str
    author: Author
    kind: str
    text: str
    language: str | None
    in_reply_to: str | None
    published_at: datetime
    received_at: datetime


class Structs(Mapper[UUID]):
    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        return StoredEvent(
            domain_event.originator_id,
            domain_event.originator_version,
            get_topic(type(domain_event)),
            msgspec.json.encode(domain_event),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        return msgspec.json.decode(stored_event.state, type=resolve_topic(stored_event.topic))


class Posts(Application[UUID]):
    def construct_mapper(self) -> Mapper[UUID]:
        return Structs(self.construct_transcoder())

    def receive(self, payloads: list[bytes]) -> int:
        """Saves the new ones together; returns the last position."""
        now = datetime.now(UTC)
        events = [received(payload, now) for payload in payloads]
        try:
            return self.save(*events)[-1].notification.id
        except IntegrityError:  # some of them are there: a repetition
            for event in events:
                try:
                    self.save(event)
                except IntegrityError:
                    continue
            return self.recorder.max_notification_id() or 0


def received(payload: bytes, now: datetime) -> PostReceived:
    status = Status.model_validate_json(payload)
    user = status.user
    author = Author(
        user.id_str,
        user.screen_name,
        user.name,
        user.location,
        user.description,
        user.url,
        user.followers_count,
        user.verified,
    )
    return PostReceived(
        uuid5(POSTS, status.id_str),
        1,
        status.id_str,
        author,
        status.kind("acme"),
        status.text,
        status.lang,
        status.in_reply_to_status_id_str,
        status.created_at,
        now,
    )


class Intake(service_pb2_grpc.IngestServiceServicer):
    def __init__(self, posts: Posts) -> None:
        self._posts = posts

    def IngestPosts(  # noqa: N802
        self, requests: Iterator[service_pb2.IngestPostsRequest], context: grpc.ServicerContext
    ) -> Iterator[service_pb2.IngestPostsResponse]:
        accepted = service_pb2.DeliveryResult(result=service_pb2.RESULT_ACCEPTED)
        for request in requests:
            position = self._posts.receive([delivery.payload for delivery in request.deliveries])
            results = [accepted] * len(request.deliveries)
            yield service_pb2.IngestPostsResponse(results=results, position=str(position))


class View(PostgresTrackingRecorder):
    """The table of posts, with the position up to which it is written."""

    def __init__(self, datastore: PostgresDatastore, **given: Any) -> None:
        super().__init__(datastore, **given)
        self.sql_create_statements += [SQL(one) for one in (TABLE, *INDEXES)]

    def write(self, events: list[PostReceived], tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            with cursor.copy(f"copy posts ({COLUMNS}) from stdin") as rows:
                for e in events:
                    rows.write_row(
                        (
                            e.originator_id,
                            e.external_id,
                            e.author.id,
                            e.kind,
                            e.text,
                            e.language,
                            e.in_reply_to,
                            e.published_at,
                            e.received_at,
                        )
                    )
            self._insert_tracking(cursor, tracking)


def project(posts: Posts) -> None:
    """Follows the log for ever."""
    view = posts.factory.tracking_recorder(View)
    at = view.max_tracking_id(posts.name)
    while True:
        found = posts.recorder.select_notifications(at, TOGETHER, inclusive_of_start=False)
        if not found:
            time.sleep(IDLE_S)
            continue
        at = found[-1].id
        view.write([posts.mapper.to_domain_event(one) for one in found], Tracking(posts.name, at))


def application(database_url: str) -> Posts:
    """The one of a database. It makes its tables where they are not there."""
    at = urlsplit(database_url)
    return Posts(
        {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": at.path.strip("/"),
            "POSTGRES_HOST": at.hostname or "",
            "POSTGRES_PORT": str(at.port),
            "POSTGRES_USER": at.username or "",
            "POSTGRES_PASSWORD": at.password or "",
        }
    )


def main(what: str) -> None:
    posts = application(os.environ["PEER_DATABASE"])
    if what == "view":
        project(posts)
    server = grpc.server(ThreadPoolExecutor(8))
    service_pb2_grpc.add_IngestServiceServicer_to_server(Intake(posts), server)
    server.add_insecure_port(f"127.0.0.1:{os.environ['PEER_PORT']}")
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    gc.freeze()
    gc.set_threshold(*GARBAGE)  # as in our services
    main(sys.argv[1])
