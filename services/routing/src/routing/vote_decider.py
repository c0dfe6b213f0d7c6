"""Votes: an employee says whether another one's answer helped, and what votes earn. Pure.

The customer votes too, by what it does: a case that is confirmed after an answer was helped by it, one that its
customer reopens within the confirm window was not (`cases.py`). Nobody is asked.
"""

from chassis.errors import Rejected

from routing import commands, events
from routing.agents import Agent
from routing.case_decider import find, known_agent, name
from routing.cases import VOTES_MAX, Case, asked_of, latest_answer
from routing.commands import Reason
from routing.matching import Decision
from routing.policies import serves
from routing.reputation import Tally, earned_of
from routing.terms import GivenAnswer, Verdict


def vote_on_answer(decision: Decision, c: commands.VoteOnAnswer) -> None:
    """Decides a vote, another one, or none any more. Raises Rejected; voting twice is voting once."""
    agent, case = known_agent(decision, c.agent_id), find(decision, c.case_id)
    answer = _answer(case, c.reply_id)
    before = next((vote for vote in answer.votes if vote.agent_id == c.agent_id), None)
    if before is None and c.verdict == Verdict.WITHDRAWN:
        return
    is_expert = c.verdict != Verdict.WITHDRAWN and _is_expert(agent, case)
    if before is not None and (before.verdict, before.is_expert) == (c.verdict, is_expert):
        return
    if c.verdict != Verdict.WITHDRAWN:
        _demand_vote(agent, case, answer, is_new=before is None)
    replaced = before.verdict if before is not None and before.is_expert else Verdict.UNSPECIFIED
    decision.emit(
        events.AnswerVoted(
            case.case_id,
            answer.reply_id,
            c.agent_id,
            c.verdict,
            is_expert,
            answer.agent_id,
            answer.topics,
            replaced,
            c.at,
            answer.given_at,
        )
    )


def earn(decision: Decision, agent_id: str) -> int:
    """What an agent's votes make of its skills is decided where it is not so yet; returns how many facts and offers
    that can lead to.
    """
    agent, shard = decision.agent(agent_id), decision.shard
    if agent is None:
        return 0
    tallies = {tally.topic: tally for tally in shard.reputations.get(agent_id, ())}
    now = {skill.name: skill.level for skill in earned_of(agent.granted, tallies.values(), shard.policy.earned_levels)}
    before = {skill.name: skill.level for skill in agent.earned}
    changed = [name for name in sorted({*now, *before}) if now.get(name, 0) != before.get(name, 0)]
    for skill in changed:
        tally = tallies.get(skill, Tally(skill))
        votes = tally.helpful, tally.unhelpful, shard.policy.version
        decision.emit(events.SkillEarned(agent_id, skill, now.get(skill, 0), *votes, decision.at))
    return len(changed) + agent.free


def _answer(case: Case, reply_id: str) -> GivenAnswer:
    """The answer a vote is on. Raises Rejected when there is none that can be voted on."""
    resource = f"cases/{case.case_id}"
    if any(unsent.reply_id == reply_id for unsent in case.unsent):
        detail = f"reply {reply_id} of {name(case.case_id)} is on its way; vote once its channel has taken it"
        raise Rejected(Reason.REPLIES_UNSENT, detail, resource=resource)
    if not reply_id:
        answer = latest_answer(case)
    else:
        answer = next((one for one in case.answers if one.agent_id and one.reply_id == reply_id), None)
    if answer is None:
        which = f"answer {reply_id}" if reply_id else "answer"
        detail = f"{name(case.case_id)} has no {which} among its latest that can be voted on; GetCase lists them"
        raise Rejected(Reason.ANSWER_UNKNOWN, detail, resource=f"answers/{reply_id or 'latest'}")
    return answer


def _is_expert(agent: Agent, case: Case) -> bool:
    """Whether an agent's vote counts."""
    levels = {skill.name: skill.level for skill in agent.granted}  # else a few could raise one another
    return all(levels.get(r.skill, 0) >= r.min_level for r in asked_of(case))


def _demand_vote(agent: Agent, case: Case, answer: GivenAnswer, *, is_new: bool) -> None:
    """Raises Rejected for who has no vote on an answer."""
    if agent.agent_id == answer.agent_id:
        detail = f"answer {answer.reply_id} of {name(case.case_id)} is {agent.agent_id}'s own; others vote on it"
        raise Rejected(Reason.VOTE_OWN, detail, resource=f"cases/{case.case_id}")
    if not serves(agent, case.queue):
        obstacle = f"does not serve queue {case.queue}"
        detail = f"{agent.agent_id} cannot vote in {name(case.case_id)}: it {obstacle}"
        violations = ((f"agents/{agent.agent_id}", obstacle),)
        raise Rejected(Reason.NOT_ELIGIBLE, detail, resource=f"agents/{agent.agent_id}", violations=violations)
    if is_new and len(answer.votes) >= VOTES_MAX:
        detail = f"answer {answer.reply_id} of {name(case.case_id)} has {VOTES_MAX} votes; one is to be withdrawn first"
        raise Rejected(Reason.TOO_MANY_VOTES, detail, resource=f"cases/{case.case_id}")
