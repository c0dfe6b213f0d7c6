"""What is asked of an agent's desk, at the owner of its shard: its form is judged, it becomes a command."""

import re
from collections.abc import Callable, Sequence

from chassis.clock import Clock, Instant
from chassis.commands import request_of
from chassis.layout import struct_of
from google.protobuf.message import Message
from switchboard.routing.v1 import desk_pb2 as api

from routing import canned_requests, commands, events, goodwill_requests, wire
from routing.aside import aside
from routing.form import Form, case_and_agent, check_text
from routing.handler import Handler, submit
from routing.memory_reads import Writer
from routing.shard import Shard

_REASON = re.compile(r"[a-z0-9_]{1,60}")
DRAFT = "tenants/{tenant}/cases/{case}/drafts/{draft}"
"""The name of a draft; its last part is the id of the agent who writes it."""


class DeskHandler:
    """Handles requests about desks, and hands on all others."""

    def __init__(self, clock: Clock, others: Handler) -> None:
        self._clock = clock
        self._others = others

    async def handle(self, writer: Writer, request: Message) -> Message:
        """The answer to a request. Raises what the decider and the checks of form raise."""
        match request:
            case api.SealedDraft():
                return await self._save(writer, request)
            case api.DeleteDraftRequest():
                command = discarded(request, self._clock.now())
                return await submit(writer, command, request_of(request), lambda *_: api.DeleteDraftResponse())
            case api.AssignCaseRequest():
                assign, tenant = assigned(request, self._clock.now()), writer.subject.tenant

                def shown(shard: Shard, _: Sequence[events.Event]) -> Message:
                    return api.AssignCaseResponse(case=wire.case_message(tenant, shard.cases[assign.case_id]))

                return await submit(writer, assign, request_of(request), shown)
            case api.GetCannedTextRequest():
                async with writer.commit_lock:  # what is told is durable
                    return canned_requests.get(writer, request)
            case api.GrantGoodwillRequest():
                return await self._grant(writer, request)
            case api.ApproveGoodwillRequest() | api.RefuseGoodwillRequest():
                return await self._decide(writer, request)
            case api.UpdateDeskPolicyRequest():
                change = goodwill_requests.changing(request, self._clock.now())
                return await submit(writer, change, request_of(request), _changed(writer.subject.tenant))
            case api.GetDeskPolicyRequest():
                async with writer.commit_lock:
                    policy = goodwill_requests.policy_message(writer.subject.tenant, writer.state.desk_policy)
                    return api.GetDeskPolicyResponse(desk_policy=policy)
            case api.ListWaitingGoodwillRequest():
                async with writer.commit_lock:
                    return goodwill_requests.waiting(writer, request)
            case api.CaseAside():
                async with writer.commit_lock:
                    return aside(writer, request, self._clock.now())
            case api.FittingTexts():
                async with writer.commit_lock:
                    return canned_requests.fitting_case(writer, request)
            case api.ListCannedTextsRequest():
                async with writer.commit_lock:
                    return canned_requests.listed(writer, request)
            case api.CreateCannedTextRequest() | api.UpdateCannedTextRequest() | api.DeleteCannedTextRequest():
                return await self._change_text(writer, request)
            case _:
                return await self._others.handle(writer, request)

    async def _grant(self, writer: Writer, request: api.GrantGoodwillRequest) -> Message:
        command, tenant = goodwill_requests.granting(request, self._clock.now()), writer.subject.tenant

        def shown(shard: Shard, _: Sequence[events.Event]) -> Message:
            granted = goodwill_requests.granted(tenant, shard.cases[command.case_id], command.grant_id)
            return api.GrantGoodwillResponse(goodwill=granted)

        return await submit(writer, command, request_of(request), shown)

    async def _decide(self, writer: Writer, request: api.ApproveGoodwillRequest | api.RefuseGoodwillRequest) -> Message:
        command, tenant = goodwill_requests.deciding(request, self._clock.now()), writer.subject.tenant

        def shown(shard: Shard, _: Sequence[events.Event]) -> Message:
            decided = goodwill_requests.granted(tenant, shard.cases[command.case_id], command.grant_id)
            if command.approves:
                return api.ApproveGoodwillResponse(goodwill=decided)
            return api.RefuseGoodwillResponse(goodwill=decided)

        return await submit(writer, command, request_of(request), shown)

    async def _change_text(
        self,
        writer: Writer,
        request: api.CreateCannedTextRequest | api.UpdateCannedTextRequest | api.DeleteCannedTextRequest,
    ) -> Message:
        command, tenant = canned_requests.command_of(request, self._clock.now()), writer.subject.tenant

        def respond(shard: Shard, _: Sequence[events.Event]) -> Message:
            if isinstance(request, api.DeleteCannedTextRequest):
                return api.DeleteCannedTextResponse()
            shown = canned_requests.message(tenant, shard.canned[command.text_id])
            if isinstance(request, api.CreateCannedTextRequest):
                return api.CreateCannedTextResponse(canned_text=shown)
            return api.UpdateCannedTextResponse(canned_text=shown)

        return await submit(writer, command, request_of(request), respond)

    async def _save(self, writer: Writer, sealed: api.SealedDraft) -> Message:
        case_id, agent_id = sealed.name.rpartition("/")[2], sealed.agent.rpartition("/")[2]
        text = struct_of(sealed.text) if sealed.HasField("text") else None
        command = commands.SaveDraft(case_id, agent_id, text, sealed.text_length, self._clock.now())
        bare = api.SealedDraft()
        bare.CopyFrom(sealed)
        bare.ClearField("text")  # sealing it twice gives other bytes, its keyed digest stays
        name = f"{sealed.name}/drafts/{agent_id}"
        return await submit(writer, command, request_of(bare), lambda *_: api.SaveDraftResponse(draft=name))


def _changed(tenant: str) -> Callable[[Shard, Sequence[events.Event]], Message]:
    """The answer to who changes settings of desks."""

    def shown(shard: Shard, _: Sequence[events.Event]) -> Message:
        policy = goodwill_requests.policy_message(tenant, shard.desk_policy)
        return api.UpdateDeskPolicyResponse(desk_policy=policy)

    return shown


def saved(request: api.SaveDraftRequest) -> tuple[str, str]:
    """(case, agent) of a draft to be kept. Raises InvalidRequest."""
    form = Form(request)
    form.request_id()
    case_id, agent_id = case_and_agent(form)
    check_text(form, request.text)
    form.check()
    return case_id, agent_id


def assigned(request: api.AssignCaseRequest, now: Instant) -> commands.AssignCase:
    """The command of a case to be given to somebody. Raises InvalidRequest."""
    form = Form(request)
    form.request_id()
    case_id, to_agent_id = case_and_agent(form)
    supervisor = form.optional("supervisor", "agents", form.name("name", "cases")[0])
    reason = form.text("reason", _REASON)
    form.check()
    return commands.AssignCase(case_id, supervisor, to_agent_id, reason, request.force, now)


def viewed(request: api.ViewCaseRequest) -> tuple[str, str]:
    """(case, agent) of somebody who looks. Raises InvalidRequest."""
    form = Form(request)
    found = case_and_agent(form)
    form.check()
    return found


def checked(request: api.CheckReplyRequest) -> tuple[str, str]:
    """(case, agent) of a reply that is looked at. Raises InvalidRequest."""
    form = Form(request)
    found = case_and_agent(form)
    check_text(form, request.text)
    form.check()
    return found


def discarded(request: api.DeleteDraftRequest, now: Instant) -> commands.DiscardDraft:
    """The command of a draft to be thrown away. Raises InvalidRequest."""
    form = Form(request)
    form.request_id()
    parts = form.parts("name", DRAFT)
    form.check()
    return commands.DiscardDraft(parts["case"], parts["draft"], now)
