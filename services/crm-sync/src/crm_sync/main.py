"""Where crm-sync is put together: its shard, its tables, its server."""

from __future__ import annotations

import sys

from chassis.assembly import Assembly
from chassis.commits import Recorded
from chassis.config import Environment, Settings, read
from chassis.erasures import Erasures
from chassis.inputs import Inputs
from chassis.obligations import Obligation
from chassis.process import Build, Process, main
from chassis.provisioning import Resources
from switchboard.crm.v1 import events_structs, service_pb2_grpc

from crm_sync.decider import Command
from crm_sync.judges import judges
from crm_sync.reactions import Reactions
from crm_sync.servicer import CODES, CONTEXT, LIMITS, SHARD, CustomerServicer
from crm_sync.shards import DECIDER, CustomersBacking, Requests
from crm_sync.views.customers import Customers

RESOURCES = Resources("crm-sync", tables=(Customers.schema,), vault=True)
_ERASED = events_structs.SubjectErased.NAME


def _identity_of(erased: Recorded) -> str:
    return str(erased.body.identity_id)


async def build(process: Process) -> None:
    """Constructs the service and starts it."""
    parts = await Assembly.open(process, CONTEXT, RESOURCES)
    database, clock = parts.database, process.settings.clock
    vault = parts.vault(Erasures(CONTEXT, _ERASED, _identity_of))
    projection = await parts.projection(Customers())

    async def destroy(event: Recorded) -> None:
        await vault.destroy(event.tenant, event.body.identity_id)

    await parts.reactor("crm-erasures", destroy, {_ERASED: _identity_of})

    def region_of(tenant: str) -> str:
        return parts.tenants.settings(tenant).default_region

    inputs: Inputs[Command] = Inputs(context="post", prepare=Reactions(vault, region_of).prepare)
    host = parts.host(
        (SHARD,),
        DECIDER,
        Requests(vault, clock),
        backing=CustomersBacking(database),
        inputs=inputs,
        codes=CODES,
    )
    servicer = CustomerServicer(
        host=host, database=database, projection=projection, tenants=parts.tenants, vault=vault, clock=clock
    )
    owed = Obligation("erasures", request=_ERASED, key=_identity_of, ended=vault.destroyed)
    await parts.serve(
        (service_pb2_grpc.add_CustomerServiceServicer_to_server, servicer),
        codes=CODES,
        limits=LIMITS,
        judges=judges(process.settings.clock),
        obligations=(owed,),
    )


def configure(environment: Environment) -> tuple[Settings, Build]:
    """Settings of crm-sync."""
    return read(environment, "crm-sync", sealing=True), build


if __name__ == "__main__":
    sys.exit(main(configure))
