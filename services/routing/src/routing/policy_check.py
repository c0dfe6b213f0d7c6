"""A routing policy as it would be: everything that is wrong with it, or what its rules would have made of cases. It
only reads.
"""

from chassis.clock import Instant
from chassis.errors import InvalidRequest
from google.protobuf.message import Message
from switchboard.routing.v1 import service_pb2 as api

from routing.form import Form
from routing.memory_reads import Writer
from routing.policy_decider import with_changes
from routing.policy_requests import policy_command
from routing.what_if import CASES_MAX, foresee, missing

CASES = 50
"""How many cases it is said of where nobody says."""


def check_policy(writer: Writer, request: api.CheckRoutingPolicyRequest, now: Instant) -> Message:
    """What the rules of a policy would have made of cases. Raises InvalidRequest with every mistake."""
    form = Form(request)
    command = policy_command(form, request, now)
    if not 0 <= request.case_count <= CASES_MAX:
        form.wrong("case_count", f"is 1 to {CASES_MAX}, or 0 for {CASES}")
    policy = with_changes(writer.state.policy, command)
    wrong = [*form.violations, *missing(writer.state, policy, "routing_policy")]
    if wrong:
        raise InvalidRequest(wrong)
    found, tenant = foresee(writer.state, policy, request.case_count or CASES), writer.subject.tenant
    return api.CheckRoutingPolicyResponse(
        cases=[
            api.CheckedCase(
                case=f"tenants/{tenant}/cases/{one.case_id}",
                rule_ids=one.rule_ids,
                outcomes=one.outcomes,
                differences=one.differences,
            )
            for one in found
        ],
        ruled_count=sum(1 for one in found if one.rule_ids),
        changed_count=sum(1 for one in found if one.differences),
    )
