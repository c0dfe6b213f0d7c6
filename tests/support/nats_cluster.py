"""Three nats-servers that are one cluster, for tests that kill one of them. Knows streams only by name and leader."""

import asyncio
import json
from pathlib import Path
from typing import Any

from chassis import embedded
from chassis.child import Child
from nats.aio.client import Client

NODES = ("n1", "n2", "n3")


class NatsCluster:
    """Nodes by name; each may be killed and started again on its own state."""

    def __init__(self, state_dir: Path) -> None:
        routes = {node: embedded.free_port() for node in NODES}
        self.nodes: dict[str, Child] = {}
        for node in NODES:
            self.nodes[node] = embedded.nats(state_dir / node, embedded.free_port())
            config = state_dir / node / "nats" / "server.conf"
            settings = json.loads(config.read_text())
            settings["server_name"] = node
            settings["cluster"] = {
                "name": "switchboard",
                "listen": f"{embedded.LOOPBACK}:{routes[node]}",
                "routes": [f"nats://{embedded.LOOPBACK}:{port}" for other, port in routes.items() if other != node],
            }
            config.write_text(json.dumps(settings))

    async def start(self) -> None:
        """All three; returns when each has found the others."""
        await asyncio.gather(*(child.start() for child in self.nodes.values()))

    def stop(self) -> None:
        for child in self.nodes.values():
            child.kill9()

    @property
    def url(self) -> str:
        """All of them, as a setting names them."""
        return ",".join(child.url for child in self.nodes.values())


async def asked(nc: Client, what: str, request: object = None) -> dict[str, Any]:
    """An answer of JetStream's API."""
    data = b"" if request is None else json.dumps(request).encode()
    answer: dict[str, Any] = json.loads((await nc.request(f"$JS.API.{what}", data, timeout=5)).data)
    return answer


async def leader(nc: Client, stream: str) -> str:
    """The node that leads a stream, "" while there is none."""
    return str((await asked(nc, f"STREAM.INFO.{stream}")).get("cluster", {}).get("leader", ""))


async def lead(nc: Client, stream: str, node: str) -> None:
    """Has a node lead a stream; returns when it does."""
    while await leader(nc, stream) != node:
        await asked(nc, f"STREAM.LEADER.STEPDOWN.{stream}", {"placement": {"preferred": node}})
        await asyncio.sleep(0.1)
