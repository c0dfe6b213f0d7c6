"""The streams and buckets there must be: how each is declared, created, changed, and when one is unsafe.

Everything is said in the words of JetStream's own API, whose answers have more fields than any client's types: what
is not ours is left as it stands. It knows no table and no service.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import nats.errors
from nats.aio.client import Client
from nats.js.errors import APIError

from chassis.cancellation import raise_if_cancelled
from chassis.commits import COMMIT_BYTES_MAX, STREAM

NANOS = 1_000_000_000
ANSWER_S = 5.0
"""How long one request waits. Against: creating a stream of three replicas takes an election, one or two seconds."""
GIVE_UP_S = 30.0
_NOT_FOUND = 10059
_NAME_IN_USE = 10058
_NO_ROOM = (10002, 10023, 10027, 10047, 10113, 10122)
_TOO_FEW = (10005, 10074)
_JOB = "run `switchboard provision`"
Json = dict[str, Any]


class ProvisioningError(Exception):
    """A stream, bucket or table cannot be made what it must be; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream in files. One that is `permanent` refuses when it is full, and nobody may take anything out of it."""

    name: str
    subjects: tuple[str, ...]
    max_bytes: int = -1
    """Bytes it may have at least, -1 for no limit. An operator may allow more."""
    max_age_s: int = 0
    """How long a message stays at least, 0 for ever. An operator may keep it longer."""
    duplicate_window_s: int = 120
    permanent: bool = False

    def config(self, replicas: int) -> Json:
        """The configuration it is created with, as JetStream's API spells it."""
        return {
            "name": self.name,
            "subjects": list(self.subjects),
            "storage": "file",
            "retention": "limits",
            "discard": "new" if self.permanent else "old",
            "max_bytes": self.max_bytes,
            "max_age": self.max_age_s * NANOS,
            "max_msgs": -1,
            "max_msgs_per_subject": -1,
            "max_consumers": -1,
            "duplicate_window": self.duplicate_window_s * NANOS,
            "deny_delete": self.permanent,
            "deny_purge": self.permanent,
            "allow_direct": True,
            "allow_atomic": self.permanent,
            "compression": "s2",
            "num_replicas": replicas,
        }


@dataclass(frozen=True, slots=True)
class Bucket:
    """A key-value bucket in files, the last value of each key. It must survive what the log survives."""

    name: str
    ttl_s: float = 0
    """How long a key lives after it was written, 0 for ever. Exactly so: members are dead after it."""

    def config(self, replicas: int) -> Json:
        """The configuration of its stream, as JetStream's API spells it."""
        return {
            "name": f"KV_{self.name}",
            "subjects": [f"$KV.{self.name}.>"],
            "storage": "file",
            "retention": "limits",
            "discard": "new",
            "max_bytes": -1,
            "max_age": int(self.ttl_s * NANOS),
            "max_msgs": -1,
            "max_msgs_per_subject": 1,
            "max_consumers": -1,
            "duplicate_window": int(min(self.ttl_s or 120, 120) * NANOS),
            "deny_delete": True,
            "deny_purge": False,
            "allow_direct": True,
            "allow_rollup_hdrs": True,
            "num_replicas": replicas,
        }


Declared = Stream | Bucket

LOG_SUBJECTS = ("ev.*.*.*",)
"""`ev.<context>.<tenant>.<shard>` and nothing else: a message that is no commit of a shard does not get in."""
TENANTS = Bucket("TENANTS")
MEMBER_EXPIRES_S = 5.0
"""A member not heard of for this long is dead to the others. Against: a NATS restart takes about a second."""


def log_stream(max_bytes: int) -> Stream:
    """The log; `deny_delete` and `deny_purge` can never be undone on it."""
    return Stream(STREAM, LOG_SUBJECTS, max_bytes=max_bytes, permanent=True)


_MEMBERS = "MEMBERS-"


def members(service: str) -> Bucket:
    """The bucket of a service's live replicas."""
    return Bucket(f"{_MEMBERS}{service}", ttl_s=MEMBER_EXPIRES_S)


async def provisioned_services(nc: Client) -> list[str]:
    """The services whose members have a bucket, whether or not any lives, by name."""
    names: list[str] = []
    while True:
        answer = await _ask(nc, "STREAM.NAMES", {"offset": len(names)})
        page = answer.get("streams") or []
        names += page
        if not page or len(names) >= answer.get("total", 0):
            break
    return sorted(name.removeprefix(f"KV_{_MEMBERS}") for name in names if name.startswith(f"KV_{_MEMBERS}"))


async def provision_streams(nc: Client, declared: Sequence[Declared], replicas: int) -> list[str]:
    """Creates what is missing and changes what is otherwise; returns a sentence for each thing it did.

    Idempotent, and any number may run at once. A limit that an operator raised stays raised, and replicas are never
    taken away. Raises ProvisioningError when the server refuses.
    """
    done = []
    for one in declared:
        done += await _provision(nc, one.config(replicas), permanent=isinstance(one, Stream) and one.permanent)
    return done


async def _provision(nc: Client, wanted: Json, *, permanent: bool) -> list[str]:
    name = wanted["name"]
    info = await stream_info(nc, name)
    if info is None:
        answer = await _ask(nc, f"STREAM.CREATE.{name}", wanted)
        if "error" not in answer:
            return [f"created {name}"]
        if answer["error"].get("err_code") != _NAME_IN_USE:
            raise ProvisioningError(_refused(f"stream {name} cannot be created", answer["error"], wanted))
        info = await stream_info(nc, name)  # another provisioner was faster, or another release's configuration
        if info is None:
            raise ProvisioningError(f"stream {name} comes and goes; see who deletes it, then {_JOB}")
    changed = changes(info["config"], wanted, permanent=permanent)
    if not changed:
        return []
    kept = {key: value for key, value in info["config"].items() if key not in changed}
    new = {key: value for key, value in changed.items() if value is not None}
    answer = await _ask(nc, f"STREAM.UPDATE.{name}", kept | new)
    if "error" in answer:
        what = f"stream {name} cannot be given {', '.join(sorted(changed))}"
        raise ProvisioningError(_refused(what, answer["error"], wanted))
    return [f"changed {', '.join(sorted(changed))} of {name}"]


def _refused(what: str, error: Mapping[str, Any], wanted: Json) -> str:
    """One sentence with the setting that helps, for what a server says no to out of its own limits."""
    told = f"{what}: {error.get('description', '') or 'NATS says no more'}"
    match error.get("err_code"):
        case code if code in _NO_ROOM:
            size = f"reserves {wanted['max_bytes']:,} bytes" if wanted["max_bytes"] > 0 else "is one more"
            told += (
                f"; it {size}: let NATS have more (max_file_store in its jetstream block, or the account's limits), or"
                " reserve less with SWITCHBOARD_LOG_MAX_BYTES"
            )
        case code if code in _TOO_FEW:
            told += (
                f"; SWITCHBOARD_LOG_REPLICAS asks for {wanted['num_replicas']}: let as many servers be in the cluster,"
                " or ask for fewer"
            )
    return told


def changes(there: Mapping[str, Any], wanted: Mapping[str, Any], *, permanent: bool) -> Json:
    """What has to change in a stream's configuration; None stands for a field to leave out. Pure.

    What cannot be changed (storage, retention, a mirror) is not here: a finding says it.
    """
    found: Json = {}
    if sorted(there.get("subjects") or ()) != sorted(wanted["subjects"]):
        found["subjects"] = wanted["subjects"]
    if there.get("num_replicas", 1) < wanted["num_replicas"]:
        found["num_replicas"] = wanted["num_replicas"]
    if _less(there.get("max_bytes", -1), wanted["max_bytes"], unlimited=-1):
        found["max_bytes"] = wanted["max_bytes"]
    bucket = wanted["max_msgs_per_subject"] == 1
    if there.get("max_age", 0) != wanted["max_age"] and (
        bucket or _less(there.get("max_age", 0), wanted["max_age"], unlimited=0)
    ):
        found["max_age"] = wanted["max_age"]
        found["duplicate_window"] = wanted["duplicate_window"]
    for flag in ("deny_delete", "deny_purge", "allow_direct"):
        if wanted[flag] and not there.get(flag, False):
            found[flag] = True
    if permanent or bucket:
        if there.get("discard") != wanted["discard"]:
            found["discard"] = wanted["discard"]
        if there.get("subject_transform"):
            found["subject_transform"] = None
    if permanent:
        if there.get("allow_rollup_hdrs"):
            found["allow_rollup_hdrs"] = False
        if there.get("max_msgs_per_subject", -1) > 0:
            found["max_msgs_per_subject"] = -1
    return found


def _less(there: int, wanted: int, *, unlimited: int) -> bool:
    return there != unlimited and (wanted == unlimited or there < wanted)


async def stream_findings(nc: Client, declared: Sequence[Declared], replicas: int) -> list[str]:
    """What is unsafe or missing, one sentence each that names the thing and the fix. Changes nothing.

    Raises ProvisioningError when the log does not answer at all.
    """
    found: list[str] = []
    for one in declared:
        wanted = one.config(replicas)
        info = await stream_info(nc, wanted["name"])
        if info is None:
            found.append(f"stream {wanted['name']} is not there; {_JOB}")
            continue
        permanent = isinstance(one, Stream) and one.permanent
        found += unsafe(info["config"], wanted, permanent=permanent)
        if permanent:
            found += incomplete(wanted["name"], info["state"])
    return found


def unsafe(there: Mapping[str, Any], wanted: Mapping[str, Any], *, permanent: bool) -> Iterator[str]:
    """What makes a stream's configuration unsafe. Pure."""
    name = f"stream {wanted['name']}"
    if (replicas := there.get("num_replicas", 1)) < wanted["num_replicas"]:
        yield f"{name} has {replicas} of {wanted['num_replicas']} replicas (SWITCHBOARD_LOG_REPLICAS); {_JOB}"
    if there.get("storage") != "file":
        yield f"{name} is kept in {there.get('storage')}, not in files; make it anew from a copy, nothing else helps"
    if there.get("persist_mode") == "async":
        yield f"{name} answers before it has written (persist_mode async); make it anew from a copy"
    if there.get("retention", "limits") != "limits":
        yield f"{name} forgets what was read (retention {there['retention']}); make it anew from a copy"
    if there.get("no_ack"):
        yield f"{name} acknowledges nothing (no_ack); edit it, then {_JOB}"
    if there.get("sealed"):
        yield f"{name} is sealed and takes nothing more; make it anew from a copy"
    if there.get("mirror") or there.get("sources"):
        yield f"{name} takes the messages of other streams (mirror or sources); take them off it"
    if there.get("subject_transform"):
        yield f"{name} transforms subjects, which switches off the expected sequence; {_JOB}"
    if sorted(there.get("subjects") or ()) != sorted(wanted["subjects"]):
        yield (
            f"{name} takes {', '.join(there.get('subjects') or ('nothing',))}"
            f" where it must take {', '.join(wanted['subjects'])} and no more; {_JOB}"
        )
    for flag, sense in (("deny_delete", "messages may be deleted"), ("deny_purge", "it may be purged")):
        if wanted[flag] and not there.get(flag):
            yield f"{name} has {flag} off: {sense}; {_JOB}"
    if wanted["max_age"] and not permanent and _less(there.get("max_age", 0), wanted["max_age"], unlimited=0):
        yield f"{name} keeps messages for {there['max_age'] / NANOS:g} s, less than it must; {_JOB}"
    if wanted["max_msgs_per_subject"] == 1 and there.get("max_age", 0) != wanted["max_age"]:
        yield f"{name} expires keys after {there.get('max_age', 0) / NANOS:g} s, not as its readers expect; {_JOB}"
    if permanent:
        yield from _forgets(name, there)
    if 0 <= there.get("max_msg_size", -1) < COMMIT_BYTES_MAX:
        yield f"{name} takes at most {there['max_msg_size']} bytes, a commit may have {COMMIT_BYTES_MAX}; edit it"


def _forgets(name: str, there: Mapping[str, Any]) -> Iterator[str]:
    """The ways in which a log may lose what it acknowledged."""
    if there.get("discard") != "new":
        yield f"{name} drops its oldest messages when it is full (discard {there.get('discard')}); {_JOB}"
    if there.get("max_age", 0) > 0:
        yield f"{name} drops messages after {there['max_age'] / NANOS:g} s; set its max_age to 0"
    if there.get("max_msgs_per_subject", -1) > 0:
        yield f"{name} keeps only {there['max_msgs_per_subject']} messages of a subject; {_JOB}"
    if there.get("allow_rollup_hdrs"):
        yield f"{name} lets a header replace its history (allow_rollup_hdrs); {_JOB}"
    if there.get("allow_msg_ttl"):
        yield f"{name} lets messages expire by a header (allow_msg_ttl); make it anew from a copy"


def incomplete(name: str, state: Mapping[str, Any]) -> Iterator[str]:
    """What is missing in the middle or at the beginning of a log, from JetStream's own count of it. Pure.

    What is missing at its end only somebody who had read it can say.
    """
    first, last, messages = state.get("first_seq", 0), state.get("last_seq", 0), state.get("messages", 0)
    restore = "restore it from a replica or a copy, then let everything be read again"
    if last and first > 1:
        yield f"stream {name} begins at {first}, not at 1: {first - 1} messages are lost; {restore}"
    deleted = max(state.get("num_deleted", 0), last - first + 1 - messages if messages else 0)
    if deleted:
        yield f"stream {name} lacks {deleted} messages between {first} and {last}; {restore}"
    if last and not messages:
        yield f"stream {name} is at {last} and has no messages; {restore}"


async def subjects_of(nc: Client, name: str, subjects_filter: str) -> dict[str, int]:
    """The subjects of a stream that match, each with its number of messages. Raises what nats-py does when it asks,
    NotFoundError where there is no such stream; it makes objects of whatever else the server says, for which
    a process that is idle took a quarter of its time.
    """
    asked = json.dumps({"subjects_filter": subjects_filter}).encode()
    reply = await nc.request(f"$JS.API.STREAM.INFO.{name}", asked, timeout=ANSWER_S)
    answer: Json = json.loads(reply.data)
    if "error" in answer:
        raise APIError.from_error(answer["error"])
    found: dict[str, int] = answer["state"].get("subjects") or {}
    return found


async def stream_info(nc: Client, name: str) -> Json | None:
    """JetStream's answer about a stream, None where there is none. Raises ProvisioningError when it stays silent."""
    answer = await _ask(nc, f"STREAM.INFO.{name}", {})
    if "error" not in answer:
        return answer
    if answer["error"].get("err_code") == _NOT_FOUND:
        return None
    raise ProvisioningError(f"stream {name} cannot be looked at: {answer['error'].get('description', '')}")


async def _ask(nc: Client, what: str, request: Json) -> Json:
    """An answer of JetStream's API; asked again while it has no leader."""
    give_up_at = time.monotonic() + GIVE_UP_S
    while True:
        raise_if_cancelled()
        try:
            reply = await nc.request(f"$JS.API.{what}", json.dumps(request).encode(), timeout=ANSWER_S)
            answer: Json = json.loads(reply.data)
            if answer.get("error", {}).get("code") != 503:
                return answer
        except (TimeoutError, nats.errors.Error):
            pass  # asked again below, within the limit
        if time.monotonic() > give_up_at:
            raise ProvisioningError(f"JetStream does not answer {what} within {GIVE_UP_S:g} s; see that it is enabled")
        await asyncio.sleep(0.1)
