"""Who is a contact and whom an answer is for, from files a platform would have sent to what the report says."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from running_stack import RunningStack
from switchboard.ingest.v1 import post_pb2, service_pb2, service_pb2_grpc

DAY = "Fri Feb 06"
UNTIL = "2026-02-07T00:00:00+00:00"


@dataclass(frozen=True)
class Feed:
    """What one source brings: posts in order, and whose accounts the source owns."""

    source: str
    posts: Sequence[dict[str, Any]]
    owned: Sequence[str] = ("5", "kiosk")
    channel: str = "x"
    options: Sequence[str] = ()


@dataclass(frozen=True)
class Story:
    """Feeds one after the other, and (offered, answered) by brand or, without brands, of all."""

    feeds: Sequence[Feed]
    told: dict[str, tuple[int, int]]
    waiting: int = field(default=-1)
    """Cases that wait for us, -1 for as many as were not answered."""


def at(minute: int, year: int = 2026) -> str:
    return f"{DAY} {9 + minute // 60:02}:{minute % 60:02}:00 +0000 {year}"


def tweet(number: int, who: tuple[int, str], minute: int, text: str, parent: int = 0, **more: Any) -> dict[str, Any]:
    author = {"id": who[0], "id_str": str(who[0]), "screen_name": who[1], "name": who[1].title()}
    reply = {"in_reply_to_status_id_str": str(parent)} if parent else {}
    own = {"id": number, "id_str": str(number), "created_at": at(minute), "text": text, "user": author}
    return {**own, **reply, **more}


def status(number: int, who: tuple[int, str], minute: int, text: str, **more: Any) -> dict[str, Any]:
    author = {"id": who[0], "idstr": str(who[0]), "screen_name": who[1]}
    return {"id": number, "idstr": str(number), "created_at": at(minute), "text": text, "user": author, **more}


def message(number: int, sender: int, recipient: int, minute: int, text: str) -> dict[str, Any]:
    """A direct message in its own delivery."""
    created = {"sender_id": str(sender), "target": {"recipient_id": str(recipient)}, "message_data": {"text": text}}
    moment = str(1_770_368_400_000 + minute * 60_000)
    event = {"type": "message_create", "id": str(number), "created_timestamp": moment, "message_create": created}
    return {"for_user_id": "5", "direct_message_events": [event]}


KIOSK, TRAM = (5, "kiosk"), (6, "tram")
IDA, JON, KIM, MARA, OLEK, PIA = (31, "ida"), (32, "jon"), (33, "kim"), (34, "mara"), (35, "olek"), (36, "pia")
ADVERT = tweet(100, KIOSK, 0, "Our winter menu is here")
CRY = tweet(300, OLEK, 0, "@kiosk the soup was cold again")


def passed_on(number: int, who: tuple[int, str], original: dict[str, Any]) -> dict[str, Any]:
    said = f"RT @{original['user']['screen_name']}: {original['text']}"
    return tweet(number, who, number % 50, said, retweeted_status=original)


STORIES = {
    "three customers under one post of ours are three contacts, and who was answered is one of them": Story(
        [
            Feed(
                "kiosk-x",
                [
                    ADVERT,
                    tweet(110, IDA, 2, "@kiosk my voucher does not open", 100),
                    tweet(111, JON, 3, "@kiosk no menu in Linden street", 100),
                    tweet(112, KIM, 4, "you parked on my roses", 100),
                    tweet(120, KIOSK, 9, "@jon it comes on Monday", 111),
                ],
            )
        ],
        {"": (3, 1)},
    ),
    "a post that names two brands is work for both": Story(
        [
            Feed(
                "kiosk-x",
                [tweet(200, MARA, 0, "@kiosk @tram my order fell off your tram")],
                options=["--label", "brand=Kiosk"],
            ),
            Feed(
                "tram-x",
                [tweet(200, MARA, 0, "@kiosk @tram my order fell off your tram")],
                ("6", "tram"),
                options=["--label", "brand=Tram"],
            ),
            Feed(
                "tram-x",
                [tweet(201, TRAM, 7, "@mara which line?", 200)],
                ("6", "tram"),
                options=["--label", "brand=Tram"],
            ),
        ],
        {"Kiosk": (1, 0), "Tram": (1, 1)},
    ),
    "what is passed on without a word is reach, with words it is its author's": Story(
        [
            Feed(
                "kiosk-x",
                [
                    CRY,
                    passed_on(310, IDA, CRY),
                    passed_on(311, JON, CRY),
                    ADVERT,
                    passed_on(320, KIM, ADVERT),
                    tweet(330, MARA, 30, "and still no bread https://t.co/a", quoted_status_id_str="100"),
                    tweet(331, PIA, 31, "https://t.co/b", quoted_status_id_str="100"),
                ],
            )
        ],
        {"": (2, 0)},
    ),
    "so it is on Weibo, in its own words": Story(
        [
            Feed(
                "kiosk-weibo",
                [
                    status(400, OLEK, 0, "@小卖部 汤又是凉的"),
                    status(401, IDA, 1, "转发微博", retweeted_status={"id": 400, "text": "@小卖部 汤又是凉的"}),
                    status(402, JON, 2, "//@olek:@小卖部 汤又是凉的", retweeted_status={"id": 400, "text": "..."}),
                    status(403, KIM, 3, "@小卖部 我也是//@olek:凉的", retweeted_status={"id": 400, "text": "..."}),
                ],
                ("5", "小卖部"),
                "weibo",
            )
        ],
        {"": (2, 0)},
    ),
    "a friend who replies to the customer is no contact, and an answer to the customer is not theirs": Story(
        [
            Feed(
                "kiosk-x",
                [
                    tweet(500, IDA, 0, "@kiosk is the oven on?"),
                    tweet(501, JON, 5, "@ida it never is", 500),
                    tweet(502, IDA, 6, "@jon then I stay at home", 501),
                    tweet(503, KIOSK, 9, "@ida it is, come over", 500),
                ],
            )
        ],
        {"": (1, 1)},
        waiting=0,
    ),
    "direct messages of one customer are one contact, those of another their own": Story(
        [
            Feed(
                "kiosk-x",
                [
                    message(600, 31, 5, 0, "my table at eight?"),
                    message(601, 31, 5, 50, "hello?"),
                    message(602, 32, 5, 1, "do you have oat milk?"),
                    message(603, 5, 32, 8, "we do"),
                ],
            )
        ],
        {"": (2, 1)},
    ),
}


def fed(stack: RunningStack, path: Path, tenant: str, feeds: Sequence[Feed]) -> None:
    for number, feed in enumerate(feeds):
        file = path / f"{number}.jsonl"
        file.write_text("\n".join(json.dumps(post) for post in feed.posts), encoding="utf-8")
        owned = [word for account in feed.owned for word in ("--owned", account)]
        source = ("--channel", feed.channel, "--source", feed.source, "--tenant", tenant)
        told = stack.told("ingest", str(file), *source, *owned, *feed.options)
        assert not told["results"]["QUARANTINED"]


@pytest.mark.parametrize("order", ["as told", "backwards"])
@pytest.mark.parametrize("name", STORIES)
def test_contacts(stack: RunningStack, tmp_path: Path, name: str, order: str) -> None:
    story = STORIES[name]
    tenant = f"story-{list(STORIES).index(name)}-{order.replace(' ', '-')}"
    feeds = story.feeds
    if order == "backwards":
        feeds = [Feed(f.source, f.posts[::-1], f.owned, f.channel, f.options) for f in feeds[::-1]]
    fed(stack, tmp_path, tenant, feeds)
    by = ("--by", "brand") if "" not in story.told else ()
    rows = stack.told("report", "--tenant", tenant, "--observed-until", UNTIL, *by)["rows"]
    told = {
        row["group"].get("brand", ""): tuple(row["metrics"][metric]["value"] for metric in ("offered", "answered"))
        for row in rows
    }
    assert told == story.told
    waiting = [
        case for case in stack.told("cases", "--tenant", tenant) if case["state"] in ("CASE_STATE_QUEUED", "QUEUED")
    ]
    expected = sum(offered - answered for offered, answered in story.told.values())
    assert len(waiting) == (expected if story.waiting < 0 else story.waiting)


@pytest.mark.parametrize("order", ["as told", "backwards"])
def test_sessions_of_a_customer_are_one_contact_also_where_no_recipient_is_told(
    stack: RunningStack, order: str
) -> None:
    tenant = f"sessions-{order.replace(' ', '-')}"
    said = [
        ("1", "ida", "monday", 0),
        ("2", "ida", "friday", 50),
        ("3", "jon", "sunday", 1),
        ("4", "kiosk", "friday", 60),
    ]
    with stack.channel("ingest") as channel:
        api = service_pb2_grpc.IngestServiceStub(channel)
        source = service_pb2.Source(channel="chat", owned_accounts=["kiosk"])
        api.CreateSource(service_pb2.CreateSourceRequest(parent=f"tenants/{tenant}", source_id="chat", source=source))
        for number, author, session, minute in said if order == "as told" else said[::-1]:
            post = post_pb2.NormalizedPost(
                external_id=number,
                kind=post_pb2.POST_KIND_DIRECT_MESSAGE,
                author=post_pb2.Author(external_id=author),
                conversation=session,
                text="hello",
            )
            post.published_at.FromSeconds(1_770_368_400 + 60 * minute)
            request = service_pb2.IngestPostRequest(
                source=f"tenants/{tenant}/sources/chat", delivery=service_pb2.Delivery(normalized_post=post)
            )
            position = api.IngestPost(request, timeout=30).position
    assert position
    (row,) = stack.told("report", "--tenant", tenant, "--observed-until", UNTIL)["rows"]
    metrics = row["metrics"]
    assert (metrics["offered"]["value"], metrics["answered"]["value"], metrics["frt_any_mean"]["value"]) == (
        2,
        1,
        3_600,
    )
