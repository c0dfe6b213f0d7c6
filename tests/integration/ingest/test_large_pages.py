"""Pages of posts that are larger than a message: they are cut where a message ends, and none is left out."""

from __future__ import annotations

import pytest
from chassis.serving import MESSAGE_BYTES_MAX
from google.protobuf.timestamp_pb2 import Timestamp
from ingest.views import posts as view
from switchboard.ingest.v1 import post_pb2
from switchboard.ingest.v1 import service_pb2 as api

from tests.integration.ingest.conftest import Stack

POSTS = 40
TEXT = "很" * 100_000


def post(number: int) -> api.Delivery:
    at = Timestamp(seconds=1_790_000_000 + number)
    normal = post_pb2.NormalizedPost(external_id=f"p{number}", text=TEXT, published_at=at)
    normal.author_kind = post_pb2.AUTHOR_KIND_CUSTOMER
    normal.author.external_id = "ana"
    return api.Delivery(normalized_post=normal)


async def test_a_page_of_large_posts_is_read_no_further_than_a_message_goes(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    select = view.select

    async def counted(*arguments: object, **more: object) -> list[view.ReadRow]:
        rows = await select(*arguments, **more)  # type: ignore[arg-type]
        read.append(sum(len(row.ciphertext) for row in rows))
        return rows

    source = await stack.connect("acme", "big", channel="care")
    for number in range(POSTS):
        taken = await stack.api.IngestPost(api.IngestPostRequest(source=source, delivery=post(number)))
    monkeypatch.setattr(view, "select", counted)
    seen, token = list[str](), ""
    while True:
        read.clear()
        request = api.ListPostsRequest(
            parent="tenants/acme", page_size=1000, page_token=token, min_position=taken.position
        )
        page = await stack.api.ListPosts(request)
        assert page.ByteSize() <= MESSAGE_BYTES_MAX
        assert sum(read) <= 3 * MESSAGE_BYTES_MAX, "what does not fit is not read"
        seen += [one.name for one in page.posts]
        token = page.next_page_token
        if not token:
            break
    assert len(seen) == len(set(seen)) == POSTS
