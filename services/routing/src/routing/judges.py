"""What is wrong with the form of routing's requests, all of it at once. It reads them as their handlers do."""

from collections.abc import Mapping
from typing import Any

from chassis.clock import Clock
from chassis.errors import InvalidRequest
from chassis.forms import Judge, together
from chassis.requests import Int32, Uuid, page
from google.protobuf.message import Message
from switchboard.routing.v1 import service_pb2 as api

from routing.filters import agents_wanted, cases_wanted, posts_wanted, queues_wanted, unattributed_wanted
from routing.requests import command_of, written

COMMANDS = (
    api.OpenCaseRequest,
    api.AcceptOfferRequest,
    api.DeclineOfferRequest,
    api.ClaimCaseRequest,
    api.RenewClaimRequest,
    api.SecondClaimRequest,
    api.VoteOnAnswerRequest,
    api.ReleaseCaseRequest,
    api.PendCaseRequest,
    api.ResumeCaseRequest,
    api.ResolveCaseRequest,
    api.ReopenCaseRequest,
    api.TransferCaseRequest,
    api.EscalateCaseRequest,
    api.CreateTaskRequest,
    api.CloseTaskRequest,
    api.JoinCasesRequest,
    api.SplitCaseRequest,
    api.CreateAgentRequest,
    api.UpdateAgentRequest,
    api.DeleteAgentRequest,
    api.SetPresenceRequest,
    api.DrainAgentRequest,
    api.CreateQueueRequest,
    api.UpdateQueueRequest,
    api.DeleteQueueRequest,
    api.UpdateRoutingPolicyRequest,
)
"""What becomes a command at the owner of a shard."""


def judges(clock: Clock) -> Mapping[type[Message], Judge]:
    """By request type; what the contract says of its fields is judged for all of them."""

    def command(request: Any) -> None:
        command_of(request, clock.now())

    return {
        **dict.fromkeys(COMMANDS, command),
        api.ReplyToCaseRequest: written,
        api.NoteCaseRequest: written,
        api.ListCasesRequest: lambda asked: together(lambda: page(asked, (int, str)), lambda: cases_wanted(asked)),
        api.WatchCasesRequest: cases_wanted,
        api.ListCasePostsRequest: lambda asked: together(lambda: page(asked, (int, Uuid)), lambda: posts_wanted(asked)),
        api.ListUnattributedPostsRequest: lambda asked: together(
            lambda: page(asked, (int, Uuid)), lambda: unattributed_wanted(asked)
        ),
        api.ListCaseEventsRequest: lambda asked: page(asked, (int, Int32)),
        api.ListAgentsRequest: lambda asked: together(lambda: page(asked), lambda: agents_wanted(asked)),
        api.ListQueuesRequest: lambda asked: together(lambda: page(asked), lambda: queues_wanted(asked)),
        api.ExplainDecisionRequest: _token,
    }


def _token(request: api.ExplainDecisionRequest) -> None:
    if request.token < 0:
        raise InvalidRequest([("token", "offers are counted from 1; 0 asks about the case as it stands now")])
