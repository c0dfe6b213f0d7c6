"""Ids that follow from other ids. An identity has the id ingest gives it; a conformance test holds the two together."""

from functools import lru_cache

from chassis.identity import uuid5, uuid5_bytes, uuid_bytes

_ROOT = uuid_bytes("8f0f5c2e-6a41-5d0b-9f3e-2f6d1c7b4a90")
_FOUNDING = uuid_bytes("b7a1b9e6-7a0f-5d0e-8c44-0d0a4f1b6c55")


@lru_cache(maxsize=4096)
def _space(channel: str, account_scope: str) -> bytes:
    return uuid5_bytes(uuid5_bytes(uuid5_bytes(_ROOT, "identity"), channel), account_scope)


def identity_id(channel: str, account_scope: str, external_id: str) -> str:
    """UUIDv5 of an account."""
    return uuid5(_space(channel, account_scope), external_id)


def founded_customer_id(identity: str) -> str:
    """The customer an identity founds: the same for ever, whoever saw it first."""
    return uuid5(_FOUNDING, identity)
