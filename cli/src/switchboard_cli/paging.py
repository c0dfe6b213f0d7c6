"""The first of a list, and how many there are. It knows AIP-158 pages, no resource."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

PAGE = 1000
COUNTED_MAX = 20_000
"""Further than this nobody counts on a screen."""


class Page(NamedTuple):
    """What is shown of a list: `total` says how many there are, `exact` whether there are not even more."""

    items: list[Any]
    total: int
    exact: bool

    def note(self, what: str, most: int = PAGE) -> str:
        """A sentence where the list is cut, "" where all of it is shown; `most` is the largest --limit there is."""
        shown = len(self.items)
        if self.exact and shown == self.total:
            return ""
        return f"{shown:,} of {'' if self.exact else 'more than '}{self.total:,} {what}" + (
            "; --limit shows more" if shown < most else ""
        )


async def first(call: Callable[..., Awaitable[Any]], request: Any, field: str, limit: int, timeout_s: float) -> Page:
    """The first `limit` things of a list whose answers have them in `field`; the others are counted."""
    items: list[Any] = []
    total, token = 0, ""
    while True:
        request.page_size = min(PAGE, limit - len(items)) if len(items) < limit else PAGE
        request.page_token = token
        answer = await call(request, timeout=timeout_s)
        found = getattr(answer, field)
        items += found[: limit - len(items)]
        total += len(found)
        token = answer.next_page_token
        if not token or total >= COUNTED_MAX:
            return Page(items, total, not token)
