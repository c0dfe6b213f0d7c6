"""TenantService: the tenants as callers see and create them. How one is known to all is `tenants`'."""

from __future__ import annotations

from collections.abc import Mapping

import grpc
from google.protobuf.message import Message
from switchboard.log.v1 import tenants_pb2, tenants_pb2_grpc

from chassis.forms import Judge
from chassis.requests import check_tenant, page, parse_name
from chassis.tenants import Tenants

JUDGES: Mapping[type[Message], Judge] = {
    tenants_pb2.CreateTenantRequest: lambda asked: check_tenant(asked.tenant_id, "tenant_id"),
    tenants_pb2.ListTenantsRequest: page,
}
"""What is wrong with the form of its requests, beyond what the contract says of their fields."""


class TenantServicer(tenants_pb2_grpc.TenantServiceServicer):
    """switchboard.log.v1.TenantService for one service."""

    def __init__(self, tenants: Tenants) -> None:
        self._tenants = tenants

    async def CreateTenant(  # noqa: N802  # gRPC names it
        self,
        request: tenants_pb2.CreateTenantRequest,
        context: grpc.aio.ServicerContext[tenants_pb2.CreateTenantRequest, tenants_pb2.CreateTenantResponse],
    ) -> tenants_pb2.CreateTenantResponse:
        await self._tenants.ensure(check_tenant(request.tenant_id, "tenant_id"))
        return tenants_pb2.CreateTenantResponse(tenant=_tenant(request.tenant_id))

    async def GetTenant(  # noqa: N802
        self,
        request: tenants_pb2.GetTenantRequest,
        context: grpc.aio.ServicerContext[tenants_pb2.GetTenantRequest, tenants_pb2.GetTenantResponse],
    ) -> tenants_pb2.GetTenantResponse:
        tenant = parse_name("tenants/{tenant}", request.name)["tenant"]
        await self._tenants.require(tenant)
        return tenants_pb2.GetTenantResponse(tenant=_tenant(tenant))

    async def ListTenants(  # noqa: N802
        self,
        request: tenants_pb2.ListTenantsRequest,
        context: grpc.aio.ServicerContext[tenants_pb2.ListTenantsRequest, tenants_pb2.ListTenantsResponse],
    ) -> tenants_pb2.ListTenantsResponse:
        asked = page(request)
        after = str(asked.cursor[0]) if asked.cursor else ""
        rest = [tenant for tenant in sorted(self._tenants.known) if tenant > after]
        shown, token = asked.cut(rest[: asked.size + 1], lambda tenant: (tenant,))
        return tenants_pb2.ListTenantsResponse(tenants=map(_tenant, shown), next_page_token=token)


def _tenant(tenant_id: str) -> tenants_pb2.Tenant:
    return tenants_pb2.Tenant(name=f"tenants/{tenant_id}")
