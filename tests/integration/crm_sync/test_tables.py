"""Facts in, rows out, on real servers: the tables are the fold of the facts, live, replayed and brought back in."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
import recording
from chassis.clock import Instant
from chassis.commits import Commit, Subject
from chassis.database import Database
from chassis.errors import Rejected
from chassis.identity import uuid5, uuid7_bytes
from chassis.integrity import views_replay
from chassis.log import Log, connect
from chassis.projection import Projection
from crm_sync.contract import decode, encode
from crm_sync.decider import Command, Erase, Forbid, Link, Unlink, Withdraw, decide
from crm_sync.shards import CustomersBacking, differs
from crm_sync.state import Customers as State
from crm_sync.state import evolve
from crm_sync.views.customers import Customers
from msgspec import structs
from provisioned import provision_log

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "crm_sync"))

import crm_facts  # found on the path of the line above

SPACE = bytes(16)


def who(n: int) -> str:
    return uuid5(SPACE, f"identity {n}")


def history(seed: int) -> list[Command]:
    """A few identities that are seen, linked, parted, barred and erased at random."""
    chance = random.Random(seed)

    def see(n: int, at: int) -> Command:
        values = [
            crm_facts.said("email", f"m{chance.randrange(3)}", verified=chance.random() < 0.8),
            crm_facts.said("location", chance.choice("abc")),
        ]
        if chance.random() < 0.3:
            values.append(crm_facts.said("member_id", chance.choice("12"), verified=True))
        source = chance.choice(["source/x", "source/x", "source/y", "crm"])
        sight = crm_facts.see(who(n), *values, at=at, source=source)
        profile = structs.replace(sight.profile, founded_customer_id=uuid5(SPACE, f"customer {n}"))
        return structs.replace(sight, profile=profile)

    commands: list[Command] = []
    for at in range(1, 60):
        n, m, cause = chance.randrange(12), chance.randrange(12), crm_facts.CAUSE
        commands.append(
            chance.choice(
                [
                    see(n, at),
                    see(n, at),
                    see(n, at),
                    Link(who(n), who(m), cause, Instant(at)),
                    Unlink(who(n), who(m), cause, Instant(at)),
                    Forbid(who(n), who(m), cause, Instant(at)),
                    Withdraw(who(n), cause, Instant(at)),
                    Erase(who(n), "", "request", cause, Instant(at)) if chance.random() < 0.2 else see(m, at),
                ]
            )
        )
    return commands


async def write(log: Log, commands: list[Command]) -> tuple[State, int]:
    """Decides everything, one commit per command; returns the state and the last position."""
    state, position = State(), 0
    for command in commands:
        try:
            facts = decide(command, state)
        except Rejected:
            continue
        commit = Commit(uuid7_bytes(Instant(1)), "acme", "0", 0, 0, Instant(1), [])
        for fact in facts:
            state = evolve(state, fact)
            commit.events.append(recording.event(encode(fact)))
        if facts:
            position = await log.append(Subject("crm", "acme", "0"), commit, position)
    return state, position


@pytest.mark.parametrize("seed", range(4))
async def test_rows_brought_back_in_are_the_fold_of_the_facts(seed: int, nats_url: str, database_url: str) -> None:
    nc = await connect(nats_url, "test")
    log = Log(nc)
    await provision_log(nc)
    folded, position = await write(log, history(seed))
    assert any(len(members) > 1 for members in folded.members.values()), "the history joins somebody"
    async with Database(database_url, "crm") as database:
        projection = Projection(Customers(), log, database)
        await projection.replay(until=position)
        assert await database.fetchval("select count(*) from parked") == 0
        brought = State()
        backing = CustomersBacking(database)
        await backing.load("acme", brought, [crm_facts.see(one) for one in folded.identities])
        assert set(brought.identities) == set(folded.identities)
        assert differs(brought, folded) is None
        assert brought.founders == folded.founders
        proved = {
            contact for identity in folded.identities.values() if not identity.erased for _, contact in identity.proofs
        }
        for contact in proved:
            assert brought.holders[contact] == folded.holders[contact]
        [finding] = await views_replay(log, database, [projection])
        assert finding.ok, finding.detail
    await nc.close()


async def test_customers_the_tables_have_are_forgotten_and_come_back_whole(nats_url: str, database_url: str) -> None:
    nc = await connect(nats_url, "test")
    log = Log(nc)
    await provision_log(nc)
    folded, position = await write(log, history(5))
    async with Database(database_url, "crm") as database:
        projection = Projection(Customers(), log, database)
        backing = CustomersBacking(database, identities_max=2)
        backing.evict(folded, position)
        assert len(folded.identities) > 2, "nothing is forgotten before the tables have it"
        await projection.replay(until=position)
        everybody = sorted(folded.identities)
        await backing.load("acme", folded, [])
        backing.evict(folded, position)
        assert len(folded.identities) <= 2
        await backing.load("acme", folded, [crm_facts.see(one) for one in everybody])
        again, _ = State(), 0
        async for batch in log.read(0, "ev.crm.>"):
            for entry in batch:
                for event in entry.events():
                    evolve(again, decode(event))
        assert differs(folded, again) is None
        assert sorted(folded.identities) == everybody
    await nc.close()
