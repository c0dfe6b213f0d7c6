"""What may become of canned texts. Pure; whether a text has the form is judged before."""

from chassis.errors import Rejected

from routing import commands, events
from routing.canned import TEXTS_MAX, CannedText
from routing.commands import Reason
from routing.matching import Decision
from routing.queue_decider import known_queues


def create_text(decision: Decision, c: commands.CreateCannedText) -> None:
    """Decides a text, unless there is one of that id, or there are too many."""
    texts = decision.shard.canned
    if c.text_id in texts:
        detail = f"canned text {c.text_id} is there already; change it with UpdateCannedText, or take another id"
        raise Rejected(Reason.CANNED_TEXT_EXISTS, detail, resource=f"cannedTexts/{c.text_id}")
    if len(texts) >= TEXTS_MAX:
        raise Rejected(Reason.TOO_MANY_CANNED_TEXTS, f"there are {TEXTS_MAX} canned texts; delete one that nobody uses")
    known_queues(decision.shard, c.queues)
    decision.emit(events.CannedTextChanged(c.text_id, c.display_name, c.language, c.queues, c.text, c.at))


def change_text(decision: Decision, c: commands.ChangeCannedText) -> None:
    """Decides what is different about a text, if anything is."""
    now = _known(decision, c.text_id)
    known_queues(decision.shard, c.queues or ())
    changed = events.CannedTextChanged(
        c.text_id,
        now.display_name if c.display_name is None else c.display_name,
        now.language if c.language is None else c.language,
        now.queues if c.queues is None else c.queues,
        now.text if c.text is None else c.text,
        c.at,
    )
    if (changed.display_name, changed.language, changed.queues, changed.text) != (
        now.display_name,
        now.language,
        now.queues,
        now.text,
    ):
        decision.emit(changed)


def delete_text(decision: Decision, c: commands.DeleteCannedText) -> None:
    """Decides that a text is gone."""
    _known(decision, c.text_id)
    decision.emit(events.CannedTextDeleted(c.text_id, c.at))


def _known(decision: Decision, text_id: str) -> CannedText:
    found = decision.shard.canned.get(text_id)
    if found is None:
        detail = f"there is no canned text {text_id}"
        raise Rejected(Reason.CANNED_TEXT_UNKNOWN, detail, resource=f"cannedTexts/{text_id}")
    return found
