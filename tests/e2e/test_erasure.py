"""An erasure asked of crm-sync holds in ingest from its answer on. The services are processes of their own."""

import json
import uuid
from typing import Any

from running_stack import RunningStack
from switchboard.crm.v1 import service_pb2 as crm
from switchboard.crm.v1 import service_pb2_grpc as crm_grpc
from switchboard.ingest.v1 import service_pb2 as api
from switchboard.ingest.v1 import service_pb2_grpc
from switchboard.log.v1 import integrity_pb2, integrity_pb2_grpc

TENANT = "forgotten"
CANARY = "zaphod lost his towel on the ferry"
PATIENCE_S = 30


def said(number: int, author: int) -> api.Delivery:
    """A status of an author as X sends it."""
    status: dict[str, Any] = {
        "id": number, "created_at": "Mon Mar 02 08:00:00 +0000 2020", "text": CANARY,
        "user": {"id": author, "screen_name": f"u{author}"},
    }  # fmt: skip
    return api.Delivery(payload=json.dumps(status).encode())


def test_what_ingest_shows_and_takes_after_an_erasure_was_answered(stack: RunningStack) -> None:
    with stack.channel("ingest") as posts, stack.channel("crm") as customers:
        ingest = service_pb2_grpc.IngestServiceStub(posts)
        source = api.Source(channel="x")
        ingest.CreateSource(api.CreateSourceRequest(parent=f"tenants/{TENANT}", source_id="x", source=source))
        name = f"tenants/{TENANT}/sources/x"

        def take(number: int, author: int) -> api.IngestPostResponse:
            return ingest.IngestPost(
                api.IngestPostRequest(source=name, delivery=said(number, author)), timeout=PATIENCE_S
            )

        for author in range(1, 11):
            taken = take(author, author)
            assert api.Result.Name(taken.result.result) == "RESULT_ACCEPTED"
            read = api.GetPostRequest(name=taken.result.posts[0].post, min_position=taken.position)
            post = ingest.GetPost(read, timeout=PATIENCE_S).post
            assert post.text == CANARY
            wait = integrity_pb2.WaitUntilRequest(position=taken.position, tenant=TENANT)
            integrity_pb2_grpc.IntegrityServiceStub(customers).WaitUntil(wait, timeout=PATIENCE_S)
            crm_grpc.CustomerServiceStub(customers).EraseSubject(
                crm.EraseSubjectRequest(name=post.author.identity, request_id=str(uuid.uuid4())), timeout=PATIENCE_S
            )
            assert CANARY not in str(ingest.GetPost(read, timeout=PATIENCE_S).post)
            assert api.Result.Name(take(100 + author, author).result.result) == "RESULT_IGNORED"
        listing = api.ListPostsRequest(parent=f"tenants/{TENANT}", page_size=100)
        assert CANARY not in str(ingest.ListPosts(listing, timeout=PATIENCE_S))
