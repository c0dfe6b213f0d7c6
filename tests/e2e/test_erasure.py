"""An erasure asked of crm-sync holds in ingest from its answer on. The services are processes of their own."""

import json
import uuid
from typing import Any

import grpc
import pytest
from running_stack import RunningStack
from switchboard.crm.v1 import service_pb2 as crm
from switchboard.crm.v1 import service_pb2_grpc as crm_grpc
from switchboard.ingest.v1 import service_pb2 as api
from switchboard.ingest.v1 import service_pb2_grpc
from switchboard.log.v1 import integrity_pb2, integrity_pb2_grpc
from switchboard.routing.v1 import desk_pb2, desk_pb2_grpc
from switchboard.routing.v1 import service_pb2 as work
from switchboard.routing.v1 import service_pb2_grpc as work_grpc

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


def test_what_was_being_written_to_somebody_who_is_erased_is_gone(stack: RunningStack) -> None:
    place = "tenants/half-written"
    with stack.channel("ingest") as posts, stack.channel("crm") as customers, stack.channel("routing") as routing:
        ingest = service_pb2_grpc.IngestServiceStub(posts)
        ingest.CreateSource(
            api.CreateSourceRequest(parent=place, source_id="x", source=api.Source(channel="x", listening=True))
        )
        taken = ingest.IngestPost(
            api.IngestPostRequest(source=f"{place}/sources/x", delivery=said(1, 1)), timeout=PATIENCE_S
        )
        wait = integrity_pb2.WaitUntilRequest(position=taken.position, tenant="half-written")
        for channel in (customers, routing):
            integrity_pb2_grpc.IntegrityServiceStub(channel).WaitUntil(wait, timeout=PATIENCE_S)
        cases, desk = work_grpc.RoutingServiceStub(routing), desk_pb2_grpc.DeskServiceStub(routing)
        (case,) = cases.ListCases(work.ListCasesRequest(parent=place), timeout=PATIENCE_S).cases
        register = work.CreateAgentRequest(parent=place, agent_id="mia", request_id=str(uuid.uuid4()))
        agent = cases.CreateAgent(register, timeout=PATIENCE_S).agent.name
        save = desk_pb2.SaveDraftRequest(name=case.name, agent=agent, text=CANARY, request_id=str(uuid.uuid4()))
        saved = desk.SaveDraft(save, timeout=PATIENCE_S)
        get = desk_pb2.GetDraftRequest(name=saved.draft, min_position=saved.position)
        assert desk.GetDraft(get, timeout=PATIENCE_S).draft.text == CANARY

        crm_grpc.CustomerServiceStub(customers).EraseSubject(
            crm.EraseSubjectRequest(name=case.identity, request_id=str(uuid.uuid4())), timeout=PATIENCE_S
        )
        with pytest.raises(grpc.RpcError) as refused:
            desk.GetDraft(get, timeout=PATIENCE_S)
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND
        listing = desk_pb2.ListDraftsRequest(parent=case.name)
        assert list(desk.ListDrafts(listing, timeout=PATIENCE_S).drafts) == []
        save.request_id = str(uuid.uuid4())
        with pytest.raises(grpc.RpcError) as refused:
            desk.SaveDraft(save, timeout=PATIENCE_S)
        assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
