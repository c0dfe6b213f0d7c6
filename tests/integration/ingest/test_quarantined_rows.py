"""Rows of CSV files in quarantine: each with its own reason and place, read again once somebody says how."""

from pathlib import Path

import grpc
import pytest
from chassis.database import Database
from switchboard.ingest.v1 import post_pb2, service_pb2

from .conftest import Stack
from .test_api import refused
from .test_intake import ingest, results
from .test_quarantine import later

R = service_pb2
PARENT = "tenants/acme"
COLUMNS = ("no", "who", "sent", "body", "answer", "answered")
RECORDS = (
    "1,mia,2019-04-25,lamp broken,passed on,2019-04-26",
    "4.50E+15,ben,2019-04-25,no reply,,",
    "3,kim,43580.5,third,done,2019-05-02",
    "4,lou,25/04/2019,fourth,done,26/04/2019",
    "5,zoe",
)


def mapping(*formats: str) -> post_pb2.RowMapping:
    return post_pb2.RowMapping(
        id="no", author="who", text="body", at="sent", reply="answer", replied_at="answered",
        time_formats=formats, time_zone="Asia/Shanghai",
    )  # fmt: skip


def rows(source: str, *formats: str) -> R.IngestPostsRequest:
    """All records, each for its post and once more for its reply where it has one, as a client sends them."""
    request = R.IngestPostsRequest(source=source)
    for line, record in enumerate(RECORDS, 2):
        for is_reply in (False, True) if record.count(",") == 5 and not record.endswith(",,") else (False,):
            row = post_pb2.Row(record=record.encode(), columns=COLUMNS, mapping=mapping(*formats), is_reply=is_reply)
            request.deliveries.add(row=row, content_type="text/csv", place=f"letters.csv, line {line}")
    return request


async def listed(stack: Stack, position: str) -> list[R.QuarantinedDelivery]:
    asked = R.ListQuarantinedRequest(parent=PARENT, min_position=position)
    return sorted((await stack.api.ListQuarantined(asked)).deliveries, key=lambda one: one.place)


async def test_each_row_keeps_its_own_reason_and_place_and_hides_no_other(stack: Stack) -> None:
    source = await stack.connect("acme", "letters", channel="csv", owned_accounts=["team"])
    (answer,) = await ingest(stack, rows(source, "iso"))
    assert results(answer) == [
        "ACCEPTED", "ECHO", "QUARANTINED", "QUARANTINED", "IGNORED", "QUARANTINED", "IGNORED", "QUARANTINED",
    ]  # fmt: skip
    found = await listed(stack, answer.position)
    assert [(one.place, one.reason) for one in found] == [
        ("letters.csv, line 3", "ROUNDED_ID"),
        ("letters.csv, line 4", "SPREADSHEET_DATE"),
        ("letters.csv, line 5", "IMPOSSIBLE_TIME"),
        ("letters.csv, line 6", "ROW_SHAPE"),
    ]
    assert 'column "no" is in scientific notation' in found[0].detail
    assert [one.payload.decode() for one in found] == list(RECORDS[1:])
    assert {one.content_type for one in found} == {"text/csv"}
    posts = (await stack.api.ListPosts(R.ListPostsRequest(parent=PARENT))).posts
    assert sorted(post.text for post in posts) == ["lamp broken", "passed on"]


async def test_a_row_that_is_sent_again_and_read_this_time_leaves_the_quarantine(stack: Stack) -> None:
    source = await stack.connect("acme", "letters", channel="csv", owned_accounts=["team"])
    await ingest(stack, rows(source, "iso"))
    (answer,) = await ingest(stack, rows(source, "iso", "%d/%m/%Y"))
    assert results(answer)[5:7] == ["ACCEPTED", "ECHO"]
    assert [one.place[-1] for one in await listed(stack, answer.position)] == ["3", "4", "6"]
    (again,) = await ingest(stack, rows(source, "iso"))
    assert [one.place[-1] for one in await listed(stack, again.position)] == ["3", "4", "5", "6"]


async def test_a_requeued_row_is_read_by_the_mapping_it_is_given_with_its_reply(stack: Stack) -> None:
    source = await stack.connect("acme", "letters", channel="csv", owned_accounts=["team"])
    (answer,) = await ingest(stack, rows(source, "iso"))
    other_format = (await listed(stack, answer.position))[2]
    same = await stack.api.RequeueQuarantined(R.RequeueQuarantinedRequest(name=other_format.name))
    assert (same.result.result, same.result.reason) == (R.RESULT_QUARANTINED, "IMPOSSIBLE_TIME")
    asked = R.RequeueQuarantinedRequest(name=other_format.name, mapping=mapping("%d/%m/%Y"))
    read = await stack.api.RequeueQuarantined(asked)
    assert [R.Result.Name(part.result) for part in read.result.posts] == ["RESULT_ACCEPTED", "RESULT_ECHO"]
    assert [one.place for one in await listed(stack, read.position)] == [
        "letters.csv, line 3", "letters.csv, line 4", "letters.csv, line 6",
    ]  # fmt: skip
    posts = (await stack.api.ListPosts(R.ListPostsRequest(parent=PARENT, min_position=read.position))).posts
    (fourth,) = [post for post in posts if post.text == "fourth"]
    assert fourth.published_at.ToJsonString() == "2019-04-24T16:00:00Z"
    assert [post.in_reply_to for post in posts if post.text == "done"] == [fourth.name]


async def test_a_row_its_caller_could_not_read_has_the_caller_s_reason_until_a_mapping_comes(stack: Stack) -> None:
    source = await stack.connect("acme", "letters", channel="csv")
    row = post_pb2.Row(record=RECORDS[0].encode(), columns=COLUMNS, mapping=mapping("iso"), reason="INVALID_ID",
                       detail="column no is no number")  # fmt: skip
    kept = await stack.api.IngestPost(R.IngestPostRequest(source=source, delivery=R.Delivery(row=row)))
    assert (kept.result.reason, kept.result.detail) == ("INVALID_ID", "column no is no number")
    again = await stack.api.RequeueQuarantined(R.RequeueQuarantinedRequest(name=kept.result.quarantined))
    assert again.result.reason == "INVALID_ID"
    asked = R.RequeueQuarantinedRequest(name=kept.result.quarantined, mapping=mapping("iso"))
    assert (await stack.api.RequeueQuarantined(asked)).result.result == R.RESULT_ACCEPTED


@pytest.mark.parametrize(
    ("given", "says"),
    [
        pytest.param(post_pb2.RowMapping(id="no"), "mapping.author names no column", id="half a mapping"),
        pytest.param(mapping("%Q"), "time_formats[0]", id="no format"),
        pytest.param(mapping("iso"), "a record of a CSV file", id="a mapping for what is no row"),
    ],
)
async def test_a_mapping_that_reads_nothing_is_refused(stack: Stack, given: post_pb2.RowMapping, says: str) -> None:
    source = await stack.connect("acme", "x-acme")
    kept = await stack.api.IngestPost(R.IngestPostRequest(source=source, delivery=R.Delivery(payload=b"{")))
    error = await refused(
        stack.api.RequeueQuarantined(R.RequeueQuarantinedRequest(name=kept.result.quarantined, mapping=given))
    )
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert says in error.details()


async def test_what_holds_a_withdrawn_post_is_neither_shown_nor_kept(
    stack: Stack, database_url: str, kek_file: Path
) -> None:
    source = await stack.connect("acme", "x-acme")
    status = b'{"id":%d,"created_at":"Mon Mar 02 09:00:00 +0000 2020","text":"%s","user":{"id":1}}'
    page = b'{"statuses":[%s,%s]}' % (status % (41, b"call me on 555-0100"), status.replace(b"Mar", b"Foo") % (42, b""))
    (answer,) = await ingest(stack, R.IngestPostsRequest(source=source, deliveries=[R.Delivery(payload=page)]))
    assert [one.payload for one in await listed(stack, answer.position)] == [page]
    gone = b'{"delete":{"status":{"id":41,"user_id":1},"timestamp_ms":"1760000000000"}}'
    (answer,) = await ingest(stack, R.IngestPostsRequest(source=source, deliveries=[R.Delivery(payload=gone)]))
    (kept,) = await listed(stack, answer.position)
    assert (kept.payload, kept.reason) == (b"", "IMPOSSIBLE_TIME")
    error = await refused(stack.api.RequeueQuarantined(R.RequeueQuarantinedRequest(name=kept.name)))
    assert error.code() is grpc.StatusCode.NOT_FOUND
    async with later(database_url, kek_file, 0) as store:
        assert await store.expire() == 1
    async with Database(database_url, "ingest") as database:
        assert await database.fetchval("select count(*) from quarantined_deliveries") == 0
        assert await database.fetchval("select count(*) from quarantined_posts") == 0


async def test_an_id_that_is_anothers_names_its_row(stack: Stack) -> None:
    source = await stack.connect("acme", "letters", channel="csv")
    said = [
        R.Delivery(
            place=f"letters.csv, line {line}",
            row=post_pb2.Row(record=f"1,{who},2019-04-25,x,,".encode(), columns=COLUMNS, mapping=mapping("iso")),
        )
        for line, who in ((2, "mia"), (3, "ben"))
    ]
    (answer,) = await ingest(stack, R.IngestPostsRequest(source=source, deliveries=said))
    assert [one.reason for one in answer.results] == ["", "AUTHOR_DIFFERS"]
    assert [(one.place, one.reason) for one in await listed(stack, answer.position)] == [
        ("letters.csv, line 3", "AUTHOR_DIFFERS")
    ]
