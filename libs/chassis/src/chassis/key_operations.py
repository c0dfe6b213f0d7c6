"""KeyService: what an operator sees of the keys of the secret file and does with them. What it means is `keyring`'s."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
from switchboard.log.v1 import keys_pb2, keys_pb2_grpc

from chassis.clock import from_datetime, to_timestamp
from chassis.database import Database
from chassis.errors import InvalidRequest
from chassis.keyfile import KeyFileError
from chassis.keyring import Keyring
from chassis.rotation import rotate

_ID_CHARACTERS_MAX = 100


class KeyServicer(keys_pb2_grpc.KeyServiceServicer):
    """switchboard.log.v1.KeyService for one service; it needs no log and no table but those of the vault."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def ListKeys(  # noqa: N802  # gRPC names it
        self,
        request: keys_pb2.ListKeysRequest,
        context: grpc.aio.ServicerContext[keys_pb2.ListKeysRequest, keys_pb2.ListKeysResponse],
    ) -> keys_pb2.ListKeysResponse:
        answer = keys_pb2.ListKeysResponse(finding=await self._keyring.finding() or "")
        try:
            there = set(self._keyring.file.entries)
        except KeyFileError:
            there = set()
        for known in await self._keyring.known():
            answer.keys.add(
                id=known.entry.id,
                use=keys_pb2.KeyUse.Value(f"KEY_USE_{known.entry.use.upper()}"),
                state=keys_pb2.KeyState.Value(f"KEY_STATE_{known.state.upper()}"),
                fingerprint=known.entry.fingerprint.hex(),
                in_file=known.entry in there,
                subject_keys=known.subject_keys,
                tenants=known.trees,
                first_seen_at=to_timestamp(from_datetime(known.first_seen_at)),
                changed_at=to_timestamp(from_datetime(known.changed_at)),
            )
        return answer

    async def RotateKeys(  # noqa: N802
        self,
        request: keys_pb2.RotateKeysRequest,
        context: grpc.aio.ServicerContext[keys_pb2.RotateKeysRequest, keys_pb2.RotateKeysResponse],
    ) -> AsyncIterator[keys_pb2.RotateKeysResponse]:
        _check(request.to, "to")
        async for at in rotate(self._database, self._keyring, request.to):
            yield keys_pb2.RotateKeysResponse(
                rewrapped=at.rewrapped, unreadable=at.unreadable, done=at.done, retired=at.retired
            )

    async def DeclareKeyLost(  # noqa: N802
        self,
        request: keys_pb2.DeclareKeyLostRequest,
        context: grpc.aio.ServicerContext[keys_pb2.DeclareKeyLostRequest, keys_pb2.DeclareKeyLostResponse],
    ) -> keys_pb2.DeclareKeyLostResponse:
        _check(request.id, "id")
        lost = await self._keyring.lose(request.id)
        return keys_pb2.DeclareKeyLostResponse(subject_keys=lost.subject_keys, tenants=lost.trees)


def _check(kek_id: str, field: str) -> None:
    if not kek_id or len(kek_id) > _ID_CHARACTERS_MAX:
        raise InvalidRequest([(field, f"is required, at most {_ID_CHARACTERS_MAX} characters")])
