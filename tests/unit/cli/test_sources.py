"""Settings of sources from several files become one of each."""

from switchboard_cli.deliveries.addressed import SourceSettings
from switchboard_cli.sources import accounts_of, united


def test_one_source_has_the_accounts_and_labels_of_all_that_name_it():
    one = SourceSettings("a", "x", owned_accounts=["@Acme"], labels={"brand": "Acme", "tier": "1"})
    other = SourceSettings("a", "x", owned_accounts=["acme", "acme_help"], labels={"tier": "2"})
    apart = SourceSettings("b", "x")
    found = united([one, apart, other])
    assert [settings.source_id for settings in found] == ["a", "b"]
    assert list(found[0].owned_accounts) == ["acme", "acme_help"]
    assert found[0].labels == {"brand": "Acme", "tier": "2"}


def test_accounts_are_the_same_whatever_their_case_and_sign():
    assert accounts_of(["@Acme", "acme", "B"], ["b", "A"]) == ["a", "acme", "b"]
