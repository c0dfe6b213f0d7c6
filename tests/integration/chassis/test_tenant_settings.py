"""Settings of tenants as replicas see them, on a real log: truth is there, and two changes at once lose nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from chassis.errors import NotFound, Rejected, RequestIdReused
from chassis.tenant_facts import TenantSettings, subject_of
from chassis.tenant_operations import TenantServicer
from chassis.tenants import Tenants
from switchboard.log.v1 import tenants_pb2
from tally import opened

CONTEXT: Any = None
"""No call; a tenant's requests need none."""
GERMAN = TenantSettings("Acme", "DE", "Europe/Berlin")


async def test_settings_are_facts_that_every_replica_reads(nats_url: str) -> None:
    async with opened(nats_url) as log:
        here, elsewhere = Tenants(log), Tenants(log)
        await here.ensure("acme", GERMAN)
        await elsewhere.require("acme")
        assert elsewhere.settings("acme") == GERMAN
        assert elsewhere.settings("other") == TenantSettings()
        changed = await elsewhere.change("acme", lambda settings: replace(settings, default_region="AT"))
        assert changed == replace(GERMAN, default_region="AT")
        await here._look()
        assert here.settings("acme") == changed


async def test_changes_at_once_are_decided_one_after_the_other(nats_url: str) -> None:
    async with opened(nats_url) as log:
        one, two = Tenants(log), Tenants(log)
        await one.ensure("acme")
        await asyncio.gather(
            one.change("acme", lambda settings: replace(settings, display_name="Acme")),
            two.change("acme", lambda settings: replace(settings, default_region="DE")),
            one.change("acme", lambda settings: replace(settings, time_zone="Europe/Berlin")),
        )
        await one._look()
        assert one.settings("acme") == GERMAN


async def test_two_who_want_another_value_each_are_both_done(nats_url: str) -> None:
    async with opened(nats_url) as log:
        one, two = Tenants(log), Tenants(log)
        await one.ensure("acme")
        names = [f"name {number}" for number in range(6)]

        def named(tenants: Tenants, name: str) -> Awaitable[TenantSettings]:
            return tenants.change("acme", lambda settings: replace(settings, display_name=name))

        async with asyncio.timeout(20):
            await asyncio.gather(*(named(one if at % 2 else two, name) for at, name in enumerate(names)))
        await one._look()
        assert one.settings("acme").display_name in names
        assert await log.subjects("ev.tenant.*.*") == {subject_of("acme"): len(names)}


async def test_what_changes_nothing_is_no_fact_and_creating_again_is_harmless(nats_url: str) -> None:
    async with opened(nats_url) as log:
        tenants = Tenants(log)
        for _ in range(2):
            await tenants.ensure("acme", GERMAN)
            await tenants.ensure("acme")
            await tenants.change("acme", lambda settings: settings)
        assert await log.subjects("ev.tenant.*.*") == {subject_of("acme"): 1}


async def test_other_settings_than_there_are_are_refused(nats_url: str) -> None:
    async with opened(nats_url) as log:
        tenants = Tenants(log)
        await tenants.ensure("plain")
        for tenant, settings in (("plain", GERMAN), ("acme", GERMAN), ("acme", replace(GERMAN, default_region="FR"))):
            if (tenant, settings) == ("acme", GERMAN):
                await tenants.ensure(tenant, settings)
                continue
            with pytest.raises(Rejected, match="TENANT_EXISTS"):
                await Tenants(log).ensure(tenant, settings)
        with pytest.raises(NotFound):
            await tenants.change("nobody", lambda settings: settings)


async def test_a_tenant_is_known_by_its_settings_when_the_bucket_is_lost(nats_url: str) -> None:
    async with opened(nats_url) as log:
        await Tenants(log).ensure("acme", GERMAN)
        await log.js.purge_stream("KV_TENANTS")
        looked = Tenants(log)
        await looked.require("acme")
        assert (looked.known, looked.settings("acme")) == ({"acme"}, GERMAN)


async def test_a_request_is_done_once_and_its_id_is_not_lent(nats_url: str) -> None:
    async with opened(nats_url) as log:
        here, elsewhere = TenantServicer(Tenants(log)), TenantServicer(Tenants(log))
        create = tenants_pb2.CreateTenantRequest(tenant_id="acme", request_id=str(uuid4()))
        made = await here.CreateTenant(create, CONTEXT)
        german = tenants_pb2.Tenant(name="tenants/acme", default_region="DE")
        update = tenants_pb2.UpdateTenantRequest(tenant=german, request_id=str(uuid4()))
        changed = await elsewhere.UpdateTenant(update, CONTEXT)
        assert changed.tenant.default_region == "DE"
        french = tenants_pb2.Tenant(name="tenants/acme", default_region="FR")
        await here.UpdateTenant(tenants_pb2.UpdateTenantRequest(tenant=french, request_id=str(uuid4())), CONTEXT)
        for servicer in (here, elsewhere):
            assert await servicer.CreateTenant(create, CONTEXT) == made
            assert await servicer.UpdateTenant(update, CONTEXT) == changed, "as it was answered then"
            update.tenant.CopyFrom(french)
            with pytest.raises(RequestIdReused):
                await servicer.UpdateTenant(update, CONTEXT)
            update.tenant.CopyFrom(german)
        assert (await log.subjects("ev.tenant.*.*")) == {subject_of("acme"): 3}


async def test_of_two_bodies_under_one_id_at_once_one_is_done(nats_url: str) -> None:
    async with opened(nats_url) as log:
        await Tenants(log).ensure("acme")
        request_id = str(uuid4())
        outcomes = await asyncio.gather(
            *(
                TenantServicer(Tenants(log)).UpdateTenant(
                    tenants_pb2.UpdateTenantRequest(
                        tenant=tenants_pb2.Tenant(name="tenants/acme", display_name=name), request_id=request_id
                    ),
                    CONTEXT,
                )
                for name in ("one", "two")
            ),
            return_exceptions=True,
        )
        assert sorted(isinstance(outcome, RequestIdReused) for outcome in outcomes) == [False, True]
