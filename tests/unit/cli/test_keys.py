"""Which key `switchboard keys rotate` turns to, given what the services know."""

import pytest
from switchboard.log.v1 import keys_pb2 as pb
from switchboard_cli.keys import _unfinished


def key(kek_id: str, state: "pb.KeyState", *, in_file: bool = True, use: "pb.KeyUse" = pb.KEY_USE_WRAP) -> pb.Key:
    return pb.Key(id=kek_id, state=state, in_file=in_file, use=use)


INDEX = key("index", pb.KEY_STATE_CURRENT, use=pb.KEY_USE_BLIND)
ONE = key("kek-1", pb.KEY_STATE_CURRENT)


@pytest.mark.parametrize(
    ("known", "to"),
    [
        pytest.param([ONE, INDEX], "", id="a new one where nothing waits"),
        pytest.param([ONE, INDEX, key("kek-2", pb.KEY_STATE_SPARE)], "kek-2", id="one that waits in the file"),
        pytest.param([ONE, key("kek-2", pb.KEY_STATE_SPARE, in_file=False)], "", id="not one that left the file"),
        pytest.param(
            [key("kek-1", pb.KEY_STATE_SUPERSEDED), key("kek-2", pb.KEY_STATE_CURRENT), INDEX],
            "kek-2",
            id="the one an interrupted rotation turned to",
        ),
        pytest.param(
            [
                key("kek-1", pb.KEY_STATE_SUPERSEDED),
                key("kek-2", pb.KEY_STATE_CURRENT),
                key("kek-3", pb.KEY_STATE_SPARE),
            ],
            "kek-2",
            id="that one before any that waits",
        ),
        pytest.param([key("kek-1", pb.KEY_STATE_LOST, in_file=False), ONE], "", id="a lost one is nothing to finish"),
    ],
)
def test_a_rotation_finishes_what_was_begun_before_it_makes_a_key(known: list[pb.Key], to: str) -> None:
    assert _unfinished(pb.ListKeysResponse(keys=known)) == to
