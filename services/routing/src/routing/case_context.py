"""What the tables have to show beside a case: other cases of its customer, notes, what the platform still allows, and
what was answered before to others who asked alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from chassis.clock import Instant, to_timestamp
from chassis.commits import Position
from chassis.database import Database
from chassis.projection import Projection
from chassis.serving import deadline_s
from chassis.vault import KeyVault
from switchboard.log.v1.log_pb2 import READABILITY_ERASED, READABILITY_OPENED
from switchboard.routing.v1 import desk_pb2 as api
from switchboard.routing.v1 import service_pb2 as work

from routing.cases import Case
from routing.form import TEXT_MAX, Form
from routing.goodwill_requests import message
from routing.suggestions import GIVEN_LENGTH_MAX, GIVEN_MAX, Given, suggest
from routing.views.cases import cases_of_customer, confirmed_cases, get_case, together_of
from routing.views.quotas import Quota, quota_of
from routing.views.texts import Text, answers_of, notes_of, replies_by, replies_since
from routing.wire import case_message

CUSTOMER_CASES_MAX = 10
NOTES_MAX = 20
IDENTITIES_MAX = 20
LOOKED_AT_MAX = 3 * GIVEN_MAX
"""Settled cases of a queue that are looked at, the latest: those of other languages are passed over."""
ANSWERS_MAX = 20
"""Replies of an agent that a new one is compared with, the latest."""
TOGETHER_MAX = 100
"""Cases that go on in one, whose notes are looked at."""


class CaseContext:
    """Reads what is shown beside cases, at any replica."""

    def __init__(
        self, *, database: Database, texts: Projection[Text], quotas: Projection[Quota], vault: KeyVault
    ) -> None:
        self._database = database
        self._texts = texts
        self._quotas = quotas
        self._vault = vault

    async def reached(self, tenant: str, min_position: str) -> None:
        """Waits until the tables include a position."""
        if min_position:
            position = Position.decode(min_position)
            for table in (self._texts, self._quotas):
                await table.reached(position, deadline_s(), tenant)

    async def has(self, tenant: str, case_id: str) -> bool:
        """Whether the tables have a case."""
        return await get_case(self._database, tenant, case_id) is not None

    async def goodwill(self, tenant: str, case_id: str) -> api.GoodwillStanding:
        """What was granted in a case that the owner's memory does not hold."""
        case = await get_case(self._database, tenant, case_id)
        found = () if case is None else case.goodwill
        return api.GoodwillStanding(goodwill=[message(tenant, case_id, one) for one in found])

    async def answers_of(self, tenant: str, agent_id: str, but: str) -> list[str]:
        """What an agent replied lately in other cases than one, as far as it can be read."""
        found = [one for one in await replies_by(self._database, tenant, agent_id, ANSWERS_MAX) if one.case_id != but]
        texts = await self._vault.open_all(tenant, [one.text for one in found])
        return [plain.decode(errors="replace") for plain, _ in texts if plain is not None]

    async def together(self, tenant: str, case_id: str) -> list[str]:
        """The case and those that go on in it."""
        return await together_of(self._database, tenant, case_id, TOGETHER_MAX)

    async def customer_cases(
        self, tenant: str, case: work.Case, identities: Sequence[str], together: Sequence[str]
    ) -> list[work.Case]:
        """Other cases of a case's customer, those opened last first."""
        asked = [case.identity.rpartition("/")[2], *identities]
        found = await cases_of_customer(self._database, tenant, asked, together, CUSTOMER_CASES_MAX)
        return [case_message(tenant, one) for one in found]

    async def notes(self, tenant: str, together: Sequence[str]) -> list[api.CaseNote]:
        """Notes of these cases, the latest first."""
        found, place = await notes_of(self._database, tenant, together, NOTES_MAX), f"tenants/{tenant}"
        texts = await self._vault.open_all(tenant, [note.text for note in found])
        return [
            api.CaseNote(
                case=f"{place}/cases/{note.case_id}",
                agent=f"{place}/agents/{note.agent_id}" if note.agent_id else "",
                text="" if plain is None else plain.decode(errors="replace"),
                readability=readability,
                noted_at=to_timestamp(note.at),
            )
            for note, (plain, readability) in zip(found, texts, strict=True)
            if readability != READABILITY_ERASED
        ]

    async def allowance(
        self, tenant: str, case: work.Case, together: Sequence[str], now: Instant
    ) -> api.ReplyAllowance:
        """What the platform still allows to be replied."""
        quota = await quota_of(self._database, tenant, case.latest_post.rpartition("/")[2])
        left = None
        if quota is not None:
            since = await replies_since(self._database, tenant, together, quota.received_at)
            left = max(0, quota.replies_left - since)
        closes = case.window_expires_at if case.HasField("window_expires_at") else None
        in_time = closes is None or now < closes.ToMicroseconds()
        return api.ReplyAllowance(window_expires_at=closes, replies_left=left, open=in_time and left != 0)

    async def suggestions(self, tenant: str, case: work.Case, question: str) -> list[api.SuggestedAnswer]:
        """Answers that settled earlier cases of the same queue and language, the best first.

        Each is opened under the key of the customer it was said to: with the erasure of that one it is gone, and counts
        for no other.
        """
        queue, own = case.queue.rpartition("/")[2], case.name.rpartition("/")[2]
        settled = await confirmed_cases(self._database, tenant, queue, LOOKED_AT_MAX) if queue else []
        alike = {one.case_id: one for one in settled if one.case_id != own and _is_alike(one, case.language)}
        asked = list(alike)[:GIVEN_MAX]
        answers = await answers_of(self._database, tenant, asked, GIVEN_LENGTH_MAX)
        found = [answers[case_id] for case_id in asked if case_id in answers]
        texts = await self._vault.open_all(tenant, [answer.text for answer in found])
        given = [
            Given(
                answer.case_id,
                alike[answer.case_id].identity_id,
                answer.agent_id,
                alike[answer.case_id].tags,
                answer.at,
                plain.decode(errors="replace"),
            )
            for answer, (plain, readability) in zip(found, texts, strict=True)
            if plain is not None and readability == READABILITY_OPENED
        ]
        place = f"tenants/{tenant}"
        return [
            api.SuggestedAnswer(
                text=one.text,
                case=f"{place}/cases/{one.given.case_id}",
                agent=f"{place}/agents/{one.given.agent_id}" if one.given.agent_id else "",
                answered_at=to_timestamp(one.given.at),
                customers=one.customers,
                gaps=one.gaps,
            )
            for one in await asyncio.to_thread(suggest, given, question, tuple(case.tags))
        ]


def _is_alike(settled: Case, language: str) -> bool:
    """Whether a case was settled once and for all, with a customer, in the language of another."""
    spoken = language.partition("-")[0].lower()
    same = spoken in ("", "und") or settled.language.partition("-")[0].lower() == spoken
    return same and settled.episode == 1 and bool(settled.identity_id)


def asked_beside(request: api.GetCaseContextRequest) -> list[str]:
    """The further identities of a request, as ids. Raises InvalidRequest."""
    form = Form(request)
    tenant, _ = form.name("name", "cases")
    if len(request.identities) > IDENTITIES_MAX:
        form.wrong("identities", f"are at most {IDENTITIES_MAX}")
    found = [form.of_tenant("identities", "identities", tenant, name) for name in request.identities]
    form.optional("agent", "agents", tenant)
    if len(request.question) > TEXT_MAX:
        form.wrong("question", f"has at most {TEXT_MAX} code points")
    form.check()
    return found
