"""The table of channels: which platforms we read ourselves. Any other channel takes posts in our own form only."""

from collections.abc import Callable, Mapping

from chassis.clock import Instant

from ingest.channels import weibo, x
from ingest.normalise import Account, Item, Reason, Unreadable

Adapter = Callable[[bytes, str, Account, Instant], list[Item]]
"""(payload, content type, account, now) -> items. Pure. Raises Unreadable, and nothing else."""

ADAPTERS: Mapping[str, Adapter] = {"weibo": weibo.read, "x": x.read}


def read(payload: bytes, content_type: str, account: Account, now: Instant) -> list[Item]:
    """The items of a platform's payload. Raises Unreadable; a payload no adapter foresaw is parked like any other."""
    adapter = ADAPTERS.get(account.channel)
    if adapter is None:
        raise Unreadable(
            Reason.NO_ADAPTER, f"channel {account.channel} has no adapter; send its posts as normalized_post"
        )
    try:
        return adapter(payload, content_type, account, now)
    except (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError) as unforeseen:
        # One hostile payload must not stop all others. It is kept, and the failure's type names the defect.
        raise Unreadable(Reason.UNFORESEEN, f"the adapter failed with {type(unforeseen).__name__}") from unforeseen
