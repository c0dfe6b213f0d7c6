"""What can be asked of routing, and why it can say no. Commands carry everything deciding needs, the time included."""

from dataclasses import dataclass
from enum import StrEnum

from chassis.clock import Instant

from routing.terms import AuthorKind, Direction, PostKind, Presence, Requirement, Sealed, Skill, WaitingFor


class Reason(StrEnum):
    """Why the business says no."""

    AGENT_EXISTS = "AGENT_EXISTS"
    AGENT_UNKNOWN = "AGENT_UNKNOWN"
    CAPACITY_IN_USE = "CAPACITY_IN_USE"
    CASE_CLOSED = "CASE_CLOSED"
    CASE_EXISTS = "CASE_EXISTS"
    CASE_UNKNOWN = "CASE_UNKNOWN"
    CUSTOMER_ERASED = "CUSTOMER_ERASED"
    NOT_PENDING = "NOT_PENDING"
    NOT_RESOLVED = "NOT_RESOLVED"
    NOT_YOURS = "NOT_YOURS"
    NO_CUSTOMER = "NO_CUSTOMER"
    NO_SOURCE = "NO_SOURCE"
    OFFER_GONE = "OFFER_GONE"
    QUEUE_EXISTS = "QUEUE_EXISTS"
    QUEUE_UNKNOWN = "QUEUE_UNKNOWN"
    WINDOW_CLOSED = "WINDOW_CLOSED"


@dataclass(frozen=True, slots=True)
class AttachPost:
    """A post arrived; `case_id` is the case it opens when it belongs to none. `thread_keys` include its own id."""

    post_id: str
    case_id: str
    channel: str
    source_id: str
    kind: PostKind
    direction: Direction
    author_kind: AuthorKind
    identity_id: str
    language: str
    thread_keys: tuple[str, ...]
    published_at: Instant
    received_at: Instant
    window_expires_at: Instant | None
    at: Instant


@dataclass(frozen=True, slots=True)
class DetachPost:
    """A post was withdrawn."""

    post_id: str
    at: Instant


@dataclass(frozen=True, slots=True)
class SetSourceQueue:
    """A source's cases go to this queue from now on, "" for the default."""

    source_id: str
    queue: str
    at: Instant


@dataclass(frozen=True, slots=True)
class OpenCase:
    """Open a case by hand."""

    case_id: str
    queue: str
    channel: str
    source_id: str
    identity_id: str
    language: str
    urgency: int
    requirements: tuple[Requirement, ...]
    weight: int
    direction: Direction
    request_id: str
    at: Instant


@dataclass(frozen=True, slots=True)
class AcceptOffer:
    """Take an offered case."""

    case_id: str
    agent_id: str
    token: int
    at: Instant


@dataclass(frozen=True, slots=True)
class DeclineOffer:
    """Give an offered case back."""

    case_id: str
    agent_id: str
    token: int
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class ReleaseCase:
    """Give an accepted case back."""

    case_id: str
    agent_id: str
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class ReplyToCase:
    """Send the customer a text. `text` is None when the customer was erased; `in_reply_to` "" is their latest post."""

    case_id: str
    agent_id: str
    reply_id: str
    in_reply_to: str
    text: Sealed | None
    text_length: int
    at: Instant


@dataclass(frozen=True, slots=True)
class RecordSent:
    """The channel took a reply."""

    case_id: str
    reply_id: str
    post_id: str
    at: Instant


@dataclass(frozen=True, slots=True)
class RecordFailed:
    """The channel refused a reply."""

    case_id: str
    reply_id: str
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class NoteCase:
    """Note something. `text` is None when the customer was erased."""

    case_id: str
    agent_id: str
    note_id: str
    text: Sealed | None
    at: Instant


@dataclass(frozen=True, slots=True)
class PendCase:
    """Let a case wait for somebody."""

    case_id: str
    agent_id: str
    waiting_for: WaitingFor
    until: Instant
    at: Instant


@dataclass(frozen=True, slots=True)
class ResumeCase:
    """Go on with a pending case."""

    case_id: str
    agent_id: str
    at: Instant


@dataclass(frozen=True, slots=True)
class ResolveCase:
    """Settle a case."""

    case_id: str
    agent_id: str
    disposition: str
    tags: tuple[str, ...]
    at: Instant


@dataclass(frozen=True, slots=True)
class ReopenCase:
    """Open a resolved case again."""

    case_id: str
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class RegisterAgent:
    """Register an agent, offline at first."""

    agent_id: str
    display_name: str
    skills: tuple[Skill, ...]
    capacity: int
    queues: tuple[str, ...]
    at: Instant


@dataclass(frozen=True, slots=True)
class ChangeAgent:
    """Change an agent's settings; None leaves one as it is."""

    agent_id: str
    display_name: str | None
    skills: tuple[Skill, ...] | None
    capacity: int | None
    queues: tuple[str, ...] | None
    at: Instant


@dataclass(frozen=True, slots=True)
class SetPresence:
    """Say whether an agent takes offers."""

    agent_id: str
    presence: Presence
    at: Instant


@dataclass(frozen=True, slots=True)
class CreateQueue:
    """Create a queue."""

    queue_id: str
    display_name: str
    first_response_s: int
    offer_timeout_s: int
    requirements: tuple[Requirement, ...]
    at: Instant


@dataclass(frozen=True, slots=True)
class ChangeQueue:
    """Change a queue's settings; None leaves one as it is."""

    queue_id: str
    display_name: str | None
    first_response_s: int | None
    offer_timeout_s: int | None
    requirements: tuple[Requirement, ...] | None
    at: Instant


@dataclass(frozen=True, slots=True)
class Tick:
    """Say which time it is."""

    at: Instant


CaseCommand = (
    AcceptOffer
    | DeclineOffer
    | ReleaseCase
    | ReplyToCase
    | RecordSent
    | RecordFailed
    | NoteCase
    | PendCase
    | ResumeCase
    | ResolveCase
    | ReopenCase
)
"""What is asked of one case that is there."""

Command = (
    CaseCommand
    | AttachPost
    | DetachPost
    | SetSourceQueue
    | OpenCase
    | RegisterAgent
    | ChangeAgent
    | SetPresence
    | CreateQueue
    | ChangeQueue
    | Tick
)
"""Everything routing can be asked."""
