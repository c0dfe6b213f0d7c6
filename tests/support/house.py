"""A house that serves its customers, from outside: its gRPC APIs, customers who write, and a book of what was done.

It knows the contracts alone, nothing of what serves them. Whoever works for it says what it does by a method's name
and its request's fields; the book follows from what was asked and granted.
"""

import asyncio
import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import grpc
import grpc.aio
from refusals import Refusal, unpacked
from switchboard.crm.v1 import service_pb2 as crm
from switchboard.crm.v1.service_pb2_grpc import CustomerServiceStub
from switchboard.ingest.v1 import service_pb2 as posts
from switchboard.ingest.v1.service_pb2_grpc import IngestServiceStub
from switchboard.kpi.v1 import service_pb2 as kpi
from switchboard.kpi.v1.service_pb2_grpc import KpiServiceStub
from switchboard.log.v1 import integrity_pb2, tenants_pb2
from switchboard.log.v1.integrity_pb2_grpc import IntegrityServiceStub
from switchboard.log.v1.tenants_pb2_grpc import TenantServiceStub
from switchboard.routing.v1 import desk_pb2 as desk
from switchboard.routing.v1 import service_pb2 as work
from switchboard.routing.v1.desk_pb2_grpc import DeskServiceStub
from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

PATIENCE_S = 60.0
ACCOUNT = "FerryLine"
"""Who posts are addressed to."""
_SERVICES = (
    ("routing", work, RoutingServiceStub),
    ("routing", desk, DeskServiceStub),
    ("ingest", posts, IngestServiceStub),
    ("crm", crm, CustomerServiceStub),
    ("kpi", kpi, KpiServiceStub),
    ("routing", integrity_pb2, IntegrityServiceStub),
    ("crm", tenants_pb2, TenantServiceStub),
)


def request_id() -> str:
    """A fresh one."""
    return str(uuid.uuid4())


@dataclass
class Contact:
    """One episode of a customer's matter, as the script saw it."""

    accepted: bool = False
    answered: bool = False
    resolved: bool = False


@dataclass
class Entry:
    """One case in the book: where it stands, and its contacts; a case that no customer wrote in has none."""

    state: str = "QUEUED"
    contacts: list[Contact] = field(default_factory=list)
    now: Contact = field(default_factory=Contact)
    """The episode under way, which is no contact unless the customer wrote in it."""

    def begin(self) -> None:
        """A customer wrote, and a contact begins."""
        self.now = Contact()
        self.contacts.append(self.now)


class Book:
    """What the script did and was granted; it never asks the service where a case stands."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.acts: Counter[str] = Counter()
        self.replies = 0

    def opened(self, case: str, *, is_contact: bool) -> None:
        """A case is there: a customer wrote, or somebody opened it."""
        if case not in self.entries:
            self.entries[case] = Entry()
            if is_contact:
                self.entries[case].begin()

    def took(self, case: str) -> None:
        """Somebody accepted a case that the book may not have yet."""
        self.opened(case, is_contact=True)
        self.entries[case].state, self.entries[case].now.accepted = "ACCEPTED", True

    def wrote(self, case: str) -> None:
        """The customer wrote again: what was settled or left alone waits anew."""
        entry = self.entries[case]
        if entry.state == "RESOLVED":
            self.reopened(case)
            entry.begin()
        elif entry.state == "IDLE":
            entry.state = "QUEUED"
        elif entry.state == "PENDING":
            entry.state = "ACCEPTED"

    def reopened(self, case: str) -> None:
        """A resolution is taken back, and the next episode begins."""
        entry = self.entries[case]
        entry.state, entry.now.resolved, entry.now = "QUEUED", False, Contact()

    def did(self, method: str, request: Any, answer: Any) -> None:
        """Notes what was granted."""
        self.acts[method] += 1
        self.replies += method == "ReplyToCase"
        case = getattr(request, "name", "")
        if method in ("OpenCase", "CreateTask"):
            self.opened(answer.case.name, is_contact=method == "OpenCase" and bool(request.post))
            return
        if method == "CloseTask":
            self.entries[case].state = "RESOLVED"
        if method == "ReopenCase":
            self.reopened(case)
        if case not in self.entries:
            return
        entry = self.entries[case]
        match method:
            case "AcceptOffer":
                self.took(case)
            case "ClaimCase":
                entry.state, entry.now.accepted = "CLAIMED", True
            case "AssignCase" | "ResumeCase":
                entry.state = "ACCEPTED"
            case "PendCase":
                entry.state = "PENDING"
            case "ReplyToCase":
                entry.now.accepted = entry.now.answered = True
            case "ResolveCase":
                entry.state, entry.now.resolved = "RESOLVED", True
            case "JoinCases":
                entry.state = "JOINED"
            case "ReleaseCase" | "TransferCase" | "EscalateCase" | "SplitCase":
                entry.state = "QUEUED"
            case _:
                pass

    def stands(self, case: str, state: str) -> None:
        """Somebody's time ran out, or a customer did something: the script knows what that means."""
        self.entries[case].state = state

    @property
    def states(self) -> dict[str, str]:
        """By case."""
        return {case: entry.state for case, entry in self.entries.items()}

    @property
    def contacts(self) -> list[Contact]:
        return [contact for entry in self.entries.values() for contact in entry.contacts]


class House:
    """One tenant. `channel` gives the channel to a service by its name."""

    def __init__(self, tenant: str, channel: Callable[[str], grpc.aio.Channel]) -> None:
        self.tenant = tenant
        self.place = f"tenants/{tenant}"
        self.book = Book()
        self.refusals: defaultdict[str, list[Refusal]] = defaultdict(list)
        """Those that were met, by reason."""
        self.posts = 0
        self.written: dict[str, tuple[str, int, int]] = {}
        """By post, what its customer needs to go on: the source, the author, the platform's id."""
        self._stubs: list[tuple[Any, Any]] = [(module, stub(channel(name))) for name, module, stub in _SERVICES]

    def name(self, kind: str, one: str) -> str:
        """`tenants/*/agents/mia` of ("agents", "mia")."""
        return f"{self.place}/{kind}/{one}"

    def call(self, method: str, /, within_s: float = PATIENCE_S, **fields: Any) -> tuple[Any, Any]:
        """(the request, the call), begun; a mutation that names no request id gets one."""
        for module, stub in self._stubs:
            if made := getattr(module, f"{method}Request", None):
                request = made(**fields)
                if "request_id" in request.DESCRIPTOR.fields_by_name and not request.request_id:
                    request.request_id = request_id()
                if "parent" in request.DESCRIPTOR.fields_by_name and not request.parent:
                    request.parent = self.place
                return request, getattr(stub, method)(request, timeout=within_s)
        raise LookupError(f"no contract has a method {method}")

    async def ask(self, method: str, /, **fields: Any) -> Any:
        """The answer, which is in the book."""
        request, call = self.call(method, **fields)
        answer = await call
        self.book.did(method, request, answer)
        return answer

    async def refused(self, reason: str, method: str, thing: str, fix: str = "", /, **fields: Any) -> Refusal:
        """Makes a call that is refused for this reason, by a sentence that names the thing and says the fix; only where
        nothing is there that was named, that it is not there is all there is to say.
        """
        request, call = self.call(method, **fields)
        try:
            if hasattr(call, "__aiter__"):
                async for _ in call:
                    break
            else:
                await call
        except grpc.aio.AioRpcError as error:
            refusal = unpacked(error)
        else:
            raise AssertionError(f"{method} was granted, and {reason} expected of {request}")
        assert refusal.reason == reason, f"{reason} expected of {method}: {refusal}"
        assert thing in refusal.message, f"{reason} does not name {thing}: {refusal.message}"
        assert fix in refusal.message, f"{reason} does not say {fix!r}: {refusal.message}"
        assert fix or refusal.code == "NOT_FOUND", f"{reason} says no fix: {refusal.message}"
        self.refusals[reason].append(refusal)
        return refusal

    # Customers.

    def status(self, text: str, author: int, answers: int = 0, handle: str = "") -> tuple[int, dict[str, Any]]:
        """(its id, a post as X sends it, written now), addressed to us where its text names us."""
        self.posts += 1
        number = 1_000_000 + self.posts
        written: dict[str, Any] = {
            "id": str(number), "author_id": str(author), "text": text,
            "created_at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }  # fmt: skip
        if answers:
            written["referenced_tweets"] = [{"type": "replied_to", "id": str(answers)}]
        users = [{"id": str(author), "username": handle or f"u{author}", "name": f"Customer {author}"}]
        return number, {"data": written, "includes": {"users": users}}

    async def posted(self, source: str, *payloads: dict[str, Any] | posts.Delivery) -> tuple[list[str], str]:
        """(the posts' names, where they stand in the log) of what a platform hands over in one batch."""
        deliveries = [
            one if isinstance(one, posts.Delivery) else posts.Delivery(payload=json.dumps(one).encode())
            for one in payloads
        ]
        request = posts.IngestPostsRequest(source=self.name("sources", source), deliveries=deliveries)
        stub = next(stub for module, stub in self._stubs if module is posts)
        call = stub.IngestPosts(timeout=PATIENCE_S)
        await call.write(request)
        await call.done_writing()
        answer = await call.read()
        names = [one.posts[0].post for one in answer.results]
        assert all(names), answer
        for name, payload in zip(names, payloads, strict=True):
            if isinstance(payload, dict) and (data := payload.get("data")):
                self.written[name] = source, int(data["author_id"]), int(data["id"])
        return names, answer.position

    async def settled(self, position: str = "") -> str:
        """Waits until routing has made of a position what follows from it; what is read from there on shows it."""
        return str((await self.ask("WaitUntil", position=position, tenant=self.tenant)).position)

    async def cases_of(self, source: str, names: Sequence[str], position: str) -> list[str]:
        """The cases that posts are the latest of, in their order; they are in the book."""
        reached = await self.settled(position)
        asked = {"filter": f"source = {source}", "page_size": 1000, "min_position": reached}
        listed = (await self.ask("ListCases", **asked)).cases
        found = {case.latest_post: case.name for case in listed}
        for name in names:
            self.book.opened(found[name], is_contact=True)
        return [found[name] for name in names]

    async def case(self, name: str, position: str = "") -> Any:
        """A case as it is."""
        return (await self.ask("GetCase", name=name, min_position=position)).case


async def together(*calls: Any) -> list[Any]:
    """All at once; the first that fails is raised."""
    return list(await asyncio.gather(*calls))
