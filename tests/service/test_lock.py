"""The lock of a service whose data folder is taken away, and comes back or not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from aggregator.errors import AggregatorError, StoreError
from aggregator.models import Role
from aggregator.service.lock import AlreadyRunning, ServiceLock, running


@pytest.mark.parametrize("role", ["all", "poller"])
def test_a_lock_that_cannot_be_taken_anew_touches_no_other_file(tmp_path: Path, role: Role) -> None:
    """Another file may have the number that its descriptor had, as the store or a reader's connection."""
    folder, other = tmp_path / "data", tmp_path / "other"
    other.write_text("of somebody else")
    with ServiceLock(folder, role) as lock:
        shutil.rmtree(folder)
        folder.write_text("in the way")
        opened = []
        for _ in range(3):
            with pytest.raises(StoreError, match="is a file"):
                lock.renew()
            opened.append(os.open(other, os.O_RDWR))
            lock.write({"pid": 1})
        assert not lock.is_in_place
        folder.unlink()
        lock.renew()
        assert lock.is_in_place
    for descriptor in opened:
        assert os.read(descriptor, 100) == b"of somebody else"
        os.close(descriptor)


@pytest.mark.parametrize(("role", "others"), [("all", "all"), ("all", "poller"), ("poller", "all")])
def test_whoever_begins_in_a_folder_that_was_removed_keeps_it(
    tmp_path: Path, role: Role, others: Role
) -> None:
    folder = tmp_path / "data"
    with ServiceLock(folder, role) as lock:
        shutil.rmtree(folder)
        with ServiceLock(folder, others) as other:
            other.write({"pid": 2, "role": others})
            for _ in range(2):
                with pytest.raises(AlreadyRunning, match="process 2"):
                    lock.renew()
                lock.write({"pid": 1})
            assert other.is_in_place
            found = running(folder)
            assert found is not None
            assert found["pid"] == 2
        lock.renew()
        with pytest.raises(AggregatorError):
            ServiceLock(folder, others)
