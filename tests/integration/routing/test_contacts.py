"""Who is a contact, on real servers: one case a customer under one post of ours, and what every post is to it."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from switchboard.ingest.v1 import post_pb2
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api

from tests.integration.routing.conftest import PLACE, Running, an_id, received, rid

OURS = {"direction": post_pb2.DIRECTION_OUTBOUND, "author_kind": post_pb2.AUTHOR_KIND_BRAND_HUMAN}
UNTOLD = {"is_addressed": False}


async def advert(routing: Running) -> None:
    """A post of ours, two comments, an answer to one of them and a friend's remark."""
    await routing.ingest.say(
        received("ad", **OURS),
        received("ann", "ad", identity_id=an_id("ann-herself"), **UNTOLD),
        received("ben", "ad", identity_id=an_id("ben-himself"), **UNTOLD),
        received("to-ann", "ann", **OURS),
        received("friend", "ann", identity_id=an_id("a-friend"), **UNTOLD),
    )


def reason(error: grpc.aio.AioRpcError) -> str:
    """The reason of a refusal."""
    status = status_pb2.Status.FromString(dict(error.trailing_metadata() or ())["grpc-status-details-bin"])
    info = error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(info) for detail in status.details)
    return info.reason


async def roles(routing: Running, case: str, narrowed: str = "") -> dict[str, str]:
    """The posts of a case and what they are to it."""
    page = await routing.api.ListCasePosts(api.ListCasePostsRequest(parent=case, filter=narrowed), timeout=30)
    return {one.post: events_pb2.PostRole.Name(one.role)[len("POST_ROLE_") :] for one in page.case_posts}


def posts(**named: str) -> dict[str, str]:
    return {f"{PLACE}/posts/{an_id(name.replace('_', '-'))}": role for name, role in named.items()}


async def test_everybody_under_a_post_of_ours_has_a_case_and_an_answer_is_for_one(routing: Running) -> None:
    await advert(routing)
    ann, ben = await routing.case_of("ann"), await routing.case_of("ben")
    assert (ann.state, ben.state) == (api.CASE_STATE_IDLE, api.CASE_STATE_QUEUED)
    assert (ann.desk, ben.desk) == ("shop", "shop")
    assert {case.identity for case in (ann, ben)} == {
        f"{PLACE}/identities/{an_id(name)}" for name in ("ann-herself", "ben-himself")
    }
    assert await roles(routing, ann.name) == posts(ann="CONTACT", to_ann="ANSWER", friend="CONTEXT")
    assert await roles(routing, ben.name) == posts(ben="CONTACT")
    assert await roles(routing, ann.name, "role = ANSWER OR author_kind = OTHER") == posts(to_ann="ANSWER")
    assert await roles(routing, ann.name, "NOT role = POST_ROLE_ANSWER") == posts(ann="CONTACT", friend="CONTEXT")


async def test_posts_of_ours_that_answer_nobody_are_listed_page_by_page(routing: Running) -> None:
    await advert(routing)
    await routing.ingest.say(received("to-whom", "ad", **OURS))
    end = await routing.settled()
    found: list[Any] = []
    token = ""
    while True:
        request = api.ListUnattributedPostsRequest(parent=PLACE, page_size=1, page_token=token, min_position=end)
        page = await routing.api.ListUnattributedPosts(request, timeout=30)
        found += page.unattributed_posts
        token = page.next_page_token
        if not token:
            break
    assert {one.post: (one.desk, one.in_reply_to) for one in found} == {
        f"{PLACE}/posts/{an_id('ad')}": ("shop", ""),
        f"{PLACE}/posts/{an_id('to-whom')}": ("shop", f"{PLACE}/posts/{an_id('ad')}"),
    }
    for narrowed, expected in (("desk = shop AND published_at > 2000-01-01T00:00:00Z", 2), ("desk = other", 0)):
        request = api.ListUnattributedPostsRequest(parent=PLACE, filter=narrowed)
        assert len((await routing.api.ListUnattributedPosts(request, timeout=30)).unattributed_posts) == expected


async def test_a_reply_is_refused_that_would_go_under_another_customers_post(routing: Running) -> None:
    await advert(routing)
    mia = await routing.agent()
    ben = await routing.case_of("ben")
    accept = api.AcceptOfferRequest(name=ben.name, agent=mia, token=ben.offer.token, request_id=rid())
    await routing.api.AcceptOffer(accept, timeout=30)

    def reply(post: str) -> api.ReplyToCaseRequest:
        answers = f"{PLACE}/posts/{an_id(post)}"
        return api.ReplyToCaseRequest(name=ben.name, agent=mia, text="hi", in_reply_to=answers, request_id=rid())

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await routing.api.ReplyToCase(reply("ann"), timeout=30)
    assert (refused.value.code(), reason(refused.value)) == (grpc.StatusCode.FAILED_PRECONDITION, "NOT_THE_CUSTOMERS")
    assert (await routing.api.ReplyToCase(reply("ben"), timeout=30)).reply_id
