"""--map: columns, times in a zone, replies and broken rows."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from chassis.clock import from_datetime, from_timestamp
from switchboard.ingest.v1.post_pb2 import AuthorKind
from switchboard_cli.deliveries.mapping import TEAM, ColumnMap, MapError, deliveries_of
from switchboard_cli.deliveries.rows import parse_rows

SHANGHAI = ZoneInfo("Asia/Shanghai")
LETTERS = ColumnMap.parse(
    "id=no,author=who,text=body,at=sent,reply=answer,replied_at=answered,subject=about",
    ["%Y/%m/%d %H:%M:%S", "iso"],
    SHANGHAI,
)


def utc(text: str) -> int:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=UTC))


def letters(*rows: str):
    lines = ["no,who,about,sent,body,answer,answered\n", *(f"{row}\n" for row in rows)]
    return [delivery for row in parse_rows(iter(lines)) for delivery in deliveries_of(row, LETTERS)]


def test_a_row_is_a_post_and_a_reply_by_an_unnamed_human():
    post, reply = (
        d.normalized_post for d in letters("7,A1,路灯,2019/4/25 9:32:09,路灯坏了,已转交。,2019/5/9 10:00:00")
    )
    assert (post.external_id, post.author.external_id, post.text, post.subject) == ("7", "A1", "路灯坏了", "路灯")
    assert from_timestamp(post.published_at) == utc("2019-04-25T01:32:09")
    assert post.author_kind == AuthorKind.AUTHOR_KIND_CUSTOMER
    assert (reply.external_id, reply.in_reply_to, reply.author.external_id, reply.text) == (
        "7/reply",
        "7",
        TEAM,
        "已转交。",
    )
    assert from_timestamp(reply.published_at) == utc("2019-05-09T02:00:00")
    assert reply.author_kind == AuthorKind.AUTHOR_KIND_BRAND_HUMAN


@pytest.mark.parametrize(
    ("row", "kinds"),
    [
        pytest.param("7,A1,a,2019/4/25 9:32:09,b,,", ["post"], id="no reply, no second post"),
        pytest.param("7,A1,a,2019/4/25 9:32:09,b,c,", ["post"], id="a reply without its time is not filled"),
        pytest.param("7,A1,a,2019/4/25 9:32:09,b,,2019/5/9 10:00:00", ["post"], id="nor a time without a reply"),
        pytest.param(
            "7,A1,a,2019/4/25 9:32:09,b,c,soon", ["post", "raw"], id="an unreadable reply time quarantines the row"
        ),
        pytest.param("7,A1,a,2019-04-25 09:32:09,b,,", ["post"], id="a time may be in the second format"),
        pytest.param("7,A1,a,2019/13/25 9:32:09,b,,", ["raw"], id="an impossible time quarantines the row"),
        pytest.param(",A1,a,2019/4/25 9:32:09,b,,", ["raw"], id="so does a missing id"),
        pytest.param("7,,a,2019/4/25 9:32:09,b,,", ["raw"], id="and a missing author"),
        pytest.param("7,A1,a,2019/4/25 9:32:09", ["raw"], id="and a row with too few fields"),
        pytest.param('7,A1,a,2019/4/25 9:32:09,"b\nb",,', ["post"], id="a text may have line breaks"),
    ],
)
def test_what_a_row_becomes(row, kinds):
    sent = letters(row)
    assert ["raw" if delivery.payload else "post" for delivery in sent] == kinds
    assert all(delivery.payload == row.encode() for delivery in sent if delivery.payload)


@pytest.mark.parametrize(
    ("zone", "text", "instant"),
    [
        pytest.param("Asia/Shanghai", "2019-04-25T09:00:00", "2019-04-25T01:00:00", id="a zone without clock changes"),
        pytest.param("Europe/Berlin", "2026-01-15T12:00:00", "2026-01-15T11:00:00", id="winter"),
        pytest.param("Europe/Berlin", "2026-07-15T12:00:00", "2026-07-15T10:00:00", id="summer"),
        pytest.param(
            "Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T00:30:00", id="the hour that comes twice is its first"
        ),
        pytest.param(
            "Europe/Berlin",
            "2026-03-29T02:30:00",
            "2026-03-29T01:30:00",
            id="a skipped time keeps the offset before it",
        ),
        pytest.param("Europe/Berlin", "2026-07-15T12:00:00-05:00", "2026-07-15T17:00:00", id="a zone in the text wins"),
        pytest.param(
            "Europe/Berlin", "2026-07-15T12:00:00.123456Z", "2026-07-15T12:00:00.123456", id="microseconds stay"
        ),
    ],
)
def test_times_in_a_zone(zone, text, instant):
    columns = ColumnMap.parse("id=a,author=b,text=c,at=d", ["iso"], ZoneInfo(zone))
    assert columns.instant(text) == utc(instant)


@pytest.mark.parametrize(
    ("fmt", "text"), [("unix", "1556155929"), ("unix_ms", "1556155929000"), ("unix", "1556155929.0")]
)
def test_unix_times(fmt, text):
    assert ColumnMap.parse("id=a,author=b,text=c,at=d", [fmt], UTC).instant(text) == utc("2019-04-25T01:32:09")


@pytest.mark.parametrize("text", ["", "nan", "1e400", "99999999999999999999", "Infinity", "yesterday"])
def test_times_that_are_none(text):
    assert ColumnMap.parse("id=a,author=b,text=c,at=d", ["unix"], UTC).instant(text) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("id=a,author=b,text=c", "no column for at", id="a needed one is missing"),
        pytest.param("id=a,author=b,text=c,at=d,colour=e", "'colour=e'", id="an unknown name"),
        pytest.param("id=a,author=b,text=c,at=d,reply=e", "both reply= and replied_at=", id="half a reply"),
        pytest.param("id=a,id=a,author=b,text=c,at=d", "'id' twice", id="a name twice"),
        pytest.param("id", "'id'", id="no column at all"),
    ],
)
def test_a_wrong_map_says_what_is_wrong(text, says):
    with pytest.raises(MapError, match=says):
        ColumnMap.parse(text, ["iso"], UTC)
