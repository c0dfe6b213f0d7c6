"""TenantService: the tenants as callers see, create, change and delete them. How one is known to all is `tenants`'."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial

import grpc
from google.protobuf.message import Message
from switchboard.log.v1 import tenants_pb2, tenants_pb2_grpc

from chassis.clock import to_timestamp
from chassis.commands import request_of
from chassis.errors import InvalidRequest, Reason, TenantDeleted
from chassis.filters import Field, holds, parse
from chassis.forms import Judge, together
from chassis.masks import changed_fields
from chassis.regions import REGIONS
from chassis.requests import check_tenant, page, parse_name, time_zone
from chassis.resources import tenant_in
from chassis.tenant_facts import Deletion, TenantSettings
from chassis.tenants import Tenants

CODES: Mapping[str, grpc.StatusCode] = {Reason.TENANT_EXISTS: grpc.StatusCode.ALREADY_EXISTS}
DISPLAY_NAME_MAX = 200
"""Code points of what people call a tenant."""
FIELDS = {field: Field() for field in ("tenant", "display_name", "default_region", "time_zone")}
"""What tenants can be filtered by."""


class TenantServicer(tenants_pb2_grpc.TenantServiceServicer):
    """switchboard.log.v1.TenantService for one service."""

    def __init__(self, tenants: Tenants) -> None:
        self._tenants = tenants

    async def CreateTenant(  # noqa: N802  # gRPC names it
        self,
        request: tenants_pb2.CreateTenantRequest,
        context: grpc.aio.ServicerContext[tenants_pb2.CreateTenantRequest, tenants_pb2.CreateTenantResponse],
    ) -> tenants_pb2.CreateTenantResponse:
        _creation(request)
        given = _settings(request.tenant) if request.HasField("tenant") else None
        after = await self._tenants.ensure(request.tenant_id, given, request_of(request))
        return tenants_pb2.CreateTenantResponse(tenant=self._tenant(request.tenant_id, after))

    async def GetTenant(  # noqa: N802
        self,
        request: tenants_pb2.GetTenantRequest,
        context: grpc.aio.ServicerContext[tenants_pb2.GetTenantRequest, tenants_pb2.GetTenantResponse],
    ) -> tenants_pb2.GetTenantResponse:
        tenant = parse_name("tenants/{tenant}", request.name)["tenant"]
        with suppress(TenantDeleted):  # what is left to say is said
            await self._tenants.require(tenant)
        return tenants_pb2.GetTenantResponse(tenant=self._tenant(tenant))

    async def UpdateTenant(  # noqa: N802
        self,
        request: tenants_pb2.UpdateTenantRequest,
        context: grpc.aio.ServicerContext[tenants_pb2.UpdateTenantRequest, tenants_pb2.UpdateTenantResponse],
    ) -> tenants_pb2.UpdateTenantResponse:
        _update(request)
        tenant = parse_name("tenants/{tenant}", request.tenant.name, "tenant.name")["tenant"]
        fields, _ = changed_fields(request.tenant, request.update_mask)
        wanted = {field: getattr(request.tenant, field) for field in fields}
        asked = request_of(request)
        after = await self._tenants.change(tenant, lambda settings: replace(settings, **wanted), asked)
        return tenants_pb2.UpdateTenantResponse(tenant=self._tenant(tenant, after))

    async def DeleteTenant(  # noqa: N802
        self,
        request: tenants_pb2.DeleteTenantRequest,
        context: grpc.aio.ServicerContext[tenants_pb2.DeleteTenantRequest, tenants_pb2.DeleteTenantResponse],
    ) -> tenants_pb2.DeleteTenantResponse:
        _deletion(request)
        tenant = parse_name("tenants/{tenant}", request.name)["tenant"]
        await self._tenants.delete(tenant, request.requested_by)
        return tenants_pb2.DeleteTenantResponse(tenant=self._tenant(tenant))

    async def ListTenants(  # noqa: N802
        self,
        request: tenants_pb2.ListTenantsRequest,
        context: grpc.aio.ServicerContext[tenants_pb2.ListTenantsRequest, tenants_pb2.ListTenantsResponse],
    ) -> tenants_pb2.ListTenantsResponse:
        asked, wanted = page(request), parse(request.filter, FIELDS)
        after = str(asked.cursor[0]) if asked.cursor else ""
        there = self._tenants.known | self._tenants.deleted if request.show_deleted else self._tenants.known
        rest = [tenant for tenant in sorted(there) if tenant > after and holds(wanted, partial(self._told, tenant))]
        shown, token = asked.cut(rest[: asked.size + 1], lambda tenant: (tenant,))
        return tenants_pb2.ListTenantsResponse(tenants=map(self._tenant, shown), next_page_token=token)

    def _told(self, tenant: str, field: str) -> object:
        return tenant if field == "tenant" else getattr(self._tenants.settings(tenant), field)

    def _tenant(self, tenant_id: str, settings: TenantSettings | None = None) -> tenants_pb2.Tenant:
        """As it is, or with the settings that somebody gave it."""
        settings, deletion = settings or self._tenants.settings(tenant_id), self._tenants.deletion(tenant_id)
        return tenants_pb2.Tenant(
            name=f"tenants/{tenant_id}",
            display_name=settings.display_name,
            default_region=settings.default_region,
            time_zone=settings.time_zone,
            deletion=None if deletion is None else _shown(deletion),
        )


def refuse(tenants: Tenants, request: Message) -> None:
    """Raises TenantDeleted for a request about a deleted tenant that is no question about its deletion."""
    if not isinstance(request, tenants_pb2.GetTenantRequest | tenants_pb2.DeleteTenantRequest):
        by_id = getattr(request, "tenant", "")
        tenants.refuse_deleted(tenant_in(request) or (by_id if isinstance(by_id, str) else ""))


def _shown(deletion: Deletion) -> tenants_pb2.TenantDeletion:
    services = []
    for service in sorted({*deletion.services, *deletion.purged}):
        shown = tenants_pb2.ServiceDeletion(service=service)
        if (purged := deletion.purged.get(service)) is not None:
            shown.deleted.extend(tenants_pb2.DeletedRows(table=table, rows=rows) for table, rows in purged.rows)
            shown.rows_left, shown.keys_destroyed = purged.left, purged.keys
            shown.done_at.CopyFrom(to_timestamp(purged.at))
        services.append(shown)
    done_at = deletion.done_at
    return tenants_pb2.TenantDeletion(
        requested_by=deletion.requested_by,
        requested_at=to_timestamp(deletion.at),
        services=services,
        done_at=None if done_at is None else to_timestamp(done_at),
    )


def _settings(tenant: tenants_pb2.Tenant) -> TenantSettings:
    return TenantSettings(tenant.display_name, tenant.default_region, tenant.time_zone)


def _creation(request: tenants_pb2.CreateTenantRequest) -> None:
    together(
        lambda: check_tenant(request.tenant_id, "tenant_id"),
        lambda: _check(request.tenant),
        lambda: request_of(request),
    )


def _deletion(request: tenants_pb2.DeleteTenantRequest) -> None:
    if len(request.requested_by) > DISPLAY_NAME_MAX or not request.requested_by.isprintable():
        raise InvalidRequest([("requested_by", f"0 to {DISPLAY_NAME_MAX} printable code points are expected")])


def _update(request: tenants_pb2.UpdateTenantRequest) -> None:
    def masked() -> None:
        if wrong := changed_fields(request.tenant, request.update_mask)[1]:
            raise InvalidRequest(wrong)

    together(
        lambda: parse_name("tenants/{tenant}", request.tenant.name, "tenant.name"),
        masked,
        lambda: _check(request.tenant),
        lambda: request_of(request),
    )


def _check(tenant: tenants_pb2.Tenant) -> None:
    """Raises InvalidRequest with all that is wrong with a tenant's settings."""
    wrong = []
    if len(tenant.display_name) > DISPLAY_NAME_MAX or not tenant.display_name.isprintable():
        wrong.append(("tenant.display_name", f"0 to {DISPLAY_NAME_MAX} printable code points are expected"))
    if tenant.default_region and tenant.default_region not in REGIONS:
        wrong.append(("tenant.default_region", 'is a country by ISO 3166-1 alpha-2, such as "DE", or nothing'))
    try:
        time_zone(tenant.time_zone, "tenant.time_zone")
    except InvalidRequest as invalid:
        wrong += invalid.violations
    if wrong:
        raise InvalidRequest(wrong)


JUDGES: Mapping[type[Message], Judge] = {
    tenants_pb2.CreateTenantRequest: _creation,
    tenants_pb2.UpdateTenantRequest: _update,
    tenants_pb2.DeleteTenantRequest: _deletion,
    tenants_pb2.ListTenantsRequest: lambda asked: together(lambda: page(asked), lambda: parse(asked.filter, FIELDS)),
}
"""What is wrong with the form of its requests, beyond what the contract says of their fields."""
