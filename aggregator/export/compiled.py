"""The program's templates as Python keeps modules: compiled, beside them, so that not each process does it again."""

from __future__ import annotations

import contextlib
import os
import sys
from importlib.util import cache_from_source
from pathlib import Path

import jinja2
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

from aggregator import __version__

_MADE_BY = "".join(filter(str.isalnum, f"jinja{jinja2.__version__}"))


class CompiledTemplates(BytecodeCache):
    """Compiled by this Python, this jinja2 and this program alone; where nothing can be written, nothing is kept."""

    def get_bucket(self, environment: Environment, name: str, filename: str | None, source: str) -> Bucket:
        """What was compiled of this very text, or a place for it."""
        place = cache_from_source(filename or name, optimization=_MADE_BY)
        bucket = Bucket(environment, place, self.get_source_checksum(f"{__version__}\n{source}"))
        if filename:
            self.load_bytecode(bucket)
        return bucket

    def load_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError), Path(bucket.key).open("rb") as file:
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if sys.dont_write_bytecode:
            return
        place = Path(bucket.key)
        partial = place.with_name(f"{place.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                with partial.open("xb") as file:
                    bucket.write_bytecode(file)
                partial.replace(place)
            finally:
                partial.unlink(missing_ok=True)
