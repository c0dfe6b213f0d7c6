"""The table of channels: which platforms we read ourselves. Any other channel takes posts in our own form only."""

from collections.abc import Callable, Mapping

import msgspec
from chassis.clock import Instant

from ingest.channels import weibo, x
from ingest.documents import is_plain_json
from ingest.normalise import Account, Item, Reason, Unreadable

Adapter = Callable[[bytes, str, Account, Instant], list[Item]]
"""(payload, content type, account, now) -> items. Pure. Raises Unreadable, and nothing else."""

ADAPTERS: Mapping[str, Adapter] = {"weibo": weibo.read, "x": x.read}

Plain = Callable[[bytes, Account, Instant], list[Item] | None]
"""(payload, account, now) -> what the adapter would say of it, only faster; None, or any error, for what it cannot."""

PLAIN: Mapping[str, Plain] = {"x": x.plain}
"""The short way for the forms a platform sends most, see `typed`. A channel has one where it pays."""

_UNFORESEEN = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError)


def read(payload: bytes, content_type: str, account: Account, now: Instant) -> list[Item]:
    """The items of a platform's payload. Raises Unreadable; a payload no adapter foresaw is parked like any other."""
    if (items := read_plain(payload, content_type, account, now)) is not None:
        return items
    return read_any(payload, content_type, account, now)


def read_plain(payload: bytes, content_type: str, account: Account, now: Instant) -> list[Item] | None:
    """The items of a payload in a plain form; None where it is in another, or in none."""
    plain = PLAIN.get(account.channel)
    if plain is None or not is_plain_json(payload, content_type):
        return None
    try:
        return plain(payload, account, now)
    except (msgspec.MsgspecError, Unreadable, *_UNFORESEEN):
        return None  # the adapter says what is wrong, if anything is


def read_any(payload: bytes, content_type: str, account: Account, now: Instant) -> list[Item]:
    """The items of a payload in any form. Raises Unreadable."""
    adapter = ADAPTERS.get(account.channel)
    if adapter is None:
        raise Unreadable(
            Reason.NO_ADAPTER, f"channel {account.channel} has no adapter; send its posts as normalized_post"
        )
    try:
        return adapter(payload, content_type, account, now)
    except _UNFORESEEN as unforeseen:
        # One hostile payload must not stop all others. It is kept, and the failure's type names the defect.
        raise Unreadable(Reason.UNFORESEEN, f"the adapter failed with {type(unforeseen).__name__}") from unforeseen
