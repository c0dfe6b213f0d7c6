"""What agents do from the command line: drafts, who else looks, a case's page, tasks, claims, joins."""

import os
import signal
import subprocess
import uuid

import pytest
from care_deliveries import connect, delivery
from running_stack import COMMAND, PATIENCE_S, RunningStack
from switchboard.ingest.v1 import service_pb2, service_pb2_grpc
from switchboard.log.v1 import integrity_pb2, integrity_pb2_grpc
from switchboard.routing.v1 import service_pb2 as work
from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

TENANT = "desk-commands"
WIDTH = 80


class Commands:
    """The command line for one tenant, and customers who write."""

    def __init__(self, stack: RunningStack) -> None:
        self.stack = stack

    def __call__(self, *words: str, code: int = 0) -> str:
        return self.stack.run(*words, "--tenant", TENANT, code=code)

    def case(self) -> str:
        """The id of a case of a customer who has just written."""
        name = uuid.uuid4().hex[:12]
        said = {"id": name, "author": name, "role": "customer", "at": 1_700_000_000_000_000, "text": "?", "session": ""}
        with self.stack.channel("ingest") as channel, self.stack.channel("routing") as routing:
            api = service_pb2_grpc.IngestServiceStub(channel)
            connect(api, TENANT, ["Ferry"])
            request = service_pb2.IngestPostRequest(source=f"tenants/{TENANT}/sources/ferry", delivery=delivery(said))
            position = api.IngestPost(request, timeout=PATIENCE_S).position
            wait = integrity_pb2.WaitUntilRequest(position=position, tenant=TENANT)
            integrity_pb2_grpc.IntegrityServiceStub(routing).WaitUntil(wait, timeout=PATIENCE_S)
        newest = self.stack.told("cases", "--limit", "1", "--tenant", TENANT)
        return str(newest[0]["name"].rpartition("/")[2])


@pytest.fixture(scope="module")
def run(stack: RunningStack) -> Commands:
    commands = Commands(stack)
    commands.case()
    with stack.channel("routing") as channel:
        for agent_id in ("mia", "ben"):
            request = work.CreateAgentRequest(
                parent=f"tenants/{TENANT}", agent_id=agent_id, request_id=str(uuid.uuid4())
            )
            RoutingServiceStub(channel).CreateAgent(request, timeout=PATIENCE_S)
    return commands


def test_a_draft_is_kept_listed_shown_and_thrown_away(run: Commands) -> None:
    case = run.case()
    assert "nobody has a draft" in run("desk", "drafts", case)
    assert "the draft of mia" in run("desk", "save", case, "Half a \x1b[2Jsentence [bold]", "--agent", "mia")
    for shown in (run("desk", "drafts", case), run("desk", "show", case)):
        assert "mia: Half a  [2Jsentence [bold]" in shown
    assert "mia has no draft" in run("desk", "discard", case, "--agent", "mia")
    assert "nobody has a draft" in run("desk", "drafts", case)


def test_a_cases_page_fits_eighty_columns(run: Commands) -> None:
    case = run.case()
    long = "a sentence that is rather long, as they are when somebody explains a thing to somebody " * 3
    run("texts", "set", "long", long)
    run("desk", "save", case, long, "--agent", "mia")
    page = run("desk", "show", case, "--agent", "mia")
    assert max(map(len, page.splitlines())) <= WIDTH
    for head in ("Case", "Posts", "Drafts", "Canned texts"):
        assert f"\n{head}\n" in page
    assert "customer" in page
    assert run.stack.told("desk", "show", case, "--tenant", TENANT)["case"]["name"].endswith(case)


def test_who_looks_at_a_case_is_told_who_else_does(run: Commands) -> None:
    case = run.case()

    def looking(agent: str) -> "subprocess.Popen[str]":
        words = [COMMAND, "desk", "look", case, "--agent", agent, "--tenant", TENANT, "--state", str(run.stack.state)]
        return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"})

    with looking("mia") as mia:
        assert mia.stdout
        assert mia.stdout.readline() == f"mia looks at case {case}\n"
        with looking("ben") as ben:
            assert ben.stdout
            assert [ben.stdout.readline(), ben.stdout.readline()][1] == "mia looks at it too\n"
            assert mia.stdout.readline() == "ben looks at it too\n"
            run("desk", "save", case, "I would say", "--agent", "ben")
            assert mia.stdout.readline() == "ben is writing\n"
            ben.send_signal(signal.SIGINT)
            assert ben.wait(PATIENCE_S) == 130
        assert mia.stdout.readline() == "ben has left\n"
        mia.send_signal(signal.SIGINT)
        assert mia.wait(PATIENCE_S) == 130


def test_another_department_does_its_part(run: Commands) -> None:
    case = run.case()
    opened = run("task", "open", case, "default", "--reason", "check_refund", "--agent", "mia")
    task = opened.split()[1]
    assert opened == f"task {task} is queued, in queue default; a task of case {case}\n"
    assert f"open tasks: {task}" in run("cases", case)
    assert run("task", "close", task, "--outcome", "paid_back") == (
        f"task {task} is resolved, in queue default; a task of case {case}\n"
    )
    assert "open tasks" not in run("cases", case)
    run("task", "close", task)
    run("task", "close", case, code=1)


def test_what_belongs_together_is_joined_and_split(run: Commands) -> None:
    one, two = run.case(), run.case()
    assert f"joined into it: {two}" in run("join", two, one)
    assert run("split", two) == f"case {two} is queued\n"
    run("split", two, code=1)
