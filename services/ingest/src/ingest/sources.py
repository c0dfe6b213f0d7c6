"""Which sources are connected, and with which settings. No IO, no clock, no randomness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import assert_never

import msgspec
from chassis.clock import Instant
from chassis.errors import Rejected

from ingest import events


class Reason(StrEnum):
    """Why a source's settings were refused."""

    SOURCE_EXISTS = "SOURCE_EXISTS"
    SOURCE_UNKNOWN = "SOURCE_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be changed about a source."""

    display_name: str = ""
    owned_accounts: tuple[str, ...] = ()
    labels: tuple[events.Label, ...] = ()
    secrets_ref: str = ""
    default_queue: str = ""
    desk: str = ""
    """Who answers for it, as declared; see `desk_of`."""
    listening: bool | None = None
    """Whether all it brings speaks to us, as declared; see `listening_of`."""


@dataclass(frozen=True, slots=True)
class Source:
    """A connected source. `channel` and `account_scope` say what its ids mean and never change."""

    source_id: str
    channel: str
    account_scope: str
    settings: Settings
    connected_at: Instant
    changed_at: Instant


def desk_of(source_id: str, settings: Settings) -> str:
    """Who answers for a source: as declared, else its label `brand`, else its first owned account, else its id."""
    brand = next((label.value for label in settings.labels if label.key == "brand"), "")
    return settings.desk or brand or next(iter(settings.owned_accounts), source_id)


def listening_of(settings: Settings) -> bool:
    """Whether whatever the source brings speaks to us: as declared, else whether it owns no account."""
    return not settings.owned_accounts if settings.listening is None else settings.listening


@dataclass(frozen=True, slots=True)
class Connect:
    """Connect a source."""

    source_id: str
    channel: str
    account_scope: str
    settings: Settings
    at: Instant


@dataclass(frozen=True, slots=True)
class Change:
    """Change settings; a field named in `fields` takes its value from `settings`."""

    source_id: str
    settings: Settings
    fields: tuple[str, ...]
    at: Instant


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Disconnect a source."""

    source_id: str
    at: Instant


Command = Connect | Change | Disconnect


@dataclass(slots=True)
class Sources:
    """The connected sources of a tenant by id."""

    connected: dict[str, Source] = field(default_factory=dict)


def decide(command: Command, sources: Sources) -> Sequence[events.SourceEvent]:
    """Raises Rejected."""
    known = sources.connected.get(command.source_id)
    match command:
        case Connect():
            if known is None:
                return [_connected(command)]
            if (known.channel, known.account_scope, known.settings) == (
                command.channel,
                command.account_scope,
                command.settings,
            ):
                return []
            raise Rejected(
                Reason.SOURCE_EXISTS,
                f"source {command.source_id} is connected with other settings",
                resource=f"sources/{command.source_id}",
            )
        case Change():
            if known is None:
                raise _unknown(command.source_id)
            settings = replace(known.settings, **{name: getattr(command.settings, name) for name in command.fields})
            return [] if settings == known.settings else [_changed(command.source_id, settings, command.at)]
        case Disconnect():
            if known is None:
                raise _unknown(command.source_id)
            return [events.SourceDisconnected(command.source_id, command.at)]
        case _:
            assert_never(command)


def _unknown(source_id: str) -> Rejected:
    return Rejected(Reason.SOURCE_UNKNOWN, f"source {source_id} is not connected", resource=f"sources/{source_id}")


def _connected(command: Connect) -> events.SourceConnected:
    settings = command.settings
    return events.SourceConnected(
        source_id=command.source_id,
        channel=command.channel,
        account_scope=command.account_scope,
        display_name=settings.display_name,
        owned_accounts=settings.owned_accounts,
        labels=settings.labels,
        secrets_ref=settings.secrets_ref,
        default_queue=settings.default_queue,
        desk=settings.desk,
        listening=settings.listening,
        at=command.at,
    )


def _changed(source_id: str, settings: Settings, at: Instant) -> events.SourceChanged:
    return events.SourceChanged(
        source_id=source_id,
        display_name=settings.display_name,
        owned_accounts=settings.owned_accounts,
        labels=settings.labels,
        secrets_ref=settings.secrets_ref,
        default_queue=settings.default_queue,
        desk=settings.desk,
        listening=settings.listening,
        at=at,
    )


def evolve(sources: Sources, event: events.SourceEvent) -> Sources:
    """Takes a fact into the state, in place. A change of a source that is not there changes nothing."""
    match event:
        case events.SourceConnected():
            settings = declared(event)
            sources.connected[event.source_id] = Source(
                event.source_id, event.channel, event.account_scope, settings, event.at, event.at
            )
        case events.SourceChanged():
            before = sources.connected.get(event.source_id)
            if before is not None:
                sources.connected[event.source_id] = replace(before, settings=declared(event), changed_at=event.at)
        case events.SourceDisconnected():
            sources.connected.pop(event.source_id, None)
        case _:
            assert_never(event)
    return sources


def declared(event: events.SourceConnected | events.SourceChanged) -> Settings:
    """The settings a fact tells."""
    return Settings(
        event.display_name,
        event.owned_accounts,
        event.labels,
        event.secrets_ref,
        event.default_queue,
        event.desk,
        event.listening,
    )


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Source]).decode


def dump(sources: Sources) -> bytes:
    """Canonical bytes: equal states, equal bytes."""
    return _encode([sources.connected[key] for key in sorted(sources.connected)])


def load(data: bytes) -> Sources:
    """The state these bytes are of."""
    return Sources({source.source_id: source for source in _decode(data)})
