"""A pooler in transaction mode in front of a real PostgreSQL: every transaction of a client is on another connection.

It does to its clients what PgBouncer does with pool_mode = transaction, only always: no startup parameter but a few, an
invented process id, nothing kept from one transaction to the next. In statement mode it ends who begins a transaction.
Each client that logs in brings the connection it logged in with to the pool.
"""

import asyncio
import contextlib
import os
import struct
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_ALLOWED = {"user", "database", "client_encoding", "application_name"}
_SSL_REQUEST = 80_877_103
_Server = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _frame(reader: asyncio.StreamReader) -> bytes:
    """One message with its type and length."""
    head = await reader.readexactly(5)
    return head + await reader.readexactly(int.from_bytes(head[1:], "big") - 4)


def _error(text: str) -> bytes:
    fields = b"SFATAL\0VFATAL\0C08P01\0M" + text.encode() + b"\0\0"
    return b"E" + struct.pack("!i", len(fields) + 4) + fields


class TransactionPooler:
    """One listening pooler."""

    def __init__(self, host: str, port: int, *, statement_mode: bool) -> None:
        self.moves = 0
        """How often a client went on at another server connection than it was at before."""
        self._address = host, port
        self._statement_mode = statement_mode
        self._clients: set[asyncio.Task[None]] = set()
        self._idle: deque[_Server] = deque()
        self._returned = asyncio.Condition()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, until it goes."""
        this = asyncio.current_task()
        assert this
        self._clients.add(this)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            if await self._login(reader, writer):
                await self._transactions(reader, writer)
        self._clients.discard(this)
        writer.close()

    async def _login(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        while True:
            length = int.from_bytes(await reader.readexactly(4), "big")
            body = await reader.readexactly(length - 4)
            if int.from_bytes(body[:4], "big") != _SSL_REQUEST:
                break
            writer.write(b"N")
        words = body[4:].split(b"\0")
        if unknown := {name.decode() for name in words[:-2:2]} - _ALLOWED:
            writer.write(_error(f"unsupported startup parameter: {sorted(unknown)[0]}"))
            await writer.drain()
            return False
        server = await asyncio.open_connection(*self._address)
        server[1].write(length.to_bytes(4, "big") + body)
        while True:
            frame = await _frame(server[0])
            if frame[:1] == b"K":
                frame = frame[:5] + os.urandom(8)
            writer.write(frame)
            if frame[:1] == b"R" and int.from_bytes(frame[5:9], "big") in (3, 5, 10, 11):
                server[1].write(await _frame(reader))
            elif frame[:1] == b"E":
                return False
            elif frame[:1] == b"Z":
                await self._give_back(server)
                return True

    async def _transactions(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        last: _Server | None = None
        pumping: asyncio.Task[None] | None = None
        while (frame := await _frame(reader))[:1] != b"X":
            if self._statement_mode and frame[:1] == b"Q" and frame[5:10] == b"BEGIN":
                writer.write(_error("transaction blocks not allowed in statement pooling mode"))
                await writer.drain()
                return
            if pumping is None or pumping.done():
                async with self._returned:
                    await self._returned.wait_for(lambda: self._idle)
                    server = self._idle.popleft()
                self.moves += last is not None and server is not last
                last = server
                pumping = asyncio.create_task(self._pump(server, writer))
            server[1].write(frame)
        if pumping is not None:
            await pumping

    async def _pump(self, server: _Server, writer: asyncio.StreamWriter) -> None:
        """What the server says, up to the end of the transaction."""
        while True:
            frame = await _frame(server[0])
            ended = frame[:1] == b"Z" and frame[5:6] == b"I"
            if ended:
                await self._give_back(server)
            writer.write(frame)
            if ended:
                return

    async def _give_back(self, server: _Server) -> None:
        async with self._returned:
            self._idle.append(server)
            self._returned.notify()

    async def close(self) -> None:
        """Ends the clients and closes the server connections."""
        left = tuple(self._clients)
        for client in left:
            client.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for _, writer in self._idle:
            writer.close()


@asynccontextmanager
async def pooling(
    host: str, port: int, *, statement_mode: bool = False
) -> AsyncIterator[tuple[TransactionPooler, int]]:
    """A pooler in front of a server, and its port on loopback."""
    pooler = TransactionPooler(host, port, statement_mode=statement_mode)
    listening = await asyncio.start_server(pooler.serve, "127.0.0.1", 0)
    try:
        yield pooler, listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        await pooler.close()
