"""The life of a key file on a real stack: backed up, rotated, swapped for another one, lost.

Each stack is of the test's own: what is done to a key file is done to all whose values hang on it.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import grpc
import pytest
from chassis.keyfile import KeyFile
from google.protobuf.timestamp_pb2 import Timestamp
from running_stack import COMMAND, PATIENCE_S, RunningStack
from switchboard.ingest.v1 import post_pb2
from switchboard.ingest.v1 import service_pb2 as api
from switchboard.ingest.v1.service_pb2_grpc import IngestServiceStub
from waiting import until

TENANT = "keyed"
SOURCE = f"tenants/{TENANT}/sources/web"
AUTHORS = 5


def connected(stack: RunningStack) -> None:
    with stack.channel("ingest") as channel:
        IngestServiceStub(channel).CreateSource(
            api.CreateSourceRequest(parent=f"tenants/{TENANT}", source_id="web", source=api.Source(channel="x")),
            timeout=60,
        )


def written(stack: RunningStack, first: int) -> tuple[list[str], str]:
    """Posts of AUTHORS people, the same ones each time; their names, and where they can be read."""
    posts = [
        post_pb2.NormalizedPost(
            external_id=f"post-{first + number}",
            author=post_pb2.Author(external_id=f"author-{number}"),
            text=f"text {first + number}",
            published_at=Timestamp(seconds=1_760_000_000 + first + number),
        )
        for number in range(AUTHORS)
    ]
    request = api.IngestPostsRequest(source=SOURCE, deliveries=[api.Delivery(normalized_post=post) for post in posts])
    with stack.channel("ingest") as channel:
        [answer] = IngestServiceStub(channel).IngestPosts(iter([request]), timeout=60)
    assert {result.result for result in answer.results} == {api.RESULT_ACCEPTED}
    return [post.post for result in answer.results for post in result.posts], answer.position


def texts(stack: RunningStack, names: list[str], position: str) -> list[str]:
    """What these posts say; "" for one whose text cannot be opened."""
    with stack.channel("ingest") as channel:
        stub = IngestServiceStub(channel)
        return [
            stub.GetPost(api.GetPostRequest(name=name, min_position=position), timeout=60).post.text for name in names
        ]


def said(first: int) -> list[str]:
    return [f"text {first + number}" for number in range(AUTHORS)]


def refused_to_start(stack: RunningStack) -> str:
    """What `up` says where it does not start at all."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SWITCHBOARD_")}
    up = subprocess.run(
        [COMMAND, "up", "--state", str(stack.state)],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False, env=environment,
    )  # fmt: skip
    assert up.returncode == 1, up.stderr
    assert "Traceback" not in up.stderr
    return next(line for line in up.stderr.splitlines() if line.startswith("error:"))


def test_keys_are_shown_backed_up_and_rotated_and_the_old_line_may_go(state_dir: Path) -> None:
    stack = RunningStack(state_dir / "state")
    stack.start()
    try:
        connected(stack)
        names, position = written(stack, 0)
        shown = {key["id"]: key for key in stack.told("keys", "show")["keys"]}
        assert shown["kek-1"]["in_file_of"] == ["ingest", "routing", "crm"]
        assert int(shown["kek-1"]["tenants"]) == 1
        assert int(shown["kek-1"].get("subject_keys", 0)) == 0, "nobody has a row"
        assert "kek-1" in stack.run("keys", "show")

        path, copy = stack.state / "kek.jsonl", state_dir / "copy.jsonl"
        stack.run("keys", "backup", str(copy))
        assert copy.read_bytes() == path.read_bytes()
        assert copy.stat().st_mode & 0o777 == 0o600
        stack.run("keys", "backup", str(copy), code=1)

        turned = stack.told("keys", "rotate")
        assert int(turned["rewrapped"]) == 1, "the secret that all are derived from"
        assert turned["retired"] == ["kek-1"]
        more, position = written(stack, 100)
        states = {key["id"]: key["state"] for key in stack.told("keys", "show")["keys"]}
        assert states == {
            "kek-1": "KEY_STATE_RETIRED", "index": "KEY_STATE_CURRENT", turned["to"]: "KEY_STATE_CURRENT",
        }  # fmt: skip
        kept = [line for line in path.read_text().splitlines() if json.loads(line)["id"] != "kek-1"]
        path.write_text("\n".join(kept) + "\n")
    finally:
        stack.stop()
    stack.start()
    try:
        assert texts(stack, names + more, position) == said(0) + said(100)
        assert stack.told("keys", "show")["findings"] == {}
    finally:
        stack.stop()


def test_no_key_is_made_and_nothing_served_where_the_database_was_filled_with_others(state_dir: Path) -> None:
    stack = RunningStack(state_dir / "state")
    stack.start()
    connected(stack)
    names, position = written(stack, 0)
    stack.stop()
    path, right = stack.state / "kek.jsonl", state_dir / "right.jsonl"
    path.rename(right)

    told = refused_to_start(stack)
    assert "there is no key file" in told
    assert str(path) in told
    assert "kek-1" in told
    assert not path.exists(), "no new key was made"

    foreign = RunningStack(state_dir / "foreign")
    foreign.run("keys", "new", "--key-file", str(state_dir / "foreign.jsonl"))
    same_names = (state_dir / "foreign.jsonl").read_text()
    for entry, name in zip(KeyFile(state_dir / "foreign.jsonl").entries, ("kek-1", "index"), strict=True):
        same_names = same_names.replace(entry.id, name)
    path.write_text(same_names)
    path.chmod(0o600)
    assert "another key under the id kek-1" in refused_to_start(stack)
    path.chmod(0o644)
    assert "chmod 600" in refused_to_start(stack)

    path.unlink()
    (stack.state / "postgres").rename(state_dir / "postgres")
    assert "the log has" in refused_to_start(stack), "nor where only the log is left"
    shutil.rmtree(stack.state / "postgres")
    (state_dir / "postgres").rename(stack.state / "postgres")
    assert not path.exists()
    right.rename(path)
    stack.start()
    try:
        assert texts(stack, names, position) == said(0)
    finally:
        stack.stop()


def test_a_key_file_that_is_gone_for_ever_is_given_up_and_the_stack_goes_on(state_dir: Path) -> None:
    stack = RunningStack(state_dir / "state")
    stack.start()
    connected(stack)
    names, position = written(stack, 0)
    stack.stop()
    (stack.state / "kek.jsonl").unlink()
    stack.run("keys", "new")

    environment = {name: value for name, value in os.environ.items() if not name.startswith("SWITCHBOARD_")}
    with (state_dir / "up.err").open("w") as errors:
        up = subprocess.Popen(
            [COMMAND, "up", "--state", str(stack.state)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment,
        )
    try:
        until(lambda: "lacks kek-1" in (state_dir / "up.err").read_text(), PATIENCE_S)
        assert "switchboard keys lost kek-1 index --yes" in (state_dir / "up.err").read_text()
        stack.endpoints = json.loads((stack.state / "endpoints.json").read_text())
        with stack.channel("ingest") as channel:
            with pytest.raises(grpc.RpcError) as refused:
                IngestServiceStub(channel).GetPost(api.GetPostRequest(name=names[0]), timeout=10)
            assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
            assert "lacks kek-1" in str(refused.value.details())
        assert stack.run("keys", "lost", "kek-1", "index", code=2) == ""
        lost = stack.told("keys", "lost", "kek-1", "index", "--yes")
        assert lost["kek-1"] == {"tenants": 1, "subject_keys": 0}
        assert stack.told("keys", "lost", "kek-1", "--yes") == {"kek-1": lost["kek-1"]}, "repeating is harmless"
        assert up.stdout
        assert json.loads(up.stdout.readline())["ingest"]
        assert texts(stack, names, position) == [""] * AUTHORS
        more, position = written(stack, 100)
        assert texts(stack, more, position) == said(100)
        stack.run("log", "verify")
    finally:
        up.terminate()
        up.communicate(timeout=PATIENCE_S)
