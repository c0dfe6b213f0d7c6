"""A status of X as the peers of bench/peers.py read it: pydantic, the fields a contact centre shows, nothing else."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Annotated

from pydantic import BaseModel, BeforeValidator

_parsed = lru_cache(maxsize=64)(lambda told: datetime.strptime(told, "%a %b %d %H:%M:%S %z %Y"))
"""Posts come many a second, and a second has one text."""


class User(BaseModel):
    id_str: str
    screen_name: str
    name: str
    location: str | None = None
    description: str | None = None
    url: str | None = None
    followers_count: int = 0
    verified: bool = False


class UserMention(BaseModel):
    id_str: str
    screen_name: str


class Entities(BaseModel):
    user_mentions: list[UserMention] = []


class Status(BaseModel):
    id_str: str
    created_at: Annotated[datetime, BeforeValidator(_parsed)]
    text: str
    lang: str | None = None
    in_reply_to_status_id_str: str | None = None
    user: User
    entities: Entities = Entities()

    def kind(self, brand: str) -> str:
        """What sort of contact it is."""
        if self.in_reply_to_status_id_str:
            return "comment"
        return "mention" if any(one.screen_name == brand for one in self.entities.user_mentions) else "post"
