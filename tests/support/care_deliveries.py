"""Care conversations sent as posts in our own form, through the API, as a system that speaks it would send them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from running_stack import RunningStack
from switchboard.ingest.v1 import post_pb2, service_pb2, service_pb2_grpc

ROLES = {
    "customer": post_pb2.AUTHOR_KIND_CUSTOMER,
    "human": post_pb2.AUTHOR_KIND_BRAND_HUMAN,
    "bot": post_pb2.AUTHOR_KIND_BRAND_BOT,
}
CHANNEL = "care"


def connect(api: Any, tenant: str, companies: Sequence[str]) -> None:
    """One source per company, labelled with it; doing it twice is doing it once."""
    for company in companies:
        settings = service_pb2.Source(channel=CHANNEL, labels={"brand": company})
        request = service_pb2.CreateSourceRequest(parent=f"tenants/{tenant}", source_id=_id(company), source=settings)
        api.CreateSource(request, timeout=30)


def send_care(stack: RunningStack, tenant: str, posts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Sends all posts in order; answers what `ingest --json` would print."""
    results: Counter[str] = Counter()
    with stack.channel("ingest") as channel:
        api = service_pb2_grpc.IngestServiceStub(channel)
        connect(api, tenant, sorted({post["company"] for post in posts}))
        for response in api.IngestPosts(_batches(tenant, posts), timeout=120):
            results.update(service_pb2.Result.Name(one.result).removeprefix("RESULT_") for one in response.results)
    return {"deliveries": results.total(), "results": dict(results)}


def delivery(post: Mapping[str, Any]) -> service_pb2.Delivery:
    """One post in our own form."""
    normal = post_pb2.NormalizedPost(
        external_id=post["id"], conversation=post["session"], text=post["text"], author_kind=ROLES[post["role"]]
    )
    normal.author.external_id = normal.author.handle = post["author"]
    normal.published_at.FromMicroseconds(post["at"])
    return service_pb2.Delivery(normalized_post=normal)


def _batches(tenant: str, posts: Sequence[Mapping[str, Any]]) -> Iterator[service_pb2.IngestPostsRequest]:
    by_company: dict[str, list[Mapping[str, Any]]] = {}
    for post in posts:
        by_company.setdefault(post["company"], []).append(post)
    for company, own in by_company.items():
        for start in range(0, len(own), 200):
            yield service_pb2.IngestPostsRequest(
                source=f"tenants/{tenant}/sources/{_id(company)}",
                deliveries=[delivery(post) for post in own[start : start + 200]],
            )


def _id(company: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in company.lower())
