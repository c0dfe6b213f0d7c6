"""Reads an exported log and says what it holds, without a line of the services' own code.

These are the invariants as an outsider sees them.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc.aio
from google.protobuf.descriptor_pool import Default
from google.protobuf.message_factory import GetMessageClass
from switchboard.crm.v1 import events_pb2 as crm_events
from switchboard.ingest.v1 import events_pb2 as post_events
from switchboard.ingest.v1.post_pb2 import DIRECTION_INBOUND
from switchboard.kpi.v1 import events_pb2 as kpi_events
from switchboard.log.v1.integrity_pb2 import ExportLogRequest
from switchboard.log.v1.integrity_pb2_grpc import IntegrityServiceStub
from switchboard.log.v1.log_pb2 import Commit
from switchboard.routing.v1 import events_pb2 as work_events

CONTRACTS = (post_events, work_events, crm_events, kpi_events)
"""Imported so that their events can be decoded."""
_ENDS_OFFER = ("OfferAccepted", "OfferDeclined", "OfferExpired", "OfferRescinded")
_ENDS_HOLDING = ("CaseReleased", "ClaimLapsed", "CaseResolved", "CaseWithdrawn", "CasesJoined")


@dataclass
class Testimony:
    """What stands in a log. Violations are sentences; an empty list is what one hopes for."""

    commits: int = 0
    commit_ids: Counter[bytes] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)
    threaded: set[str] = field(default_factory=set)
    addressed: set[str] = field(default_factory=set)
    """Posts of customers that by themselves speak to us; a repost without words does not."""
    attached: Counter[tuple[str, str]] = field(default_factory=Counter)
    open_offers_max: int = 0
    """Of one case at once."""
    violations: list[str] = field(default_factory=list)


async def export(channel: grpc.aio.Channel, tenant: str) -> AsyncIterator[Commit]:
    """Every commit of a tenant in log order."""
    stub = IntegrityServiceStub(channel)
    async for response in stub.ExportLog(ExportLogRequest(tenant=tenant), timeout=300):
        for exported in response.commits:
            yield exported.commit


def facts(commit: Commit) -> Iterator[tuple[str, Any]]:
    """(its short name, the fact) for each fact of a commit."""
    for event in commit.events:
        name = event.body.TypeName()
        kind = GetMessageClass(Default().FindMessageTypeByName(name))
        yield name.rpartition(".")[2], kind.FromString(event.body.value)


async def testify(channel: grpc.aio.Channel, tenant: str) -> Testimony:
    """I3, I6 and I7 at every prefix, and which posts are in the log how often."""
    seen = Testimony()
    open_offers: defaultdict[str, set[str]] = defaultdict(set)
    holder: dict[str, str] = {}
    weight: dict[str, int] = {}
    capacity: dict[str, int] = {}
    load: defaultdict[str, int] = defaultdict(int)
    async for commit in export(channel, tenant):
        seen.commits += 1
        seen.commit_ids[commit.commit_id] += 1
        for short, body in facts(commit):
            seen.events[short] += 1
            if short == "PostReceived":
                seen.received[body.post_id] += 1
                if body.direction == DIRECTION_INBOUND and body.is_addressed and not body.is_bare_repost:
                    seen.addressed.add(body.post_id)
            elif short == "PostThreaded":
                seen.threaded.add(body.post_id)
            elif short in ("CaseBegun", "PostPlaced"):
                seen.threaded.add(body.post.post_id)
                seen.attached[body.case_id, body.post.post_id] += 1
                if short == "CaseBegun":
                    weight[body.case_id] = body.weight
            elif short == "PostAttached":
                seen.attached[body.case_id, body.post_id] += 1
            elif short in ("AgentRegistered", "AgentChanged"):
                capacity[body.agent_id] = body.capacity
            elif short == "CaseOpened":
                weight[body.case_id] = body.weight
            elif short == "CaseOffered":
                offered_to = open_offers[body.case_id]
                if body.case_id in holder or body.agent_id in offered_to or len(offered_to) >= max(1, body.width):
                    seen.violations.append(f"I6: case {body.case_id} was offered while it was offered or held")
                offered_to.add(body.agent_id)
                seen.open_offers_max = max(seen.open_offers_max, len(offered_to))
                load[body.agent_id] += body.weight
                weight[body.case_id] = body.weight
                if load[body.agent_id] > capacity[body.agent_id]:
                    seen.violations.append(f"I7: agent {body.agent_id} carries {load[body.agent_id]}")
            elif short == "CaseAssigned":
                if open_offers[body.case_id] or body.case_id in holder:
                    seen.violations.append(f"I6: case {body.case_id} was assigned while it was offered or held")
                holder[body.case_id] = body.agent_id
                load[body.agent_id] += weight[body.case_id]
                if load[body.agent_id] > capacity[body.agent_id] and not body.is_over_capacity:
                    seen.violations.append(f"I7: agent {body.agent_id} was given {load[body.agent_id]}")
            elif short == "CaseClaimed":
                if open_offers[body.case_id] or body.case_id in holder:
                    seen.violations.append(f"I6: case {body.case_id} was claimed while it was offered or held")
                holder[body.case_id] = body.agent_id
                load[body.agent_id] += weight[body.case_id]
                if load[body.agent_id] > capacity[body.agent_id]:
                    seen.violations.append(f"I7: agent {body.agent_id} carries {load[body.agent_id]}")
            elif short == "ClaimRenewed" and holder.get(body.case_id) != body.agent_id:
                seen.violations.append(f"I6: the claim of case {body.case_id} was renewed without its holder")
            elif short in _ENDS_OFFER:
                if body.agent_id not in open_offers[body.case_id]:
                    seen.violations.append(f"I6: {short} of case {body.case_id} without its offer")
                open_offers[body.case_id].discard(body.agent_id)
                if short == "OfferAccepted":
                    if open_offers[body.case_id]:
                        seen.violations.append(f"I6: case {body.case_id} was accepted while others were offered it")
                    holder[body.case_id] = body.agent_id
                else:
                    load[body.agent_id] -= weight[body.case_id]
            elif short in _ENDS_HOLDING:
                case = body.joined_case_id if short == "CasesJoined" else body.case_id
                agent = holder.pop(case, "")
                if agent:
                    load[agent] -= weight[case]
    seen.violations += [f"I3: a commit id stands {n} times" for n in seen.commit_ids.values() if n > 1]
    return seen
