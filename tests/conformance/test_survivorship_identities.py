"""The two places that compute ids of identities agree: what ingest calls an account, crm-sync finds."""

import crm_sync.naming
import ingest.normalise
from hypothesis import given, settings
from hypothesis import strategies as st


@settings(max_examples=100)
@given(st.sampled_from(["x", "weibo", "crm"]), st.text(max_size=20), st.text(min_size=1, max_size=40))
def test_an_account_has_one_identity(channel: str, account_scope: str, external_id: str) -> None:
    theirs = ingest.normalise.identity_id(channel, account_scope, external_id)
    assert crm_sync.naming.identity_id(channel, account_scope, external_id) == theirs
