"""Our records are what the standard library's dataclasses are, only made faster."""

from __future__ import annotations

import copy
import dataclasses
import functools
import pickle
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import models, settings
from aggregator.records import dataclass, replace

RECORDS = sorted(
    {
        each
        for module in (models, settings)
        for each in vars(module).values()
        if isinstance(each, type) and dataclasses.is_dataclass(each)
    },
    key=lambda record: record.__name__,
)


@functools.cache
def standard(record: type) -> Any:
    """The same record as the standard library makes it."""
    fields = [
        (
            field.name,
            field.type,
            dataclasses.field(
                default=field.default, default_factory=field.default_factory, repr=field.repr, compare=field.compare
            ) if field.default is dataclasses.MISSING or field.default_factory is dataclasses.MISSING else field,
        )
        for field in dataclasses.fields(record)
    ]  # fmt: skip
    return dataclasses.make_dataclass(record.__name__, fields, frozen=True, slots=True)


@pytest.mark.parametrize("record", RECORDS)
@given(st.data())
def test_a_record_is_as_that_of_the_standard_library(record: Any, data: st.DataObject) -> None:
    values = {field.name: data.draw(st.integers(0, 1)) for field in dataclasses.fields(record)}
    required = {
        field.name: values[field.name]
        for field in dataclasses.fields(record)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    name = next(iter(values))
    made, expected = record(**values), standard(record)(**values)
    assert repr(made) == repr(expected)
    assert repr(record(**required)) == repr(standard(record)(**required))
    assert dataclasses.asdict(made) == dataclasses.asdict(expected)
    assert record.__match_args__ == standard(record).__match_args__
    assert not hasattr(made, "__dict__")
    assert made == record(*values.values()) == copy.copy(made) == copy.deepcopy(made)
    assert pickle.loads(pickle.dumps(made)) == made
    assert hash(made) == hash(copy.copy(made))
    other = dataclasses.replace(made, **{name: 2})
    assert getattr(other, name) == 2
    assert replace(made, **{name: 2}) == other
    assert replace(made) == made
    assert (made == other) == (expected == dataclasses.replace(expected, **{name: 2}))
    assert made != expected
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, name, 3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        delattr(made, name)


def test_a_record_may_have_methods_defaults_and_parents() -> None:
    @dataclass(frozen=True, slots=True)
    class Parent:
        """One."""

        number: int

        @property
        def twice(self) -> int:
            return self.number * 2

        def __str__(self) -> str:
            return f"number {self.number}"

    @dataclass(frozen=True, slots=True)
    class Child(Parent):
        wait: timedelta = timedelta(1)
        names: list[str] = dataclasses.field(default_factory=list)

    child = Child(3)
    assert (child.twice, child.wait, child.names, str(child)) == (6, timedelta(1), [], "number 3")
    assert child.names is not Child(3).names
    assert Child(3, timedelta(2), ["a"]) != child
    assert vars(Child)["__slots__"] == ("wait", "names")
    with pytest.raises(TypeError):
        Child()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        dataclass(frozen=False, slots=True)


def test_one_function_is_compiled_for_a_record_when_the_first_is_made() -> None:
    code = """
import sys
compiled = []
sys.addaudithook(lambda event, data: compiled.append(str(data[0])) if event == "compile" else None)
from aggregator import models, settings
from aggregator.records import dataclass

@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2

count = lambda: sum("_set_" in source for source in compiled)
found = [count()]
for _ in range(2):
    assert Point(1) == Point(1, y=2)
    found.append(count())
print(*found)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported, once, twice = map(int, done.stdout.split())
    assert imported < len(RECORDS) / 2  # those that are defaults of others
    assert (once, twice) == (imported + 1, imported + 1)
