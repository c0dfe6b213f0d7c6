"""Which stream is unsafe, and what provisioning changes about it, as tables of configurations in JetStream's words."""

from collections.abc import Mapping
from typing import Any

import pytest
from chassis.streams import NANOS, TENANTS, changes, incomplete, log_stream, members, unsafe
from hypothesis import given
from hypothesis import strategies as st

GIB = 1 << 30
LOG = log_stream(GIB).config(3)
MEMBERS = members("tally").config(3)


def findings(there: Mapping[str, Any], wanted: Mapping[str, Any] = LOG) -> list[str]:
    return list(unsafe(there, wanted, permanent=wanted is LOG))


UNSAFE = [
    pytest.param({"num_replicas": 1}, "has 1 of 3 replicas", id="fewer replicas than the profile demands"),
    pytest.param({"storage": "memory"}, "is kept in memory", id="not in files"),
    pytest.param({"persist_mode": "async"}, "before it has written", id="acknowledged before it is written"),
    pytest.param({"retention": "workqueue"}, "retention workqueue", id="forgets what was read"),
    pytest.param({"discard": "old"}, "drops its oldest", id="drops the oldest when it is full"),
    pytest.param({"deny_delete": False}, "deny_delete off", id="messages may be deleted"),
    pytest.param({"deny_purge": False}, "deny_purge off", id="it may be purged"),
    pytest.param({"subjects": ["ev.>"]}, "takes ev.> where", id="takes more than the subjects of shards"),
    pytest.param({"subjects": ["ev.*.*.*", "out.>"]}, "takes ev.*.*.*, out.> where", id="takes others' subjects too"),
    pytest.param({"subjects": ["ev.work.*.*"]}, "takes ev.work.*.* where", id="takes less than all shards"),
    pytest.param({"subject_transform": {"src": "ev.>", "dest": "x.>"}}, "transforms subjects", id="transforms"),
    pytest.param({"max_age": NANOS * 60}, "drops messages after 60 s", id="forgets by age"),
    pytest.param({"max_msgs_per_subject": 5}, "keeps only 5 messages", id="forgets by subject"),
    pytest.param({"allow_rollup_hdrs": True}, "allow_rollup_hdrs", id="a header may replace the history"),
    pytest.param({"allow_msg_ttl": True}, "allow_msg_ttl", id="messages may expire one by one"),
    pytest.param({"sealed": True}, "is sealed", id="takes nothing more"),
    pytest.param({"no_ack": True}, "acknowledges nothing", id="acknowledges nothing"),
    pytest.param({"mirror": {"name": "OTHER"}}, "of other streams", id="mirrors another stream"),
    pytest.param({"sources": [{"name": "OTHER"}]}, "of other streams", id="draws from other streams"),
    pytest.param({"max_msg_size": 1024}, "at most 1024 bytes", id="refuses large commits"),
]


@pytest.mark.parametrize(("difference", "sentence"), UNSAFE)
def test_an_unsafe_log_is_named_with_what_is_wrong(difference: dict[str, Any], sentence: str) -> None:
    found = findings(LOG | difference)
    assert len(found) == 1, found
    assert found[0].startswith("stream EVENTS ")
    assert sentence in found[0]


def test_the_log_as_declared_is_safe() -> None:
    assert findings(LOG) == []
    assert findings(LOG | {"num_replicas": 5, "max_bytes": 100 * GIB}) == []


@pytest.mark.parametrize(
    ("difference", "sentence"),
    [
        pytest.param({"num_replicas": 1}, "has 1 of 3 replicas", id="on one node only"),
        pytest.param({"storage": "memory"}, "is kept in memory", id="gone with a restart"),
        pytest.param({"max_age": 0}, "expires keys after 0 s", id="the dead live for ever"),
    ],
)
def test_an_unsafe_bucket_is_named(difference: dict[str, Any], sentence: str) -> None:
    (found,) = findings(MEMBERS | difference, MEMBERS)
    assert found.startswith("stream KV_MEMBERS-tally ")
    assert sentence in found


REPAIRED = ["num_replicas", "subjects", "discard", "deny_delete", "deny_purge", "subject_transform"]
REPAIRED += ["max_msgs_per_subject", "allow_rollup_hdrs"]


@pytest.mark.parametrize(("difference", "sentence"), [one for one in UNSAFE if {*one.values[0]} & {*REPAIRED}])  # type: ignore[misc, list-item]
def test_what_says_provision_is_repaired_by_provisioning(difference: dict[str, Any], sentence: str) -> None:
    assert "`switchboard provision`" in findings(LOG | difference)[0], sentence
    there = LOG | difference
    changed = changes(there, LOG, permanent=True)
    assert findings({key: value for key, value in (there | changed).items() if value is not None}) == []


def test_what_an_operator_raised_stays() -> None:
    raised = LOG | {"max_bytes": 50 * GIB, "num_replicas": 5, "max_age": 0, "description": "ours"}
    assert changes(raised, LOG, permanent=True) == {}
    assert changes(LOG | {"max_bytes": -1}, LOG, permanent=True) == {}


sizes = st.one_of(st.just(-1), st.integers(1, 1 << 50))


@given(there=sizes, wanted=sizes, replicas=st.sampled_from([1, 3, 5]), demanded=st.sampled_from([1, 3, 5]))
def test_provisioning_never_lowers_a_limit_and_is_done_after_once(
    there: int, wanted: int, replicas: int, demanded: int
) -> None:
    declared = log_stream(wanted).config(demanded)
    before = LOG | {"max_bytes": there, "num_replicas": replicas}
    after = before | changes(before, declared, permanent=True)
    assert after["num_replicas"] == max(replicas, demanded)
    assert after["max_bytes"] == (-1 if -1 in (there, wanted) else max(there, wanted))
    assert changes(after, declared, permanent=True) == {}


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        pytest.param({"first_seq": 4, "last_seq": 9, "messages": 6}, "begins at 4", id="its beginning is lost"),
        pytest.param(
            {"first_seq": 1, "last_seq": 9, "messages": 7, "num_deleted": 2}, "lacks 2 messages", id="a block is lost"
        ),
        pytest.param({"first_seq": 1, "last_seq": 9, "messages": 8}, "lacks 1 messages", id="the count says less"),
        pytest.param({"first_seq": 10, "last_seq": 9, "messages": 0}, "has no messages", id="everything is lost"),
    ],
)
def test_a_log_that_lost_messages_says_so(state: dict[str, int], sentence: str) -> None:
    assert any(sentence in found for found in incomplete("EVENTS", state))


def test_an_empty_log_and_a_whole_one_lost_nothing() -> None:
    assert list(incomplete("EVENTS", {"first_seq": 0, "last_seq": 0, "messages": 0})) == []
    assert list(incomplete("EVENTS", {"first_seq": 1, "last_seq": 9, "messages": 9})) == []


def test_a_bucket_without_expiry_keeps_its_keys() -> None:
    assert TENANTS.config(1)["max_age"] == 0
