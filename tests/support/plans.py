"""The plans by which PostgreSQL answered: of every statement, also those of triggers and foreign keys (auto_explain)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from support.postgres import Server

_OPTIONS = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_format": "json",
}
_BEGIN = "  plan:\n"


@dataclass(frozen=True, slots=True)
class Explained:
    text: str
    plan: dict[str, Any]

    def nodes(self) -> Iterator[dict[str, Any]]:
        waiting = [self.plan]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.get("Plans", ())

    @property
    def cost(self) -> float:
        """Of all of it, in the planner's unit: about a page that is read in order."""
        return float(self.plan["Total Cost"])

    @property
    def first(self) -> float:
        """Of its first row."""
        return float(self.plan["Startup Cost"])

    def scans(self) -> frozenset[str]:
        """Tables that are read whole."""
        return frozenset(node["Relation Name"] for node in self.nodes() if node["Node Type"] == "Seq Scan")


def explaining(server: Server, place: str) -> str:
    """The address by which the plans of a store are written down."""
    role = "explained"
    if not server.sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'"):
        server.sql(f"CREATE ROLE {role} LOGIN SUPERUSER")
    for name, value in _OPTIONS.items():
        server.sql(f"ALTER ROLE {role} SET {name} = '{value}'")
    return place.replace("postgres@", f"{role}@")


def explained(server: Server, after: int = 0) -> list[Explained]:
    """What was written down since the log was so long, in bytes."""
    with (server.folder / "log").open("rb") as file:
        file.seek(after)
        log = file.read().decode()
    found = []
    for part in log.split(_BEGIN)[1:]:
        document, _ = json.JSONDecoder().raw_decode(part.lstrip())
        found.append(Explained(document["Query Text"], document["Plan"]))
    return found


def pretend(server: Server, schema: str, times: float) -> None:
    """Lets the planner believe that all tables have so many times their rows.

    It goes by the rows that a page held when it was last analysed, and by the pages of now. So a table costs what its
    rows cost, and reading it whole seems cheaper than it would be.
    """
    server.sql(
        f"UPDATE pg_class SET reltuples = reltuples * {times} WHERE reltuples > 0 AND relnamespace = '{schema}'::regnamespace"
    )
