"""The `switchboard` command: which commands there are and where they live. Nothing is imported before it is needed."""

import importlib

import click

from switchboard_cli.hints import typed

COMMANDS = {
    "up": ("switchboard_cli.stack:up", "Start NATS, PostgreSQL and the four services here; Ctrl-C stops them."),
    "provision": (
        "switchboard_cli.provision:provision",
        "Create and change the streams, buckets and tables of all services; re-running is harmless.",
    ),
    "demo": (
        "switchboard_cli.demo.command:demo",
        "A minute and a half that shows everything working, on made-up data.",
    ),
    "ingest": ("switchboard_cli.ingest:ingest", "Send files of posts; re-running is harmless."),
    "report": ("switchboard_cli.report:report", "The KPI table, exactly recomputed from every contact."),
    "restate": ("switchboard_cli.restate:restate", "A metric by two versions of its definition, and the difference."),
    "top": ("switchboard_cli.top:top", "Live wallboard in the terminal."),
    "cases": ("switchboard_cli.cases:cases", "List cases, or show one with its history."),
    "case": ("switchboard_cli.claims:case", "Claim, renew, second or give back a case; vote on its answers."),
    "agents": ("switchboard_cli.agents:agents", "List agents with their load."),
    "drain": ("switchboard_cli.drain:drain", "Let an agent finish, and give back what it has."),
    "agent": ("switchboard_cli.agent:agent", "Show an agent, or change what it works and whether it does now."),
    "policy": ("switchboard_cli.policy:policy", "Show or change which case is served first, and by which agent."),
    "calendar": ("switchboard_cli.calendars:calendar", "Show, set, fill and ask calendars of business time."),
    "texts": ("switchboard_cli.texts:texts", "List canned texts, or set and delete one."),
    "move": ("switchboard_cli.move:move", "Move a case to another queue or urgency."),
    "shape": ("switchboard_cli.shape:shape", "Say of a case whom it is for, whom not, and of which tier it is."),
    "escalate": ("switchboard_cli.escalate:escalate", "Send a case one level up, or make one of a community's post."),
    "goodwill": (
        "switchboard_cli.goodwill:goodwill",
        "List what waits; grant, approve, refuse it; set limits.",
    ),
    "jargon": ("switchboard_cli.jargon:jargon", "List words that customers do not understand, or set and delete one."),
    "check": ("switchboard_cli.check:check", "Say what somebody would change about a reply before it is sent."),
    "assign": ("switchboard_cli.assign:assign", "Give a case to an agent, whoever has it."),
    "desk": ("switchboard_cli.desk:desk", "Show all there is beside a case, its drafts, and who else looks at it."),
    "task": ("switchboard_cli.tasks:task", "Give another department its part of a case, or close that."),
    "join": ("switchboard_cli.joins:join", "Join two cases: one agent works both."),
    "split": ("switchboard_cli.joins:split", "Split what was joined, as if it had never been."),
    "customers": ("switchboard_cli.customers:customers", "List customers, or show one with all it is known by."),
    "tenants": (
        "switchboard_cli.tenants:tenants",
        "List tenants, or create, show, change and delete one, with proof.",
    ),
    "simulate": ("switchboard_cli.simulate:simulate", "What routing would do: a scenario, or a recorded log."),
    "staffing": (
        "switchboard_cli.staffing:staffing",
        "How many agents a day takes, by half-hour, from a recorded log.",
    ),
    "explain": ("switchboard_cli.explain:explain", "Why a case is where it is, or why an attribute has its value."),
    "rebuild": (
        "switchboard_cli.rebuild:rebuild",
        "Refill services' tables from the log, after it was restored from an older copy.",
    ),
    "shards": ("switchboard_cli.shards:shards", "List the shards and why one rests, or wake it."),
    "parked": ("switchboard_cli.parked:parked", "List events that somebody could not take, or release them."),
    "quarantined": (
        "switchboard_cli.quarantined:quarantined",
        "List deliveries that could not be read, with reason and place, or have them read again.",
    ),
    "keys": (
        "switchboard_cli.keys:keys",
        "Show, back up, rotate or give up the keys that personal values are sealed under.",
    ),
    "log": ("switchboard_cli.log:log", "Verify or export the event log."),
}


class LateGroup(click.Group):
    """A group whose commands are imported when they are run; `--help` needs none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{attribute} is no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        formatter.write_text(typed(self.epilog or ""))


@click.group(
    cls=LateGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Begin with `switchboard demo`, or with `switchboard up` in one terminal and the rest in a second.",
)
@click.version_option(package_name="switchboard-cli", message="switchboard %(version)s")
def cli() -> None:
    """Every social post is an inbound call: picked up, routed, remembered and counted.

    All commands are clients of the services' gRPC APIs. They find a stack started with `switchboard up` by --state, or
    are told with --ingest, --routing, --crm and --kpi.
    """
