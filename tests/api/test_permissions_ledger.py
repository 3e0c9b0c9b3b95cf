"""What is known of a key's permissions: from refusals, from calls that succeed, and from the key's own list."""

from typing import Any

import pytest

from custom_components.printago.api.rest.permissions import PermissionLedger, named_in, permissions_of

VIEW = frozenset({"printer.view"})
CONTROL = frozenset({"printer.control"})
READY = frozenset({"printer.ready"})
QUEUE = frozenset({"queue.view"})
LISTED = ["apiKey.view", "printer.view", "queue.view"]


class Watched(PermissionLedger):
    """A ledger that counts its calls to the owner."""

    def __init__(self) -> None:
        super().__init__()
        self.changes = self.proofs = 0
        self.on_change = self._count_change
        self.on_proof = self._count_proof

    def _count_change(self) -> None:
        self.changes += 1

    def _count_proof(self) -> None:
        self.proofs += 1


@pytest.fixture
def ledger() -> Watched:
    return Watched()


def test_same_refusal_is_reported_once(ledger: Watched) -> None:
    ledger.deny(CONTROL)
    ledger.deny(CONTROL)
    ledger.deny(CONTROL | READY)
    assert (ledger.refused, ledger.changes) == (["printer.control"], 1)
    ledger.deny(READY)
    assert (ledger.refused, ledger.changes) == (["printer.control", "printer.ready"], 2)


def test_refusal_of_an_unknown_call_says_nothing(ledger: Watched) -> None:
    ledger.deny(frozenset())
    assert (ledger.missing, ledger.changes) == ([], 0)
    assert not ledger.lacks(CONTROL)


def test_success_removes_only_what_the_call_needs(ledger: Watched) -> None:
    ledger.deny(CONTROL)
    ledger.deny(READY)
    ledger.allow(frozenset())
    ledger.allow(QUEUE)
    ledger.allow(VIEW)
    assert (ledger.missing, ledger.changes) == (["printer.control", "printer.ready"], 2)
    ledger.allow(READY)
    assert (ledger.missing, ledger.changes) == (["printer.control"], 3)


def test_key_that_was_shut_out_has_no_known_refusal_once_it_may_view_printers(ledger: Watched) -> None:
    ledger.deny(VIEW)
    ledger.deny(CONTROL)
    ledger.allow(VIEW)
    assert (ledger.missing, ledger.changes) == ([], 3)


def test_success_of_another_call_does_not_end_a_shut_out(ledger: Watched) -> None:
    ledger.deny(VIEW)
    ledger.deny(CONTROL)
    ledger.allow(VIEW | QUEUE)
    assert ledger.missing == ["printer.control"]


def test_each_new_proof_is_reported_once(ledger: Watched) -> None:
    ledger.allow(VIEW)
    ledger.allow(VIEW)
    assert ledger.proofs == 1
    ledger.allow(QUEUE)
    assert ledger.proofs == 2
    assert ledger.allowed == VIEW | QUEUE


def test_list_of_the_key_is_reported_only_if_it_changes_anything(ledger: Watched) -> None:
    ledger.learn(LISTED)
    ledger.learn(LISTED)
    assert (ledger.changes, ledger.proofs) == (1, 2)
    assert ledger.lacks(CONTROL)
    assert ledger.allowed == set(LISTED)
    assert "printer.control" in ledger.missing
    assert ledger.missing == sorted(ledger.missing)
    assert ledger.refused == []


@pytest.mark.parametrize(
    "doubtful",
    [
        None,
        "printer.view",
        {"printer.view": True, "apiKey.view": True},
        [*LISTED, 7],
        # May do more than its list: the key has a role, or the list lacks what it has just done.
        [*LISTED, "queue.admin"],
        ["printer.view", "queue.view"],
        ["apiKey.view", "queue.view"],
        [],
    ],
)
def test_doubtful_list_grants_and_withholds_nothing(ledger: Watched, doubtful: Any) -> None:
    ledger.learn(doubtful)
    assert (ledger.missing, ledger.allowed, ledger.changes) == ([], frozenset(), 0)
    ledger.learn(LISTED)
    ledger.learn(doubtful)
    assert (ledger.missing, ledger.allowed, ledger.changes) == ([], frozenset(), 2)


def test_list_without_a_permission_that_a_call_has_used_is_doubtful(ledger: Watched) -> None:
    ledger.learn(LISTED)
    ledger.allow(CONTROL)
    assert (ledger.missing, ledger.allowed) == ([], CONTROL)
    # After a refusal, what was proven before counts no more.
    ledger.deny(CONTROL)
    ledger.learn(LISTED)
    assert ledger.lacks(READY)
    assert ledger.allowed == set(LISTED)


def test_call_that_needs_two_permissions_is_refused_if_either_is_withheld(ledger: Watched) -> None:
    ledger.learn([*LISTED, "printer.ready"])
    assert ledger.lacks(READY | CONTROL)
    assert not ledger.lacks(READY | QUEUE)


def test_permissions_that_a_refusal_names_are_found_in_its_text() -> None:
    needed = CONTROL | READY
    assert named_in("Missing permission: printer.ready", needed) == READY
    assert named_in("Forbidden", needed) == frozenset()


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("GET", "/v1/printers", VIEW),
        ("GET", "/v1/printers/p1", VIEW),
        ("PATCH", "/v1/printers/p1", {"printer.edit"}),
        ("PATCH", "/v1/printers/confirm-ready", READY),
        ("GET", "/v1/sku-costs/breakdown/s1", {"sku.view"}),
        ("GET", "/v1/integrations/etsy/i1/status", {"integration.view"}),
        ("DELETE", "/v1/printers/p1", frozenset()),
        ("GET", "/v1/p1", frozenset()),
        ("GET", "/v1/printers/p1/unknown", frozenset()),
    ],
)
def test_call_needs_the_permissions_of_its_path_whatever_the_id(method: str, path: str, needed: set[str]) -> None:
    assert permissions_of(method, path) == needed
