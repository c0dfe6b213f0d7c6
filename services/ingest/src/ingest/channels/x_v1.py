"""X: the v1.1 forms (statuses, direct messages, Account Activity, compliance) and what they share with v2. Pure.

A post embedded in another (retweeted, quoted) is context, not a post of this delivery; what a retweet repeats is read
from it. A chain of edits is one post named by its first id, whichever version a payload shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from chassis.clock import MICROS, Instant
from switchboard.ingest.v1 import events_pb2, post_pb2
from switchboard.ingest.v1.post_structs import Author, Location, PersonalContent, ProfileAttribute

from ingest.channels import x_text
from ingest.documents import checked_text, count, decoration, mapping, numeric_id, objects, table
from ingest.events import Location as Told
from ingest.instants import EARLIEST, epoch_ms, platform_time
from ingest.language import language_of
from ingest.normalise import (
    Account,
    AuthorGone,
    Item,
    LocationGone,
    Mention,
    Observation,
    Reading,
    Reason,
    Unreadable,
    Withdrawal,
    extent_of,
    folded,
)
from ingest.personal import encoded, located

USER_GONE = {
    "user_delete": events_pb2.WITHDRAWAL_REASON_DELETED,
    "user_suspend": events_pb2.WITHDRAWAL_REASON_DELETED,
    "user_protect": events_pb2.WITHDRAWAL_REASON_PROTECTED,
    "user_withheld": events_pb2.WITHDRAWAL_REASON_WITHHELD,
}
_ADDRESS = re.compile(r"https?://\S+")
_EDITS = ("edit_controls", "edit_control", "edit_history", "edit_history_tweet_ids")
_QUOTES = ("quoted_status_id_str", "quoted_status_id", "quoted_status")
_PLACES = ("place", "coordinates", "geo")
_VERSIONS_MAX = 100
"""Against: X allows five edits."""
_INT32_MAX = 2**31 - 1
_MILLISECOND_BITS = 22
"""Of a snowflake, below its milliseconds."""
_SNOWFLAKES_FROM = 1 << 36
"""Ids above this are snowflakes (since November 2010) and tell their millisecond."""


def status(d: dict[str, object], where: str, users: dict[str, object], reading: Reading) -> Observation:
    """A v1.1 status. Raises Unreadable."""
    at = f"{where}." if where else ""
    external_id = _id(d, "id", at)
    if type(user := d.get("user")) is not dict:
        user = mapping(user, f"{at}user")
    author_id = _id(user, "id", f"{at}user.")
    if "screen_name" not in user and author_id in users:
        user = mapping(users[author_id], f"{at}user")
    published_at = platform_time(d.get("created_at"), f"{at}created_at", reading.now)
    version = version_of(d, external_id, at)
    edited_at: Instant | None = None
    if version.number:
        minted = snowflake_time(version.first_id)
        edited_at, published_at = published_at, published_at if minted is None else whole_second(minted)
    external_id = version.first_id

    written = x_text.written(d, f"{at}text")
    repeated = d.get("retweeted_status")
    if repeated:
        written = x_text.reposted(written, table(repeated))
    said = x_text.content(written)
    text = said.text
    in_reply_to = conversation = ""
    if parent := d.get("in_reply_to_status_id_str") or d.get("in_reply_to_status_id"):
        in_reply_to = numeric_id(parent, f"{at}in_reply_to_status_id")
    if thread := d.get("conversation_id_str") or d.get("conversation_id"):
        conversation = numeric_id(thread, f"{at}conversation_id")
    answered = d.get("in_reply_to_user_id_str") or d.get("in_reply_to_user_id")
    mentions = x_text.spoken_to(said.named, answered, d.get("in_reply_to_screen_name"))
    quoted = _quoted(d)
    is_bare_repost = bool(repeated) or (bool(quoted) and not has_own_words(text, bool(said.media)))
    repost_of = id_if_any(repeated, "id") if repeated else quoted
    handle = decoration(user.get("screen_name"), 200)
    followers = count(user.get("followers_count"))
    location = _location(d) if d.get("place") or d.get("coordinates") else None
    author = described(author_id, handle, user, followers)
    personal = PersonalContent(
        text, author, tuple(said.entities), tuple(said.media), location, external_id, "", conversation, in_reply_to
    )
    return Observation(
        where,
        external_id,
        author_id,
        handle,
        kind_of(in_reply_to, mentions, reading.account, is_quote=bool(quoted), is_bare_repost=is_bare_repost),
        published_at,
        language_of(d.get("lang"), text),
        encoded(personal),
        text.encode(),
        len(text),
        followers,
        post_pb2.VISIBILITY_LIMITED if user.get("protected") is True else post_pb2.VISIBILITY_PUBLIC,
        conversation,
        in_reply_to,
        (),
        version.number,
        edited_at,
        mentions=mentions,
        repost_of=repost_of,
        is_bare_repost=is_bare_repost,
        alias_ids=version.alias_ids,
        alias_numbers=version.alias_numbers,
        is_cut=written.is_cut,
        location=_told(location, d),
        extent=extent_of(len(text), len(said.media)),
    )


def _quoted(d: dict[str, object]) -> str:
    """The id of the post that a post with own words quotes, "" when it quotes none."""
    if d.keys().isdisjoint(_QUOTES):
        return ""
    return id_if_any(d, "quoted_status_id") or id_if_any(d.get("quoted_status"), "id")


def id_if_any(d: object, key: str) -> str:
    """An id of something embedded: a flaw there is none of the post that embeds it."""
    try:
        return _id(d, key, "") if type(d) is dict else ""
    except Unreadable:
        return ""


def _id(d: dict[str, object], key: str, where: str) -> str:
    """`id_str` before `id`: numbers above 2**53 are rounded by many a relay, their texts are not."""
    text = d.get("id_str" if key == "id" else f"{key}_str")
    return numeric_id(text if text is not None else d.get(key), f"{where}{key}")


class Version(NamedTuple):
    """Which version of a post a payload shows. `number`: 0 for the original, else what its id says of its place."""

    first_id: str
    number: int
    alias_ids: tuple[str, ...]
    """The ids of the other versions."""
    alias_numbers: tuple[int, ...]
    """Which version each of them is."""


def version_of(d: dict[str, object], own: str, where: str) -> Version:
    """The chain of edits that a v1.1 or v2 post stands in, in whichever of X's words. Raises Unreadable."""
    if d.keys().isdisjoint(_EDITS):
        return Version(own, 0, (), ())
    control = table(d.get("edit_controls") or d.get("edit_control"))
    edit = table(control.get("edit"))
    chain = {own}
    for place, holder, first, all_of in (
        ("edit_history.", table(d.get("edit_history")), "initial_tweet_id", "edit_tweet_ids"),
        ("", d, "", "edit_history_tweet_ids"),
        ("edit_control.", control, "initial_tweet_id", "edit_tweet_ids"),
        ("edit_control.edit.", edit, "initial_tweet_id", "edit_tweet_ids"),
        ("edit_control_initial.", table(control.get("edit_control_initial")), "", "edit_tweet_ids"),
    ):
        if type(versions := holder.get(all_of)) is list:
            chain.update([numeric_id(version, f"{where}{place}{all_of}") for version in versions[:_VERSIONS_MAX]])
        if holder.get(first):
            chain.add(numeric_id(holder[first], f"{where}{place}{first}"))
    if len(chain) == 1:
        return Version(own, 0, (), ())
    first_id, *others = sorted(chain, key=int)  # ids are minted in order
    numbers = _numbers(first_id, others)
    number = 0 if own == first_id else numbers[others.index(own)]
    return Version(first_id, number, tuple(others), numbers)


def _numbers(first_id: str, others: Sequence[str]) -> tuple[int, ...]:
    """Numbers of versions in their order: the milliseconds from the first id to each.

    Many a form names the first version and its own only, so the place in what is shown of a chain is none in the chain.
    Ids that tell no time are older than edits are; they are counted.
    """
    if snowflake_time(first_id) is None:
        return tuple(range(1, len(others) + 1))
    minted = int(first_id) >> _MILLISECOND_BITS
    return tuple(min(max(1, (int(other) >> _MILLISECOND_BITS) - minted), _INT32_MAX) for other in others)


def snowflake_time(external_id: str) -> Instant | None:
    """When an id was minted, to the millisecond; None for ids that do not tell."""
    number = int(external_id)
    at = Instant(((number >> _MILLISECOND_BITS) + 1_288_834_974_657) * 1000)
    return at if number > _SNOWFLAKES_FROM and at > EARLIEST else None


def whole_second(at: Instant) -> Instant:
    """As v1.1 tells times: without fractions, so that an original and its edits tell the same."""
    return Instant(at - at % MICROS)


def kind_of(
    in_reply_to: str, mentions: Iterable[Mention], account: Account, *, is_quote: bool, is_bare_repost: bool
) -> int:
    """What sort of contact a public post is."""
    if is_bare_repost:
        return post_pb2.POST_KIND_REPOST
    if in_reply_to:
        return post_pb2.POST_KIND_COMMENT
    if owned := account.owned:
        for external_id, handle in mentions:
            if external_id in owned or folded(handle) in owned:
                return post_pb2.POST_KIND_MENTION
    return post_pb2.POST_KIND_REPOST if is_quote else post_pb2.POST_KIND_POST


def has_own_words(text: str, media: bool) -> bool:
    """Whether a quoting post says anything itself: more than the address of what it quotes."""
    return media or bool(_ADDRESS.sub("", text).strip())


def described(author_id: str, handle: str, user: dict[str, object], followers: int) -> Author:
    """An author: who it is and what the account says of itself."""
    location, description, url = user.get("location"), user.get("description"), user.get("url")
    attributes = profile(location, description, url, user.get("verified"), followers)
    return Author("", author_id, handle, decoration(user.get("name"), 200), attributes)


def profile(
    location: object, description: object, url: object, verified: object, followers: int
) -> tuple[ProfileAttribute, ...]:
    """What an account says of itself, as far as it says anything."""
    said = []
    if location:
        said.append(ProfileAttribute("location", decoration(location)))
    if description:
        said.append(ProfileAttribute("description", decoration(description)))
    if url:
        said.append(ProfileAttribute("url", decoration(url)))
    if type(verified) is bool:
        said.append(ProfileAttribute("verified", "true" if verified else "false"))
    if followers:
        said.append(ProfileAttribute("followers_count", str(followers)))
    return tuple(said)


def _location(d: dict[str, object]) -> Location | None:
    place, point = table(d.get("place")), d.get("coordinates")
    name = decoration(place.get("full_name") or place.get("name"), 500)
    return located(name, point.get("coordinates") if type(point) is dict else None)


def between(one: str, other: str) -> str:
    """The conversation of two accounts as v2 names it: the smaller id first."""
    return "-".join(sorted((one, other), key=int))


def message(
    where: str,
    sender: dict[str, object],
    *,
    external_id: str,
    sender_id: str,
    recipient_id: str,
    conversation: str,
    written: x_text.Written,
    at: Instant,
) -> Observation:
    """A direct message, whichever form it came in; without a `recipient_id` where several are meant."""
    said = x_text.content(written)
    text = said.text
    followers = count(sender.get("followers_count"))
    handle = decoration(sender.get("screen_name") or sender.get("username"), 200)
    author = described(sender_id, handle, sender, followers)
    personal = PersonalContent(
        text, author, tuple(said.entities), tuple(said.media), None, external_id, "", conversation
    )
    return Observation(
        where,
        external_id,
        sender_id,
        handle,
        post_pb2.POST_KIND_DIRECT_MESSAGE,
        at,
        language_of(None, text),
        encoded(personal),
        "\0".join([text, *[medium.uri for medium in said.media]]).encode(),
        len(text),
        followers,
        post_pb2.VISIBILITY_PRIVATE,
        conversation,
        mentions=x_text.spoken_to(said.named, None, None),
        recipient_id=recipient_id,
        extent=extent_of(len(text), len(said.media)),
    )


def old_message(d: dict[str, object], where: str, now: Instant) -> Observation:
    """A direct message as v1.1 told it before it had events. Raises Unreadable."""
    at = f"{where}." if where else ""
    sender = d["sender"] if type(d.get("sender")) is dict else {"screen_name": d.get("sender_screen_name")}
    recipient = table(d.get("recipient"))
    sender_id = _id(d, "sender_id", at) if "sender_id" in d else _id(table(d.get("sender")), "id", f"{at}sender.")
    recipient_id = _id(d, "recipient_id", at) if "recipient_id" in d else _id(recipient, "id", f"{at}recipient.")
    published_at = platform_time(d.get("created_at"), f"{at}created_at", now)
    return message(
        where,
        table(sender),
        external_id=_id(d, "id", at),
        sender_id=sender_id,
        recipient_id=recipient_id,
        conversation=between(sender_id, recipient_id),
        written=x_text.written(d, f"{at}text"),
        at=published_at,
    )


def messages(events: object, where: str, users: dict[str, object], reading: Reading) -> None:
    """Appends the items of `message_create` events; typing and read receipts hold none. Raises Unreadable."""
    if type(events) is not list:
        raise Unreadable(Reason.WRONG_TYPE, f"{where} is not an array")
    for index, event in enumerate(events):
        place = f"{where}[{index}]"
        try:
            kind = mapping(event, place).get("type")
            if kind == "message_create":
                reading.add(_message_event(event, place, users, reading.now))
            elif type(kind) is not str:
                raise Unreadable(Reason.UNKNOWN_FORM, f"{place}.type is missing")
        except Unreadable as refusal:
            reading.flaw(place, refusal)


def _message_event(event: dict[str, object], where: str, users: dict[str, object], now: Instant) -> Observation:
    place = f"{where}.message_create"
    created = mapping(event.get("message_create"), place)
    data = mapping(created.get("message_data"), f"{place}.message_data")
    target = mapping(created.get("target"), f"{place}.target")
    sender_id = numeric_id(created.get("sender_id"), f"{place}.sender_id")
    recipient_id = numeric_id(target.get("recipient_id"), f"{place}.target.recipient_id")
    return message(
        where,
        table(users.get(sender_id)),
        external_id=numeric_id(event.get("id"), f"{where}.id"),
        sender_id=sender_id,
        recipient_id=recipient_id,
        conversation=between(sender_id, recipient_id),
        written=_message_data(data, f"{place}.message_data"),
        at=epoch_ms(event.get("created_timestamp"), f"{where}.created_timestamp", now),
    )


def _message_data(data: dict[str, object], where: str) -> x_text.Written:
    """What a message says: its text, and its picture, which may be all of it."""
    attachment = table(data.get("attachment"))
    text = data.get("text")
    said = checked_text("" if text is None and attachment else text, f"{where}.text")
    return x_text.Written(said, data.get("entities") or None, [attachment.get("media")], False)


def _told(location: Location | None, d: dict[str, object]) -> Told:
    """v1.1 writes null where a post has no place; a form that leaves the keys out does not say."""
    if location is not None:
        return Told.TOLD
    return Told.UNTOLD if d.keys().isdisjoint(_PLACES) else Told.NONE


def activity(document: dict[str, object], where: str, reading: Reading) -> None:
    """The messages and deletions of an Account Activity payload."""
    users = table(document.get("users"))
    if "direct_message_events" in document:
        messages(document["direct_message_events"], f"{where}direct_message_events", users, reading)
    for index, gone in enumerate(objects(document.get("tweet_delete_events"))):
        _guarded(_deleted, gone, f"{where}tweet_delete_events[{index}].", reading)


def compliance(document: dict[str, object], where: str, reading: Reading) -> None:
    """Appends what a compliance message takes away: a post, or all posts of an account."""
    if type(deleted := document.get("delete")) is dict:
        _guarded(_deleted, deleted, f"{where}delete.", reading)
    if type(withheld := document.get("status_withheld")) is dict:
        _guarded(_withheld, withheld, f"{where}status_withheld.", reading)
    if type(scrubbed := document.get("scrub_geo")) is dict:
        _guarded(_scrubbed, scrubbed, f"{where}scrub_geo.", reading)
    for key, reason in USER_GONE.items():
        if type(user := document.get(key)) is dict:
            place = f"{where}{key}."
            try:
                reading.add(AuthorGone(place, _id(user, "id", place), reason, _moment(user, place, reading.now)))
            except Unreadable as refusal:
                reading.flaw(place, refusal)


def _guarded(
    reader: Callable[[dict[str, object], str, Instant], Item], d: dict[str, object], where: str, reading: Reading
) -> None:
    try:
        reading.add(reader(d, where, reading.now))
    except Unreadable as refusal:
        reading.flaw(where, refusal)


def _deleted(d: dict[str, object], where: str, now: Instant) -> Item:
    gone = d.get("status") or d.get("direct_message")
    external_id = _id(mapping(gone, f"{where}status"), "id", f"{where}status.")
    return Withdrawal(where, external_id, events_pb2.WITHDRAWAL_REASON_DELETED, _moment(d, where, now))


def _withheld(d: dict[str, object], where: str, now: Instant) -> Item:
    return Withdrawal(where, _id(d, "id", where), events_pb2.WITHDRAWAL_REASON_WITHHELD, _moment(d, where, now))


def _scrubbed(d: dict[str, object], where: str, now: Instant) -> Item:
    until = snowflake_time(_id(d, "up_to_status_id", where))
    return LocationGone(where, _id(d, "user_id", where), until, _moment(d, where, now))


def _moment(d: dict[str, object], where: str, now: Instant) -> Instant | None:
    return epoch_ms(d["timestamp_ms"], f"{where}timestamp_ms", now) if d.get("timestamp_ms") is not None else None
