"""One post for several desks on real servers: brought once to each, edited and withdrawn through any."""

from pathlib import Path

from chassis.embedded import free_port
from switchboard.ingest.v1 import post_pb2, service_pb2

from .conftest import Stack, serving
from .test_durability import verdicts
from .test_intake import ingest, request, results, tweet

R = service_pb2
BOTH = "@acme @bolt the courier of one broke what the other sold me"


async def one(stack: Stack, source: str, payload: bytes) -> str:
    (answer,) = await ingest(stack, request(source, payload))
    return results(answer)[0]


async def desks_of(stack: Stack, payload: bytes, source: str) -> post_pb2.Post:
    """The post as it stands, found by bringing it once more."""
    (answer,) = await ingest(stack, request(source, payload))
    name = answer.results[0].posts[0].post
    return (await stack.api.GetPost(R.GetPostRequest(name=name, min_position=answer.position))).post


async def test_a_post_is_brought_once_to_each_desk_whichever_polls_first(
    nats_url: str, database_url: str, kek_file: Path
) -> None:
    port = free_port()
    async with serving(nats_url, database_url, kek_file, port) as stack:
        acme = await stack.connect("acme", "acme-x", owned_accounts=["acme"], labels={"brand": "Acme"})
        feed = await stack.connect("acme", "acme-feed", labels={"brand": "Acme"}, listening=False)
        bolt = await stack.connect("acme", "bolt-x", owned_accounts=["bolt"], labels={"brand": "Bolt"})
        assert [await one(stack, source, tweet(1, BOTH)) for source in (acme, feed, bolt)] == [
            "ACCEPTED",
            "DUPLICATE",
            "ACCEPTED",
        ]
        assert [await one(stack, source, tweet(2, "hello @acme")) for source in (feed, acme)] == [
            "ACCEPTED",
            "DUPLICATE",
        ]
        ours = {"id": 99, "id_str": "99", "screen_name": "acme"}
        assert [await one(stack, source, tweet(3, "yes", user=ours)) for source in (bolt, acme)] == [
            "ECHO",
            "DUPLICATE",
        ]
        assert list((await desks_of(stack, tweet(3, "yes", user=ours), bolt)).desks) == ["Acme"]
    async with serving(nats_url, database_url, kek_file, port) as stack:  # which remembers nothing of it
        assert [await one(stack, source, tweet(1, BOTH)) for source in (bolt, acme)] == ["DUPLICATE", "DUPLICATE"]
        assert await one(stack, bolt, tweet(2, "hello @acme")) == "ACCEPTED"
        assert await one(stack, bolt, tweet(1, BOTH + "!")) == "UPDATED"
        seen = await desks_of(stack, tweet(1, BOTH), acme)
        assert (list(seen.desks), seen.revision, seen.source) == (["Acme", "Bolt"], 2, acme)
        bolts = await stack.api.ListPosts(R.ListPostsRequest(parent="tenants/acme", filter='desks:"Bolt"'))
        assert len(bolts.posts) == 2
        assert await one(stack, bolt, b'{"delete":{"status":{"id":1,"user_id":7}}}') == "WITHDRAWN"
        assert await one(stack, acme, tweet(1, BOTH)) == "WITHDRAWN"
        held = await verdicts(stack)
        assert held.keys() >= {"I1", "I4", "I5"}
        assert all(held.values()), held


async def test_an_account_is_ours_from_the_moment_any_source_owns_it(stack: Stack) -> None:
    ours = {"id": 99, "id_str": "99", "screen_name": "acme"}
    bolt = await stack.connect("acme", "bolt-x", owned_accounts=["bolt"])
    assert await one(stack, bolt, tweet(1, "hello", user=ours)) == "ACCEPTED"
    acme = await stack.connect("acme", "acme-x", owned_accounts=["acme"])
    assert await one(stack, bolt, tweet(2, "hello", user=ours)) == "ECHO"
    await stack.api.DeleteSource(R.DeleteSourceRequest(name=acme))
    assert await one(stack, bolt, tweet(3, "hello", user=ours)) == "ACCEPTED"


async def test_who_watches_a_desk_s_posts_hears_when_it_is_brought_one(stack: Stack) -> None:
    acme = await stack.connect("acme", "acme-x", owned_accounts=["acme"], labels={"brand": "Acme"})
    bolt = await stack.connect("acme", "bolt-x", owned_accounts=["bolt"], labels={"brand": "Bolt"})
    watch = stack.api.WatchPosts(R.WatchPostsRequest(parent="tenants/acme", filter='desks:"Bolt"'))
    assert (await watch.read()).resume_token
    for source in (acme, bolt):
        await one(stack, source, tweet(1, BOTH))
    while not (step := await watch.read()).HasField("post"):
        pass
    assert (step.change, list(step.post.desks)) == (R.POST_CHANGE_SIGHTED, ["Acme", "Bolt"])
    watch.cancel()


async def test_the_desk_of_a_source_is_derived_until_it_is_declared(stack: Stack) -> None:
    asked = R.Source(channel="x", owned_accounts=["acme"])
    created = await stack.api.CreateSource(
        R.CreateSourceRequest(parent="tenants/acme", source_id="acme-x", source=asked)
    )
    name = created.source.name
    found = (await stack.api.GetSource(R.GetSourceRequest(name=name, min_position=created.position))).source
    assert (found.desk, found.effective_desk, found.HasField("listening")) == ("", "acme", False)
    assert found == created.source
    changed = await stack.api.UpdateSource(
        R.UpdateSourceRequest(source=R.Source(name=name, desk="care", listening=True))
    )
    assert (changed.source.desk, changed.source.effective_desk, changed.source.listening) == ("care", "care", True)
    (listed,) = (
        await stack.api.ListSources(R.ListSourcesRequest(parent="tenants/acme", min_position=changed.position))
    ).sources
    assert listed == changed.source
    (answer,) = await ingest(stack, request(name, tweet(1, "hello")))
    read = R.GetPostRequest(name=answer.results[0].posts[0].post, min_position=answer.position)
    assert list((await stack.api.GetPost(read)).post.desks) == ["care"]
