"""Canned texts at the owner of their shard: requests as commands, and what is read from its memory."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from chassis.clock import Instant, to_timestamp
from chassis.errors import NotFound
from chassis.filters import HAS, Field, holds, parse
from chassis.masks import changed_fields
from chassis.requests import page, parse_name
from google.protobuf.message import Message
from switchboard.routing.v1 import desk_pb2 as api

from routing import commands
from routing.canned import TEXT_MAX, CannedText, fitting, variables_in, wrong_in
from routing.form import Form, check_text
from routing.memory_reads import FORWARDED_BYTES_MAX, Writer

CannedCommand = commands.CreateCannedText | commands.ChangeCannedText | commands.DeleteCannedText
NAME = "tenants/{tenant}/cannedTexts/{canned_text}"
COMPLAINTS_MAX = 10
"""Of one text; who gets so many has sent something else."""
FITTING_MAX = 20
"""Texts that are shown beside a case."""
CUSTOMER_MAX = 200
"""Code points of what a customer is called."""
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_LANGUAGE = re.compile(r"[A-Za-z0-9-]{2,35}|")


def command_of(request: Message, now: Instant) -> CannedCommand:
    """The command that a request asks for. Raises InvalidRequest with every violation."""
    form = Form(request)
    form.request_id()
    command: CannedCommand
    match request:
        case api.CreateCannedTextRequest():
            tenant, text_id = form.tenant(), form.text("canned_text_id", _ID)
            _check(form, request.canned_text.text)
            display_name, language, queues = _settings(form, request.canned_text, tenant)
            command = commands.CreateCannedText(text_id, display_name, language, queues, request.canned_text.text, now)
        case api.UpdateCannedTextRequest():
            text = request.canned_text
            tenant, text_id = form.name("canned_text.name", "cannedTexts", text.name)
            mask, wrong = changed_fields(text, request.update_mask)
            form.violations.extend(wrong)
            if "text" in mask:
                _check(form, text.text)
            display_name, language, queues = _settings(form, text, tenant)
            command = commands.ChangeCannedText(
                text_id,
                display_name if "display_name" in mask else None,
                language if "language" in mask else None,
                queues if "queues" in mask else None,
                text.text if "text" in mask else None,
                now,
            )
        case api.DeleteCannedTextRequest():
            command = commands.DeleteCannedText(form.name("name", "cannedTexts")[1], now)
        case _:
            raise TypeError(f"{request.DESCRIPTOR.full_name} asks for nothing")
    form.check()
    return command


def rendering(request: api.RenderCannedTextRequest) -> Mapping[str, str]:
    """What the caller says of the customer. Raises InvalidRequest."""
    form = Form(request)
    tenant, _ = form.name("name", "cannedTexts")
    form.of_tenant("case", "cases", tenant)
    form.of_tenant("agent", "agents", tenant)
    for field in ("customer_handle", "customer_display_name"):
        if len(getattr(request, field)) > CUSTOMER_MAX:
            form.wrong(field, f"has at most {CUSTOMER_MAX} code points")
    form.check()
    said = {"customer.handle": request.customer_handle, "customer.display_name": request.customer_display_name}
    return {name: value for name, value in said.items() if value}


def wanted(request: api.ListCannedTextsRequest) -> Callable[[CannedText], bool]:
    """Whether a text is one of those that a list asks for. Raises InvalidRequest."""

    def queue(name: str) -> str:
        return name.removeprefix(f"{request.parent}/queues/")

    asked = parse(request.filter, {"language": Field(), "queues": Field(queue, HAS)})
    return lambda one: holds(asked, partial(_value_of, one))


def get(writer: Writer, request: api.GetCannedTextRequest) -> Message:
    """One text. Raises NotFound."""
    found = writer.state.canned.get(parse_name(NAME, request.name)["canned_text"])
    if found is None:
        raise NotFound("canned text", request.name)
    return api.GetCannedTextResponse(canned_text=message(writer.subject.tenant, found))


def listed(writer: Writer, request: api.ListCannedTextsRequest) -> Message:
    """A page of texts by id. Raises InvalidRequest."""
    part, fits = page(request), wanted(request)
    after, texts = str(part.cursor[0]) if part.cursor else "", writer.state.canned
    found = [texts[text_id] for text_id in sorted(texts) if text_id > after and fits(texts[text_id])][: part.size + 1]
    shown, token = part.cut(found, _cursor)
    messages = [message(writer.subject.tenant, one) for one in shown]
    of_page, token = part.within(shown, messages, token, _cursor, FORWARDED_BYTES_MAX)
    return api.ListCannedTextsResponse(canned_texts=of_page, next_page_token=token)


def fitting_case(writer: Writer, request: api.FittingTexts) -> Message:
    """The texts that fit a case, the nearest first."""
    found = fitting(tuple(writer.state.canned.values()), request.language, request.queue)[:FITTING_MAX]
    tenant = writer.subject.tenant
    return api.ListCannedTextsResponse(canned_texts=[message(tenant, one) for one in found])


def message(tenant: str, one: CannedText) -> api.CannedText:
    """A text as it is shown."""
    return api.CannedText(
        name=f"tenants/{tenant}/cannedTexts/{one.text_id}",
        display_name=one.display_name,
        language=one.language,
        queues=[f"tenants/{tenant}/queues/{queue}" for queue in one.queues],
        text=one.text,
        variables=variables_in(one.text),
        updated_at=to_timestamp(one.updated_at),
    )


def _check(form: Form, text: str) -> None:
    check_text(form, text, "canned_text.text", TEXT_MAX)
    for complaint in wrong_in(text)[:COMPLAINTS_MAX]:
        form.wrong("canned_text.text", complaint)


def _settings(form: Form, text: api.CannedText, tenant: str) -> tuple[str, str, tuple[str, ...]]:
    """(shown name, language, queues)."""
    if len(text.display_name) > 100:
        form.wrong("canned_text.display_name", "has at most 100 code points")
    if _LANGUAGE.fullmatch(text.language) is None:
        form.wrong("canned_text.language", "is a BCP 47 tag, or empty for any language")
    if len(text.queues) > 100:
        form.wrong("canned_text.queues", "are at most 100")
    queues = {form.of_tenant("canned_text.queues", "queues", tenant, queue) for queue in text.queues}
    return text.display_name, text.language, tuple(sorted(queues))


def _value_of(one: CannedText, field: str) -> Any:
    return one.language if field == "language" else one.queues


def _cursor(one: CannedText) -> tuple[str]:
    return (one.text_id,)
