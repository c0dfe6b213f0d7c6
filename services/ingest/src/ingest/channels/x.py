"""X: which form a payload is in. Pure: bytes in, items out; the forms themselves are read by `x_v1` and `x_v2`."""

from __future__ import annotations

from chassis.clock import Instant

from ingest.channels import x_v1, x_v1_plain, x_v2, x_v2_plain
from ingest.documents import documents, table
from ingest.normalise import Account, Item, Reading, Reason, Unreadable

_WITHOUT_POSTS = frozenset(
    # Keys of answers about accounts, lists, media, settings; of what streams say of themselves; of other activity.
    "users ids lists friends friends_str relationship trends categories slug errors error token_type"  # noqa: SIM905  (words read as words)
    " access_token media_id environments screen_name welcome_message welcome_message_rules sizes tos privacy"
    " photo_sizes country_code query connections member_count subscriber_count code webhooks valid as_of"
    " download_url participant_count summary limit warning disconnect control for_user"
    " status_undelete user_undelete user_unprotect user_unsuspend follow_events favorite_events block_events"
    " mute_events user_event direct_message_indicate_typing_events direct_message_mark_read_events".split()
)
_PAGES = ("statuses", "results", "tweets")
_COMPLIANCE = frozenset({"delete", "status_withheld", "scrub_geo", *x_v1.USER_GONE})


def read(payload: bytes, content_type: str, account: Account, now: Instant) -> list[Item]:
    """The items of one delivery in the order in which it names them. Raises Unreadable for the delivery as a whole."""
    found = documents(payload, content_type)
    reading = Reading(account, now)
    if len(found) == 1:
        _document(found[0], "", reading)
    else:
        for number, document in enumerate(found, 1):
            try:
                _document(document, f"line {number}: ", reading)
            except Unreadable as refusal:
                reading.flaw(f"line {number}", Unreadable(refusal.reason, f"line {number}: {refusal.detail}"))
    return reading.items


def plain(payload: bytes, account: Account, now: Instant) -> list[Item] | None:
    """The items of a payload in one of the plain forms; None, or any exception, for all others."""
    read = x_v2_plain.read if payload.startswith(b'{"data"') else x_v1_plain.read
    return read(payload, account, now)


def _document(document: object, where: str, reading: Reading) -> None:
    if type(document) is list:
        _each(document, where, {}, reading)
    elif type(document) is not dict:
        raise Unreadable(Reason.UNKNOWN_FORM, "the payload is neither an object nor an array")
    elif "text" in document or "full_text" in document:
        _one(document, where, {}, reading)
    elif "data" in document:
        x_v2.read(document, where, reading)
    elif "for_user_id" in document:
        _each(document.get("tweet_create_events"), f"{where}tweet_create_events", {}, reading)
        x_v1.activity(document, where, reading)
    elif any(type(document.get(page)) is list for page in _PAGES):
        for page in _PAGES:
            _each(document.get(page), f"{where}{page}", {}, reading)
    elif not _COMPLIANCE.isdisjoint(document):
        x_v1.compliance(document, where, reading)
    elif type(document.get("direct_message")) is dict:
        _one(document["direct_message"], f"{where}direct_message", {}, reading)
    elif type(document.get("event")) is dict:
        x_v1.messages([document["event"]], f"{where}event", {}, reading)
    elif "events" in document:
        x_v1.messages(document["events"], f"{where}events", table(document.get("users")), reading)
    elif type(document.get("twitter_objects")) is dict:
        known = table(document["twitter_objects"])
        for index, status in enumerate(table(known.get("tweets")).values()):
            _one(status, f"{where}twitter_objects.tweets[{index}]", table(known.get("users")), reading)
    elif type(document.get("id")) is dict:
        for index, status in enumerate(table(document["id"]).values()):
            if status is not None:
                _one(status, f"{where}id[{index}]", {}, reading)
    elif not _silent(document):
        raise Unreadable(Reason.UNKNOWN_FORM, f"{where}no form of X that we know")


def _silent(d: dict[str, object]) -> bool:
    """Something X says that holds no post: an account, a list, a problem, an event of a user stream."""
    return (
        not _WITHOUT_POSTS.isdisjoint(d)
        or {"title", "detail", "status"} <= d.keys()
        or {"title", "state", "started_at"} <= d.keys()
        or (type(d.get("event")) is str and "source" in d)
    )


def _each(elements: object, where: str, users: dict[str, object], reading: Reading) -> None:
    if type(elements) is list:
        for index, element in enumerate(elements):
            _one(element, f"{where}[{index}]", users, reading)
    elif elements is not None:
        raise Unreadable(Reason.WRONG_TYPE, f"{where} is not an array")


def _one(element: object, where: str, users: dict[str, object], reading: Reading) -> None:
    """A status, an old direct message, a deletion, or something that is none."""
    try:
        if type(element) is not dict:
            raise Unreadable(Reason.UNKNOWN_FORM, f"{where or 'the payload'} is not an object")
        if "text" in element or "full_text" in element:
            if "sender_id" in element or "sender" in element:
                reading.add(x_v1.old_message(element, where, reading.now))
            elif "screen_name" not in element:
                reading.add(x_v1.status(element, where, users, reading))
        elif not _COMPLIANCE.isdisjoint(element):
            x_v1.compliance(element, f"{where}.", reading)
        elif not _silent(element):
            raise Unreadable(Reason.UNKNOWN_FORM, f"{where} is no form of X that we know")
    except Unreadable as refusal:
        reading.flaw(where, refusal)
