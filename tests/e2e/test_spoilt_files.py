"""Files a spreadsheet has spoilt, through the command line: each row refused by name and place, no one as another."""

import json
from pathlib import Path

from running_stack import RunningStack
from switchboard.ingest.v1 import service_pb2 as api
from switchboard.ingest.v1 import service_pb2_grpc

HEADER = "number,writer,words,written"
MAP = "id=number,author=writer,text=words,at=written"


def posts(stack: RunningStack, tenant: str) -> list[tuple[str, str, str]]:
    """(id, author, text) of every post."""
    with stack.channel("ingest") as channel:
        request = api.ListPostsRequest(parent=f"tenants/{tenant}", page_size=100)
        found = service_pb2_grpc.IngestServiceStub(channel).ListPosts(request, timeout=30).posts
    return sorted((post.external_id, post.author.external_id, post.text) for post in found)


def written(path: Path, *rows: str) -> str:
    path.write_text("\n".join((HEADER, *rows, "")), encoding="utf-8")
    return str(path)


def test_rounded_ids_are_refused_by_name_and_nobody_speaks_for_another(stack: RunningStack, tmp_path: Path) -> None:
    file = written(
        tmp_path / "complaints.csv",
        "7.31E+17,ada,the lift is stuck,2026-03-02T10:00:00Z",
        "7.31E+17,bob,nobody called back,2026-03-02T11:00:00Z",
        "12,cleo,hello,2026-03-02T12:00:00Z",
        "13,dan,#NAME?,2026-03-02T12:00:00Z",
        "14,eve,later,46083.4",
    )
    common = (file, "--channel", "csv", "--source", "hall", "--map", MAP, "--tenant", "spoilt")
    said = stack.run("ingest", *common, code=1)
    assert '2 × ROUNDED_ID, first at complaints.csv, line 2: column "number" is in scientific notation' in said
    assert "1 × SPREADSHEET_ERROR, first at complaints.csv, line 5" in said
    assert "1 × SPREADSHEET_DATE, first at complaints.csv, line 6" in said
    assert posts(stack, "spoilt") == [("12", "cleo", "hello")]
    listed = stack.told("quarantined", "--tenant", "spoilt")
    assert sorted((one["place"], one["reason"]) for one in listed) == [
        ("complaints.csv, line 2", "ROUNDED_ID"),
        ("complaints.csv, line 3", "ROUNDED_ID"),
        ("complaints.csv, line 5", "SPREADSHEET_ERROR"),
        ("complaints.csv, line 6", "SPREADSHEET_DATE"),
    ]
    assert "the lift is stuck" not in json.dumps(listed)
    shown = stack.run("quarantined", "--tenant", "spoilt", "--reason", "SPREADSHEET_DATE")
    assert "complaints.csv, line 6" in shown
    assert "serial number" in shown


def test_a_file_sent_again_with_other_authors_changes_nobodys_post(stack: RunningStack, tmp_path: Path) -> None:
    common = ("--channel", "csv", "--source", "hall", "--map", MAP, "--tenant", "swapped")
    right = written(tmp_path / "right.csv", "1,ada,one,2026-03-02T10:00:00Z", "2,bob,two,2026-03-02T11:00:00Z")
    stack.run("ingest", right, *common)
    wrong = written(tmp_path / "wrong.csv", "1,bob,one,2026-03-02T10:00:00Z", "2,ada,two,2026-03-02T11:00:00Z")
    sent = json.loads(stack.run("ingest", wrong, *common, "--json", "--allow-quarantine"))
    assert sent["results"]["QUARANTINED"] == 2
    assert [(one["reason"], one["deliveries"], one["place"]) for one in sent["reasons"]] == [
        ("AUTHOR_DIFFERS", 2, "wrong.csv, line 2")
    ]
    assert posts(stack, "swapped") == [("1", "ada", "one"), ("2", "bob", "two")]


def test_rows_of_another_format_are_read_out_of_quarantine_by_a_mapping(stack: RunningStack, tmp_path: Path) -> None:
    common = ("--channel", "csv", "--source", "hall", "--map", MAP, "--tenant", "requeued")
    file = written(tmp_path / "german.csv", "1,ada,one,02.03.2026 10:00", "2,bob,two,02.03.2026 11:00", "3,cy,x,soon")
    stack.run("ingest", file, *common, "--allow-quarantine")
    again = ("quarantined", "requeue", "--tenant", "requeued", "--source", "hall")
    stack.run(*again, code=1)
    assert posts(stack, "requeued") == []
    told = stack.run(*again, "--map", MAP, "--time-format", "%d.%m.%Y %H:%M", "--json", code=1)
    assert json.loads(told) == {"results": {"ACCEPTED": 2, "QUARANTINED": 1}, "reasons": {"IMPOSSIBLE_TIME": 1}}
    assert posts(stack, "requeued") == [("1", "ada", "one"), ("2", "bob", "two")]
    (left,) = stack.told("quarantined", "--tenant", "requeued")
    assert left["place"] == "german.csv, line 4"
    one = stack.run("quarantined", "requeue", left["name"].rpartition("/")[2], "--tenant", "requeued", code=1)
    assert "1 QUARANTINED" in one


def test_the_preset_names_what_is_wrong_with_each_row(stack: RunningStack, tmp_path: Path) -> None:
    header = "tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id"
    day = "Tue Oct 31 22:10:47 +0000 2017"
    rows = (
        f"1,ada,True,{day},hi,,",
        f"9.25E+17,bob,True,{day},hi,,",
        f"3,cy,perhaps,{day},hi,,",
        "4,dee,True,31.10.2017,hi,,",
        f"5,eve,True,{day},hi",
    )
    file = tmp_path / "twcs.csv"
    file.write_text("\n".join((header, *rows, "")), encoding="utf-8")
    stack.run("ingest", str(file), "--channel", "twcs", "--tenant", "preset", "--allow-quarantine")
    listed = stack.told("quarantined", "--tenant", "preset")
    assert sorted((one["place"], one["reason"]) for one in listed) == [
        ("twcs.csv, line 3", "ROUNDED_ID"),
        ("twcs.csv, line 4", "INVALID_VALUE"),
        ("twcs.csv, line 5", "IMPOSSIBLE_TIME"),
        ("twcs.csv, line 6", "ROW_SHAPE"),
    ]
    assert any("neither True nor False" in one["detail"] for one in listed)
