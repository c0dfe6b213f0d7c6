"""Rows as the messages callers get. Personal content is filled in only when it is handed in opened."""

from __future__ import annotations

import re
from typing import TypeVar, cast

from chassis import layout
from chassis.clock import to_timestamp
from chassis.sealing import Opened, unreadable
from google.protobuf.message import DecodeError, Message
from switchboard.ingest.v1 import post_pb2, service_pb2
from switchboard.log.v1 import log_pb2

from ingest.views.posts import ReadRow
from ingest.views.quarantined import Listed, Stored, bytes_of
from ingest.views.sources import SourceRow

M = TypeVar("M", bound=Message)
PLACE_LENGTH_MAX = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def post_of(tenant: str, row: ReadRow, content: Opened, names: Opened) -> post_pb2.Post:
    """A post with what was opened of it, and whether its content could be read."""
    personal, readability = _read(post_pb2.PersonalContent, row, content)
    called, _ = _read(post_pb2.PostNames, row, names)
    links = [_uuid(row.links[at : at + 16]) for at in range(0, len(row.links), 16)]
    post = post_pb2.Post(
        name=f"tenants/{tenant}/posts/{row.post_id}",
        channel=row.channel,
        source=f"tenants/{tenant}/sources/{row.source_id}",
        revision=row.revision,
        kind=row.kind,  # type: ignore[arg-type]  # enums' numbers, here and below
        direction=row.direction,  # type: ignore[arg-type]
        conversation=f"tenants/{tenant}/conversations/{row.conversation_id}" if row.conversation_id else "",
        in_reply_to=f"tenants/{tenant}/posts/{row.in_reply_to}" if row.in_reply_to else "",
        author_kind=row.author_kind,  # type: ignore[arg-type]
        language=row.language,
        reach=row.reach,
        visibility=row.visibility,  # type: ignore[arg-type]
        published_at=to_timestamp(row.published_at),
        received_at=to_timestamp(row.received_at),
        reply_quota_left=row.reply_quota_left,
        links=[f"tenants/{tenant}/posts/{link}" for link in links],
        text_length=row.text_length,
        desks=row.desks,
        repost_of=f"tenants/{tenant}/posts/{row.repost_of}" if row.repost_of else "",
        is_bare_repost=row.is_bare_repost,
        readability=readability,
        is_cut=row.is_cut,
    )
    if row.reply_window_expires_at is not None:
        post.reply_window_expires_at.CopyFrom(to_timestamp(row.reply_window_expires_at))
    if row.withdrawn_at is not None:
        post.withdrawn_at.CopyFrom(to_timestamp(row.withdrawn_at))
    post.author.CopyFrom(personal.author)
    if not row.is_emptied:
        post.text = personal.text
        post.entities.extend(personal.entities)
        post.media.extend(personal.media)
    if row.has_location and personal.HasField("location"):
        post.location.CopyFrom(personal.location)
    post.external_id = called.external_id
    post.author.external_id = called.author_external_id
    post.author.identity = f"tenants/{tenant}/identities/{row.identity_id}"
    return post


def _read(form: type[M], row: ReadRow, value: Opened) -> tuple[M, log_pb2.Readability]:
    """(what was sealed of a post, whether that could be read); empty when it was not opened or holds something else."""
    try:
        plain = layout.of_plain(value.plain or b"")
        return cast(M, layout.unpack(form.DESCRIPTOR.full_name, plain)), value.readability
    except DecodeError as broken:
        return form(), unreadable(row.identity_id, broken)


def _uuid(data: bytes) -> str:
    h = data.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def source_of(row: SourceRow) -> service_pb2.Source:
    """A source."""
    return service_pb2.Source(
        name=f"tenants/{row.tenant}/sources/{row.source_id}",
        channel=row.channel,
        account_scope=row.account_scope,
        display_name=row.display_name,
        owned_accounts=row.owned_accounts,
        labels=dict(zip(row.label_keys, row.label_values, strict=True)),
        secrets_ref=row.secrets_ref,
        default_queue=row.default_queue,
        desk=row.desk,
        effective_desk=row.effective_desk,
        listening=row.listening,
        create_time=to_timestamp(row.connected_at),
        update_time=to_timestamp(row.changed_at),
    )


def quarantined_of(tenant: str, row: Listed, stored: Stored | None, *, hidden: bool) -> service_pb2.QuarantinedDelivery:
    """A delivery in quarantine with its bytes as far as they are there, open and not `hidden` from the caller."""
    listed = service_pb2.QuarantinedDelivery(
        name=f"tenants/{tenant}/quarantined/{row.delivery_id}",
        source=f"tenants/{tenant}/sources/{row.source_id}",
        reason=row.reason,
        detail=row.detail,
        content_type=row.content_type,
        payload_bytes=row.payload_bytes,
        received_at=to_timestamp(row.received_at),
        readability=log_pb2.READABILITY_HIDDEN if hidden else log_pb2.READABILITY_UNSPECIFIED,
    )
    if stored is not None:
        listed.readability = stored.readability
        if stored.delivery is not None:
            listed.payload = bytes_of(stored.delivery)
            listed.place = _CONTROL.sub(" ", stored.delivery.place)[:PLACE_LENGTH_MAX]
    return listed
