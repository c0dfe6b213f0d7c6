"""kill -9 of everything, then `switchboard up` on the same directory: no number changes, every invariant holds."""

from pathlib import Path

from running_stack import RunningStack

OWN = Path(__file__).resolve().parent.parent / "fixtures" / "e2e"
TENANT = "survivor"
QUESTION = ("report", "--tenant", TENANT, "--by", "brand", "--observed-until", "2020-03-30")
SERVERS = {"switchboard", "nats-server", "postgres", "ingest", "routing", "crm", "kpi"}


def numbers(stack: RunningStack) -> dict[str, object]:
    """What the report says, but for the end of the log: other tenants live in this stack."""
    told: dict[str, object] = stack.told(*QUESTION)
    assert told.pop("position")
    return told


def test_everything_comes_back_after_kill_9_of_all_of_it(stack: RunningStack) -> None:
    send = ("ingest", str(OWN / "threads.csv"), "--channel", "twcs", "--tenant", TENANT, "--allow-quarantine")
    first = stack.told(*send)
    before = numbers(stack)
    facts = stack.facts(TENANT)

    killed = stack.kill9()
    assert set(killed) == SERVERS
    stack.start()

    assert numbers(stack) == before
    assert stack.facts(TENANT) == facts
    verified = stack.told("log", "verify")
    assert verified["ok"], [finding for finding in verified["findings"] if not finding["ok"]]
    assert {finding["invariant"] for finding in verified["findings"]} >= {"I1", "I2", "I3", "I4", "I5", "I9"}
    again = stack.told(*send)
    assert again["results"]["DUPLICATE"] == again["deliveries"] == first["deliveries"]
    assert stack.facts(TENANT) == facts
