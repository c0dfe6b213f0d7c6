"""How many tenants there may be, on a real server: who is refused, and that the known ones are not."""

from __future__ import annotations

import pytest
from chassis.admission import TenantAllowance, caller
from chassis.errors import Overloaded
from chassis.tenants import Tenants
from tally import opened


async def test_a_tenant_too_many_is_refused_and_those_there_are_not(nats_url: str) -> None:
    async with opened(nats_url) as log:
        tenants = Tenants(log, TenantAllowance(most=2, of_caller=9))
        for _ in range(3):
            await tenants.ensure("one")
            await tenants.ensure("two")
        with pytest.raises(Overloaded):
            await tenants.ensure("three")
        assert tenants.known == {"one", "two"}


async def test_what_one_caller_made_too_many_of_another_may_make(nats_url: str) -> None:
    async with opened(nats_url) as log:
        tenants = Tenants(log, TenantAllowance(most=9, of_caller=1))
        caller.set("192.0.2.1")
        await tenants.ensure("one")
        with pytest.raises(Overloaded):
            await tenants.ensure("two")
        caller.set("192.0.2.2")
        await tenants.ensure("two")
        elsewhere = Tenants(log, TenantAllowance(most=9, of_caller=0))
        await elsewhere.ensure("one")
        assert elsewhere.known == {"one", "two"}, "a tenant another replica registered is not made again"
