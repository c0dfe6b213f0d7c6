"""What routing makes of the facts of `post`, also of those that another version wrote."""

from collections.abc import Callable

import pytest
import recording
from chassis import layout
from chassis.clock import FIRST, LAST
from chassis.commits import Recorded, Subject
from chassis.layout import UnreadableEvent
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from routing import commands
from routing.decider import decide
from routing.reactions import KEYS_MAX, react
from routing.shard import Shard
from routing.terms import AuthorKind, Direction, PostKind
from routing.views.cases import CODEC
from switchboard.ingest.v1 import events_pb2, post_pb2

from tests.unit.routing.build import run, t

AN_ID = "01890a5d-ac96-774b-bcce-b302099a80{:02x}"
NOW = Timestamp(seconds=1_790_000_000)
TOO_LATE = Timestamp(seconds=253_402_300_800)


def recorded(body: Message) -> Recorded:
    """The fact as it stands in the log of `post`."""
    return recording.recorded(Subject("post", "acme", "0"), body)


def received(**fields: object) -> events_pb2.PostReceived:
    """A customer's post."""
    given_: dict[str, object] = {
        "post_id": AN_ID.format(1),
        "channel": "x",
        "source_id": "shop",
        "kind": post_pb2.POST_KIND_COMMENT,
        "direction": post_pb2.DIRECTION_INBOUND,
        "author_kind": post_pb2.AUTHOR_KIND_CUSTOMER,
        "identity_id": AN_ID.format(2),
        "in_reply_to": AN_ID.format(3),
        "published_at": NOW,
        "received_at": NOW,
        **fields,
    }
    return events_pb2.PostReceived(**given_)  # type: ignore[arg-type]


def test_a_post_is_attached_by_what_ties_it_to_others() -> None:
    command = react(recorded(received()), t(0))
    assert isinstance(command, commands.AttachPost)
    assert (command.kind, command.direction, command.author_kind) == (
        PostKind.COMMENT,
        Direction.INBOUND,
        AuthorKind.CUSTOMER,
    )
    assert command.thread_keys == (AN_ID.format(1), AN_ID.format(3))


def test_a_direct_message_is_tied_to_its_customer_s_others_and_to_what_lies_in_its_session() -> None:
    direct = received(in_reply_to="", conversation_id=AN_ID.format(4), session_id=AN_ID.format(5))
    command = react(recorded(direct), t(0))
    assert isinstance(command, commands.AttachPost)
    assert command.thread_keys == (AN_ID.format(1), AN_ID.format(4), AN_ID.format(5))


def test_somebody_elses_post_concerns_nobody_here() -> None:
    assert react(recorded(received(author_kind=post_pb2.AUTHOR_KIND_OTHER)), t(0)) is None


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        pytest.param({"author_kind": 40_000}, "author_kind", id="an author kind of a later version"),
        pytest.param({"author_kind": 0}, "author_kind", id="no author kind"),
        pytest.param({"kind": 40_000}, "kind", id="a kind of a later version"),
        pytest.param({"direction": 7}, "direction", id="a direction of a later version"),
        pytest.param({"direction": 0}, "direction", id="no direction"),
        pytest.param({"post_id": "not-a-uuid"}, "post_id", id="a post that is named otherwise"),
        pytest.param({"post_id": ""}, "post_id", id="a post without an id"),
        pytest.param({"links": ["x" * 5000]}, "links", id="a link that is no id"),
        pytest.param({"conversation_id": "42"}, "conversation_id", id="a conversation that is no id"),
        pytest.param({"published_at": None}, "published_at", id="a post nobody published"),
        pytest.param({"received_at": None}, "received_at", id="a post nobody received"),
        pytest.param(
            {"published_at": Timestamp(seconds=253_402_300_800)}, "published_at", id="published after the last year"
        ),
        pytest.param(
            {"reply_window_expires_at": Timestamp(seconds=-62_135_596_801)},
            "reply_window_expires_at",
            id="a window before the first year",
        ),
        pytest.param({"language": "x" * 100_000}, "language", id="a language of 100 kB"),
        pytest.param({"identity_id": "x" * 3000}, "identity_id", id="an identity no index takes"),
    ],
)
def test_a_post_that_is_not_understood_is_refused_by_the_name_of_its_field(
    fields: dict[str, object], named: str
) -> None:
    with pytest.raises(ValueError, match=named) as refusal:
        react(recorded(received(**fields)), t(0))
    assert "not-a-uuid" not in str(refusal.value)


@pytest.mark.parametrize(
    ("queue", "wanted"),
    [("", ""), ("tenants/acme/queues/care", "care")],
)
def test_a_source_names_its_queue_in_full_or_none(queue: str, wanted: str) -> None:
    fact = events_pb2.SourceConnected(source_id="shop", channel="x", default_queue=queue)
    assert react(recorded(fact), t(0)) == commands.SetSourceQueue("shop", wanted, t(0))


def test_a_source_that_is_gone_sends_its_cases_nowhere() -> None:
    shard = Shard()
    for fact in (
        events_pb2.SourceConnected(source_id="shop", channel="x", default_queue="tenants/acme/queues/care"),
        events_pb2.SourceDisconnected(source_id="shop"),
    ):
        command = react(recorded(fact), t(0))
        assert command is not None
        run(shard, command)
    assert shard.sources == {}


@pytest.mark.parametrize("queue", ["Care!", "care", "tenants/acme/agents/mia", "x" * 64, "a\nb"])
def test_a_source_with_a_queue_that_can_be_none_is_refused(queue: str) -> None:
    with pytest.raises(ValueError, match="default_queue"):
        react(recorded(events_pb2.SourceChanged(source_id="shop", default_queue=queue)), t(0))


def test_a_post_ties_so_many_others_and_the_same_ones_whatever_their_order() -> None:
    links = [f"01890a5d-ac96-774b-bcce-{n:012x}" for n in range(500)]
    one = react(recorded(received(links=links)), t(0))
    other = react(recorded(received(links=links[::-1])), t(0))
    assert isinstance(one, commands.AttachPost)
    assert one == other
    assert len(one.thread_keys) == KEYS_MAX
    assert {AN_ID.format(1), AN_ID.format(3)} <= set(one.thread_keys)


@pytest.mark.parametrize("fact", [events_pb2.PostEdited, events_pb2.PostCompleted])
def test_whatever_tells_of_further_ids_of_a_post_is_heard(fact: Callable[..., Message]) -> None:
    told = recorded(fact(post_id=AN_ID.format(1), alias_ids=[AN_ID.format(2)]))
    assert react(told, t(0)) == commands.AliasPost(AN_ID.format(1), (AN_ID.format(2),), t(0))
    assert react(recorded(fact(post_id=AN_ID.format(1))), t(0)) is None


FACTS: dict[str, Callable[[bytes], Message]] = {
    name: getattr(events_pb2, name).FromString
    for name in ("PostReceived", "PostWithdrawn", "SourceConnected", "SourceChanged", "PostEdited", "PostCompleted")
}


@given(
    st.builds(
        received,
        kind=st.integers(-(2**31), 2**31 - 1),
        direction=st.integers(-3, 5),
        author_kind=st.integers(-3, 6),
        post_id=st.one_of(st.just(AN_ID.format(9)), st.text(max_size=40)),
        links=st.lists(st.one_of(st.uuids().map(str), st.text(max_size=40)), max_size=3),
        published_at=st.builds(Timestamp, seconds=st.integers(-(2**63), 2**63 - 1), nanos=st.integers(-9, 2**31 - 1)),
        language=st.text(max_size=5),
    )
)
def test_whatever_a_post_says_it_is_refused_or_can_be_decided_and_written(body: events_pb2.PostReceived) -> None:
    try:
        command = react(recorded(body), t(0))
    except (ValueError, UnreadableEvent):
        return
    if command is not None:
        assert isinstance(command, commands.AttachPost)
        assert FIRST <= command.published_at <= LAST
        assert [CODEC.encode(fact) for fact in decide(command, Shard())]


@given(st.sampled_from(sorted(FACTS)), st.binary(max_size=60))
def test_bytes_of_any_kind_are_refused_or_understood(name: str, raw: bytes) -> None:
    kind = f"switchboard.ingest.v1.{name}"
    for fact in (raw, layout.as_bin(raw)):
        try:
            command = react(recording.recorded(Subject("post", "acme", "0"), (kind, fact)), t(0))
        except (ValueError, UnreadableEvent):
            continue
        assert command is None or decide(command, Shard()) is not None
    command = None
    assert command is None or decide(command, Shard()) is not None
