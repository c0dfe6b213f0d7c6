"""--map: what is sent of a row, and which mappings are refused before anything is."""

from pathlib import Path

import pytest
from switchboard_cli.deliveries.addressed import CSV, SourceSettings
from switchboard_cli.deliveries.files import input_file
from switchboard_cli.deliveries.mapping import MapError, mapping_of, read_mapped
from switchboard_cli.deliveries.rows import csv_file

MAP = "id=no,author=who,text=body,at=sent,reply=answer,replied_at=answered,subject=about"
HEADER = "no,who,about,sent,body,answer,answered"
TOWN = SourceSettings("town", "csv")


def letters(path: Path, *rows: str, mapping: str = MAP):
    file = path / "letters.csv"
    file.write_text("\n".join((HEADER, *rows, "")), encoding="utf-8")
    return read_mapped(csv_file(input_file(file)), TOWN, mapping_of(mapping, ["iso"], "UTC"))


@pytest.mark.parametrize(
    ("row", "replies"),
    [
        pytest.param("7,A1,a,2019-04-25,b,c,2019-05-09", [False, True], id="a post and its reply"),
        pytest.param("7,A1,a,2019-04-25,b,,", [False], id="no reply, no second delivery"),
        pytest.param("7,A1,a,2019-04-25,b,c,", [False], id="a reply without its time is not filled"),
        pytest.param("7,A1,a,2019-04-25,b,,2019-05-09", [False], id="nor a time without a reply"),
        pytest.param("7,A1,a,2019-13-25,b,c,soon", [False, True], id="what cells hold is not judged here"),
        pytest.param("7,A1,a,2019-04-25", [False], id="a row with too few fields goes as it is"),
        pytest.param('7,A1,a,2019-04-25,"b\nb",,', [False], id="a text may have line breaks"),
    ],
)
def test_what_is_sent_of_a_row(tmp_path, row, replies):
    sent = [item.delivery for item in letters(tmp_path, row).deliveries()]
    assert [delivery.row.is_reply for delivery in sent] == replies
    assert {delivery.row.record for delivery in sent} == {row.encode()}
    assert {tuple(delivery.row.columns) for delivery in sent} == {tuple(HEADER.split(","))}
    assert {(delivery.place, delivery.content_type) for delivery in sent} == {("letters.csv, line 2", CSV)}


SHORT, LONG = "123456789012345", "1975000004194304001"
GENUINE = "1975000004194300000"
"""One of ten thousand ends so by itself."""


@pytest.mark.parametrize(
    ("ids", "refused"),
    [
        pytest.param(["1234567890123450000"] * 2, 2, id="two equal ones that end in zeros"),
        pytest.param(["1234567890123450000", "1234567890123460000", "1234567890123470000"], 3, id="three of them"),
        pytest.param(["1234567890123450000", "1234567890123460000", SHORT], 0, id="two different ones"),
        pytest.param(["1234567890123450000"] * 2 + [SHORT], 2, id="short ones are whole all the same"),
        pytest.param([GENUINE], 0, id="a single one may end so"),
        pytest.param([GENUINE, GENUINE, "1975000004194310000", LONG], 0, id="one with its last digits clears them"),
        pytest.param([LONG, LONG], 0, id="a row that comes twice"),
        pytest.param(["1759954764000000", "1759954765000000", "1759954766000000"], 0, id="whole seconds"),
    ],
)
def test_a_column_that_a_spreadsheet_rounded_is_refused_as_a_whole(tmp_path, ids, refused):
    sent = [
        item.delivery
        for item in letters(tmp_path, *(f"{one},A1,a,2019-04-25,b,c,2019-05-09" for one in ids)).deliveries()
    ]
    told = [delivery.row for delivery in sent if delivery.row.reason]
    assert [row.reason for row in told] == ["ROUNDED_ID"] * refused
    assert all('column "no"' in row.detail and "1234567890123450000" not in row.detail for row in told)
    assert len(sent) == refused + 2 * (len(ids) - refused)


def test_an_author_may_write_twice_and_three_of_them_do_not_end_in_zeros_by_chance(tmp_path):
    one = [f"{n},1234567890123450000,a,2019-04-25,b,," for n in range(4)]
    assert not any(item.delivery.row.reason for item in letters(tmp_path, *one).deliveries())
    many = [f"{n},12345678901234{n}0000,a,2019-04-25,b,," for n in range(4)]
    assert all(item.delivery.row.reason == "ROUNDED_ID" for item in letters(tmp_path, *many).deliveries())


def test_a_place_is_the_line_where_a_row_begins(tmp_path):
    reading = letters(tmp_path, '1,A1,a,2019-04-25,"b', 'b",,', "", "2,A1,a,2019-04-25", "3,A1,a,2019-04-25,b,,")
    assert [item.delivery.place for item in reading.deliveries()] == [
        "letters.csv, line 2",
        "letters.csv, line 5",
        "letters.csv, line 6",
    ]


def test_a_mapping_of_columns_that_are_not_there_refuses_the_file(tmp_path):
    with pytest.raises(MapError, match=r"letters\.csv has no column number, writer; it has no, who"):
        letters(tmp_path, "1,A1,a,2019-04-25,b,,", mapping="id=number,author=writer,text=body,at=sent")


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
        mapping_of(text, ["iso"], "UTC")


@pytest.mark.parametrize("time_format", ["%Q", "%d %d", "%", "yesterday"])
def test_a_wrong_format_of_times_is_refused_before_anything_is_sent(time_format):
    with pytest.raises(MapError, match="is no strptime format"):
        mapping_of(MAP, ["iso", time_format], "UTC")
