"""Provisions as the deployment's job does, for tests that run a service or a part of one. Knows no test."""

from chassis.config import Environment, Settings, read
from chassis.provisioning import Resources, provision
from chassis.streams import TENANTS, log_stream, members, provision_streams
from nats.aio.client import Client

LOG_BYTES = 1 << 32


async def provision_log(nc: Client, *services: str, replicas: int = 1, log_bytes: int = LOG_BYTES) -> None:
    """The log, the tenants, and the members of these services."""
    declared = (log_stream(log_bytes), TENANTS, *(members(service) for service in services))
    await provision_streams(nc, declared, replicas)


async def provision_service(resources: Resources, nats_url: str, database_url: str) -> Settings:
    """All that one service needs; answers the settings it was provisioned with."""
    environment = Environment({"SWITCHBOARD_NATS_URL": nats_url, "SWITCHBOARD_DATABASE_URL": database_url})
    settings = read(environment, resources.service)
    environment.check()
    await provision(settings, resources)
    return settings
