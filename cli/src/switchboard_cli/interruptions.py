"""Which cases wait for which at an agent, in words. It asks nobody."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from switchboard.routing.v1.service_pb2 import Case


def interruption_of(case: "Case") -> str:
    """The rest of a sentence about a case: what it interrupted, would interrupt, or waits for; "" for none."""
    from switchboard_cli.names import moment, short

    told = ""
    if case.interrupted_by:
        told += f"; it waits for case {short(case.interrupted_by)} until {moment(case, 'pending_until')} UTC at most"
    if case.interrupts:
        told += f"; it interrupted {', '.join(map(short, case.interrupts))}"
    for offer in case.offers:
        if offer.interrupts:
            told += f"; it would interrupt, of {short(offer.agent)}, {', '.join(map(short, offer.interrupts))}"
    return told
