"""Where a decision finds threads, posts and cases: in memory, or in what was fetched because memory has forgotten it.

What was fetched comes back by facts before anything is decided about it. Pure.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from routing import events
from routing.cases import Case, Joined
from routing.matching import Decision
from routing.posts import Post
from routing.recall import recall
from routing.thread import Customer, Thread


def threads_of(decision: Decision, keys: Iterable[str]) -> list[Thread]:
    """The threads these keys lead to, each once, brought back where they were forgotten.

    Of a long thread memory may have a part; what was fetched of it stands beside that then, with the same id.
    """
    shard = decision.shard
    found: dict[int, Thread] = {}
    for key in keys:
        thread = shard.threads.by_key.get(key) or shard.fetched.threads.by_key.get(key)
        if thread is None:
            continue
        known, fetched = shard.threads.by_id.get(thread.thread_id), shard.fetched.threads.by_id.get(thread.thread_id)
        if fetched is not None and (known is None or _has_more(fetched, known)):
            bring_back(decision, thread.thread_id)
            found[id(fetched)] = fetched
        if known is not None:
            found[id(known)] = known
    return list(found.values())


def _has_more(fetched: Thread, known: Thread) -> bool:
    """Whether something of a long thread was fetched that memory does not have."""
    return known.is_partial and not (fetched.posts.keys() <= known.posts.keys())


def find_post(decision: Decision, key: str) -> Post | None:
    """The post that is called so. It alone brings nothing back."""
    return decision.shard.threads.find(key) or decision.shard.fetched.threads.find(key)


def present(decision: Decision, case_id: str) -> Case | None:
    """A case with its thread, brought back when memory has forgotten it; one that was joined away as it was kept."""
    case = decision.case(case_id)
    if case is not None:
        return case
    fetched = decision.shard.fetched
    archived = fetched.cases.get(case_id)
    if archived is None or isinstance(archived.stage, Joined):
        return archived
    thread = fetched.threads.of_case.get(case_id)
    if thread is not None:
        bring_back(decision, thread.thread_id)
    else:
        decision.emit(recall(archived, "", decision.at))
    return decision.case(case_id)


def bring_back(decision: Decision, thread_id: str) -> None:
    """Decides the facts that bring a thread back, once."""
    if thread_id in decision.recalled:
        return
    decision.recalled.add(thread_id)
    for fact in decision.shard.fetched.recalls.get(thread_id, ()):
        if not isinstance(fact, events.CaseRecalled) or decision.case(fact.case_id) is None:
            decision.emit(replace(fact, at=decision.at))


def customers_of(decision: Decision, case_ids: Iterable[str]) -> list[Customer]:
    """The customers of these cases, each once."""
    threads, fetched = decision.shard.threads, decision.shard.fetched.threads
    found: list[Customer] = []
    for case_id in case_ids:
        for customer in threads.customers_of(case_id) or fetched.customers_of(case_id):
            if not any(customer is one for one in found):
                found.append(customer)
    return found
