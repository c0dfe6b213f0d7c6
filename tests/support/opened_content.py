"""What was sealed of a post, opened: the message of its bytes. Knows no key."""

from chassis import layout
from switchboard.ingest.v1 import post_pb2


def content_of(plain: bytes) -> post_pb2.PersonalContent:
    """PersonalContent of the bytes that are sealed, in whichever form they are."""
    found = layout.unpack(post_pb2.PersonalContent.DESCRIPTOR.full_name, layout.of_plain(plain))
    assert isinstance(found, post_pb2.PersonalContent)
    return found
