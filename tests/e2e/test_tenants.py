"""Tenants as callers create and find them, at whichever service they ask."""

from __future__ import annotations

import time
import uuid

import grpc
import pytest
from running_stack import RunningStack
from switchboard.log.v1 import tenants_pb2, tenants_pb2_grpc

PATIENCE_S = 30.0
SERVICES = ("ingest", "routing", "crm", "kpi")


def test_a_tenant_that_one_service_creates_is_known_to_all(stack: RunningStack) -> None:
    tenant = f"t-{uuid.uuid4().hex[:12]}"
    with stack.channel("kpi") as channel:
        api = tenants_pb2_grpc.TenantServiceStub(channel)
        for _ in range(2):  # creating what is there is harmless
            made = api.CreateTenant(tenants_pb2.CreateTenantRequest(tenant_id=tenant), timeout=PATIENCE_S)
            assert made.tenant.name == f"tenants/{tenant}"
    for service in SERVICES:
        with stack.channel(service) as channel:
            api = tenants_pb2_grpc.TenantServiceStub(channel)
            request = tenants_pb2.GetTenantRequest(name=f"tenants/{tenant}")
            assert api.GetTenant(request, timeout=PATIENCE_S).tenant.name == f"tenants/{tenant}"
            assert f"tenants/{tenant}" in listed(api, 1)
            only = tenants_pb2.ListTenantsRequest(filter=f'tenant = {tenant} AND display_name = ""')
            assert [one.name for one in api.ListTenants(only, timeout=PATIENCE_S).tenants] == [f"tenants/{tenant}"]


def listed(api: tenants_pb2_grpc.TenantServiceStub, page_size: int) -> list[str]:
    """All tenants, so many at a time."""
    ends = time.monotonic() + PATIENCE_S
    names: list[str] = []
    token = ""
    while time.monotonic() < ends:
        request = tenants_pb2.ListTenantsRequest(page_size=page_size, page_token=token)
        found = api.ListTenants(request, timeout=PATIENCE_S)
        names += [tenant.name for tenant in found.tenants]
        token = found.next_page_token
        if not token:
            break
    assert names == sorted(set(names))
    return names


def test_a_tenant_nobody_made_is_not_there(stack: RunningStack) -> None:
    with stack.channel("crm") as channel:
        api = tenants_pb2_grpc.TenantServiceStub(channel)
        with pytest.raises(grpc.RpcError) as refused:
            api.GetTenant(tenants_pb2.GetTenantRequest(name="tenants/nobody-made-this"), timeout=PATIENCE_S)
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


def test_settings_are_given_changed_and_shown_by_the_command(stack: RunningStack) -> None:
    tenant = f"t-{uuid.uuid4().hex[:12]}"
    german = ["--display-name", "Acme", "--region", "de", "--time-zone", "Europe/Berlin"]
    for _ in range(2):  # creating what is there with the same settings is harmless
        made = stack.told("tenants", "create", tenant, *german)
        assert made == {
            "name": f"tenants/{tenant}",
            "display_name": "Acme",
            "default_region": "DE",
            "time_zone": "Europe/Berlin",
        }
    assert stack.told("tenants", "update", tenant, "--region", "AT", "--time-zone", "") == {
        "name": f"tenants/{tenant}",
        "display_name": "Acme",
        "default_region": "AT",
    }
    assert stack.told("tenants", "show", tenant)["default_region"] == "AT"
    assert f"tenants/{tenant}" in [one["name"] for one in stack.told("tenants", "--limit", "1000")]
    stack.run("tenants", "update", tenant, code=2)
    stack.run("tenants", "create", tenant, "--region", "FR", code=1)
    stack.run("tenants", "show", "nobody-made-this", code=1)


def test_all_that_is_wrong_with_settings_is_said_at_once(stack: RunningStack) -> None:
    with stack.channel("routing") as channel:
        api = tenants_pb2_grpc.TenantServiceStub(channel)
        wrong = tenants_pb2.Tenant(display_name="x" * 201, default_region="Germany", time_zone="Mars/Olympus")
        with pytest.raises(grpc.RpcError) as refused:
            api.CreateTenant(tenants_pb2.CreateTenantRequest(tenant_id="No", tenant=wrong), timeout=PATIENCE_S)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    for field in ("tenant_id", "tenant.display_name", "tenant.default_region", "tenant.time_zone"):
        assert field in refused.value.details()
