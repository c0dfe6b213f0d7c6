"""Records of CSV files by a mapping: what each becomes, and by which name each spoilt cell is refused."""

import re
from datetime import UTC, datetime

import pytest
from chassis.clock import MICROS, Instant, from_datetime
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from ingest.channels import normalized, rows
from ingest.normalise import Account, Flaw, Observation, Unreadable
from ingest.spreadsheets import whole_id
from opened_content import content_of
from switchboard.ingest.v1 import post_pb2

NOW = Instant(1_790_000_000 * MICROS)
ACCOUNT = Account("letters", "", frozenset())
COLUMNS = ("no", "who", "about", "sent", "body", "answer", "answered")
GOOD = "7,mia,lamps,2019-04-25T09:32:09,lamp broken,passed on,2019-05-09T10:00:00"


def mapping(*formats: str, zone: str = "Asia/Shanghai", **columns: str) -> post_pb2.RowMapping:
    of = {"id": "no", "author": "who", "text": "body", "at": "sent", "reply": "answer", "replied_at": "answered"}
    return post_pb2.RowMapping(**{**of, "subject": "about", **columns}, time_formats=formats or ["iso"], time_zone=zone)


def row(record: str | bytes, by: post_pb2.RowMapping | None = None, **more: object) -> post_pb2.Row:
    raw = record if isinstance(record, bytes) else record.encode()
    return post_pb2.Row(record=raw, columns=COLUMNS, mapping=by or mapping(), **more)  # type: ignore[arg-type]


def read(one: post_pb2.Row, *, again: bool = False) -> list[Observation]:
    """What is read of a record; raises Unreadable for what is refused, a flaw included."""
    found = []
    for item in rows.read(one, ACCOUNT, NOW, again=again):
        if isinstance(item, Flaw):
            raise Unreadable(item.reason, item.detail)
        assert isinstance(item, Observation)
        found.append(item)
    return found


def shown(item: Observation) -> post_pb2.PersonalContent:
    return content_of(item.personal)


def utc(text: str) -> Instant:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=UTC))


def test_a_record_is_a_post_and_a_reply_by_whoever_answers() -> None:
    (post,) = read(row(GOOD))
    (reply,) = read(row(GOOD, is_reply=True))
    assert (post.external_id, post.author_id, shown(post).text, shown(post).subject) == (
        "7", "mia", "lamp broken", "lamps",
    )  # fmt: skip
    assert post.published_at == utc("2019-04-25T01:32:09")
    assert (reply.external_id, reply.in_reply_to, reply.author_id, shown(reply).text) == (
        "7/reply", "7", "team", "passed on",
    )  # fmt: skip
    assert (post.author_kind, reply.author_kind) == (
        post_pb2.AUTHOR_KIND_CUSTOMER,
        post_pb2.AUTHOR_KIND_BRAND_HUMAN,
    )
    assert [item.external_id for item in read(row(GOOD), again=True)] == ["7", "7/reply"]


@pytest.mark.parametrize(
    ("change", "reason", "says"),
    [
        pytest.param(("7", "1.23E+18"), "ROUNDED_ID", 'column "no" is in scientific', id="an id with a large exponent"),
        pytest.param(("7", "1.23457E+17"), "ROUNDED_ID", "as text", id="an id of fifteen digits"),
        pytest.param(("7", '"4,50E+15"'), "ROUNDED_ID", "no", id="an id with a comma in it"),
        pytest.param(("7", "1e+05"), "ROUNDED_ID", "no", id="an id as data frames write it"),
        pytest.param(("7", "4.5E15"), "ROUNDED_ID", "no", id="an id as Java writes it"),
        pytest.param(("7", "\u200b4.50E+15"), "ROUNDED_ID", "no", id="an id behind what nobody sees"),
        pytest.param(("7", "'4.50E+15"), "ROUNDED_ID", "no", id="an id that was made a text too late"),
        pytest.param(("7", "\uff14.\uff15\uff10E+15"), "ROUNDED_ID", "no", id="an id in full-width digits"),
        pytest.param(("7", "4503599627370496.0"), "ROUNDED_ID", "floating", id="an id longer than a float keeps"),
        pytest.param(("7", "nan"), "MISSING_FIELD", 'column "no" is empty', id="an id that a data frame has not"),
        pytest.param(("lamp broken", "#BEZUG!"), "SPREADSHEET_ERROR", 'column "body"', id="an error in German"),
        pytest.param(("lamp broken", "#ИМЯ?"), "SPREADSHEET_ERROR", 'column "body"', id="an error in Russian"),
        pytest.param(("mia", "1.23E+18"), "ROUNDED_ID", 'column "who"', id="an author's id"),
        pytest.param(("7", "#NAME?"), "SPREADSHEET_ERROR", "#NAME?", id="an id that was a formula"),
        pytest.param(("mia", "#REF!"), "SPREADSHEET_ERROR", "#REF!", id="an author that was a reference"),
        pytest.param(("lamp broken", "#NAME?"), "SPREADSHEET_ERROR", 'column "body"', id="a text that was a formula"),
        pytest.param(("7", "########"), "SPREADSHEET_ERROR", "too narrow", id="an id that did not fit its column"),
        pytest.param(
            ("2019-04-25T09:32:09", "########"), "SPREADSHEET_ERROR", "too narrow", id="a time that did not fit"
        ),
        pytest.param(("2019-04-25T09:32:09", "43580.39733"), "SPREADSHEET_DATE", "serial", id="a time as days"),
        pytest.param(("2019-04-25T09:32:09", "43580"), "SPREADSHEET_DATE", "serial", id="a day as days"),
        pytest.param(("2019-04-25T09:32:09", "1.55616E+12"), "ROUNDED_ID", "scientific", id="a rounded time"),
        pytest.param(("2019-04-25T09:32:09", "25.04.2019"), "IMPOSSIBLE_TIME", "written as iso", id="another format"),
        pytest.param(("2019-04-25T09:32:09", ""), "MISSING_FIELD", 'column "sent" is empty', id="no time"),
        pytest.param(("7,", ","), "MISSING_FIELD", 'column "no" is empty', id="no id"),
        pytest.param(("mia", " "), "MISSING_FIELD", 'column "who" is empty', id="no author"),
        pytest.param((",lamps", ""), "ROW_SHAPE", "6 fields, the header 7", id="a field too few"),
        pytest.param(("7", "7,8"), "ROW_SHAPE", "8 fields", id="a field too many"),
        pytest.param(("7,", "7\n8,"), "ROW_SHAPE", "2 records", id="two records"),
    ],
)
def test_what_a_cell_has_become_is_refused_by_its_name(change: tuple[str, str], reason: str, says: str) -> None:
    spoilt = GOOD.replace(*change, 1)
    with pytest.raises(Unreadable) as refused:
        read(row(spoilt))
    assert refused.value.reason == reason
    assert says in refused.value.detail
    assert read(row(spoilt, is_reply=True)) == [], "its reply stays with it"


@pytest.mark.parametrize(("parent", "answered"), [("7.0", "7"), ("7", "7"), ("nan", ""), ("None", ""), ("<NA>", "")])
def test_the_parents_of_a_data_frame_lead_where_they_should(parent: str, answered: str) -> None:
    (post,) = read(row(GOOD.replace("lamps", parent), mapping(subject="", parent="about")))
    assert post.in_reply_to == answered


@pytest.mark.parametrize(
    ("record", "by", "reason"),
    [
        pytest.param(GOOD, mapping(zone=""), "TIME_WITHOUT_ZONE", id="nobody says whose time it is"),
        pytest.param(b"7,mia,\xff,x,x,x,x", mapping(), "INVALID_UTF8", id="bytes that are no text"),
        pytest.param(GOOD, mapping(id="number"), "MISSING_FIELD", id="a column that is not there"),
        pytest.param(GOOD, mapping(replied_at=""), "MISSING_FIELD", id="half a reply"),
        pytest.param(GOOD, mapping("%Q"), "INVALID_VALUE", id="no format"),
        pytest.param(GOOD, mapping("%d %d"), "INVALID_VALUE", id="a directive twice"),
        pytest.param(GOOD, mapping(zone="../../etc/passwd"), "INVALID_VALUE", id="no zone"),
        pytest.param(GOOD.replace("10:00:00", "soon"), mapping(), "IMPOSSIBLE_TIME", id="a reply at no time"),
    ],
)
def test_what_cannot_be_read_by_its_mapping(record: str | bytes, by: post_pb2.RowMapping, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(row(record, by), again=True)
    assert refused.value.reason == reason


def test_a_row_that_its_caller_could_not_read_waits_for_a_mapping() -> None:
    told = row(GOOD, reason="INVALID_ID", detail="column tweet_id is no number")
    with pytest.raises(Unreadable, match="INVALID_ID: column tweet_id is no number"):
        read(told)
    spoilt = row(GOOD.replace("7", "7E+09", 1), reason="INVALID_ID", detail="column tweet_id is no number")
    with pytest.raises(Unreadable, match="ROUNDED_ID"):  # reading may say more than its caller could
        read(spoilt)
    told.ClearField("mapping")
    with pytest.raises(Unreadable, match="INVALID_ID"):
        read(told, again=True)
    told.reason = "NOBODY_KNOWS"
    with pytest.raises(Unreadable, match="INVALID_VALUE"):
        read(told, again=True)


@pytest.mark.parametrize(
    ("zone", "text", "instant"),
    [
        pytest.param("Asia/Shanghai", "2019-04-25T09:00:00", "2019-04-25T01:00:00", id="a zone without clock changes"),
        pytest.param("Europe/Berlin", "2026-01-15T12:00:00", "2026-01-15T11:00:00", id="winter"),
        pytest.param("Europe/Berlin", "2026-07-15T12:00:00", "2026-07-15T10:00:00", id="summer"),
        pytest.param("Europe/Berlin", "2025-10-26T02:30:00", "2025-10-26T00:30:00", id="the hour that comes twice"),
        pytest.param("Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T01:30:00", id="a time that is skipped"),
        pytest.param("Europe/Berlin", "2026-07-15T12:00:00-05:00", "2026-07-15T17:00:00", id="a zone in the text wins"),
        pytest.param("", "2026-07-15T12:00:00.123456Z", "2026-07-15T12:00:00.123456", id="microseconds stay"),
    ],
)
def test_times_in_a_zone(zone: str, text: str, instant: str) -> None:
    (post,) = read(row(GOOD.replace("2019-04-25T09:32:09", text), mapping(zone=zone)))
    assert post.published_at == utc(instant)


@pytest.mark.parametrize(
    ("time_format", "text"),
    [
        ("unix", "1556155929"),
        ("unix_ms", "1556155929000"),
        ("unix", "1556155929.0"),
        ("%Y年%m月%d日 %H:%M:%S", "2019年04月25日 09:32:09"),
    ],
)
def test_formats_of_times(time_format: str, text: str) -> None:
    (post,) = read(row(GOOD.replace("2019-04-25T09:32:09", text), mapping("%d.%m.%Y", time_format)))
    assert post.published_at == utc("2019-04-25T01:32:09")


@pytest.mark.parametrize("text", ["nan", "1e400", "99999999999999999999", "Infinity", "9" * 5_000, "1E+999999"])
def test_times_that_are_none(text: str) -> None:
    with pytest.raises(Unreadable):
        read(row(GOOD.replace("2019-04-25T09:32:09", text), mapping("unix")))


@given(st.from_regex(re.compile(r"\d(\.\d{1,5})?[Ee]\+\d\d", re.ASCII), fullmatch=True))
def test_a_rounded_id_is_refused_in_our_own_form_too(number: str) -> None:
    post = post_pb2.NormalizedPost(
        external_id=number, author=post_pb2.Author(external_id="7"), published_at=Timestamp(seconds=1_700_000_000)
    )
    (flaw,) = normalized.read(post, ACCOUNT, NOW)
    assert isinstance(flaw, Flaw)
    assert flaw.reason == "ROUNDED_ID"
    assert number not in flaw.detail


@given(st.integers(1, 10**40), st.sampled_from(["", "1e5", "E5", "a#", "x-1.5E"]))
def test_a_whole_id_is_none_of_these(number: int, ending: str) -> None:
    whole_id(f"{number}{ending}" if not ending[:1].isdigit() else ending, "id")


@given(st.text(max_size=200), st.text(max_size=3))
def test_whatever_a_record_holds_it_is_read_or_refused(record: str, delimiter: str) -> None:
    try:
        rows.read(row(record.encode("utf-8", "replace"), delimiter=delimiter), ACCOUNT, NOW, again=True)
    except Unreadable:
        return
