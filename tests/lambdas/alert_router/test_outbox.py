"""Events are put in batches that EventBridge takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.alert_router.outbox import BATCH_BYTES, BATCH_ENTRIES, Entry, batches


def entry(size: int) -> Entry:
    """Return an entry of so many bytes."""
    return {"Source": "s", "DetailType": "n", "Detail": "x" * (size - 2), "EventBusName": "b"}


@given(st.lists(st.integers(2, BATCH_BYTES), max_size=25))
def test_batches_keep_all_entries_in_order_within_the_quotas(sizes: list[int]) -> None:
    entries = [entry(size) for size in sizes]
    made = list(batches(entries))
    assert [e for batch in made for e in batch] == entries
    assert all(0 < len(batch) <= BATCH_ENTRIES for batch in made)
    assert all(sum(len(e["Detail"]) + 2 for e in batch) <= BATCH_BYTES for batch in made)


@pytest.mark.parametrize(("count", "expected"), [(0, []), (10, [10]), (11, [10, 1])])
def test_a_batch_holds_ten_entries(count: int, expected: list[int]) -> None:
    assert [len(batch) for batch in batches([entry(10)] * count)] == expected


def test_size_is_counted_in_bytes() -> None:
    wide = {**entry(10), "Detail": "é" * (BATCH_BYTES // 4)}
    assert [len(batch) for batch in batches([wide] * 2)] == [1, 1]
