"""The house rules, kept by reading the imports: floors, doors, no circles, no clock and no I/O in the pure rooms."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "aggregator"

# A file imports only from lower floors, and from its own room.
FLOORS = {
    "__main__": 8,
    "cli": 7,
    "service": 6,
    "demo": 6,
    "app": 5,
    "pipeline": 4,
    "web": 3,
    "config": 2,
    "schedule": 2,
    "fetch": 2,
    "parse": 2,
    "normalise": 2,
    "dedupe": 2,
    "filters": 2,
    "store": 2,
    "export": 2,
    "workers": 2,
    "settings": 1,
    "quantities": 1,
    "models": 1,
    "errors": 1,
    "links": 1,
    "text": 1,
    "tokens": 1,
    "dates": 1,
    "uris": 1,
    "languages": 1,
    "patterns": 1,
    "lists": 1,
    "scripts": 1,
    "times": 1,
    "__init__": 0,
}

# Small pure things of the first floor may lean on each other, in this order.
FIRST_FLOOR = [
    "lists",
    "errors",
    "scripts",
    "text",
    "times",
    "tokens",
    "models",
    "quantities",
    "settings",
    "links",
    "uris",
    "languages",
    "dates",
    "patterns",
]

# Only its room imports a library, converts its untyped values and turns its exceptions into ours.
DOORS = {
    "click": {"cli"},
    "rich": {"cli"},
    "apscheduler": {"service"},
    "uvicorn": {"service"},
    "httptools": set(),
    "starlette": {"web"},
    "yaml": {"config"},
    "httpx": {"fetch"},
    "httpcore": {"fetch"},
    "feedparser": {"parse"},
    "nh3": {"normalise"},
    "sqlite_utils": {"store"},
    "sqlite3": {"store"},
    "lxml": {"export"},
    "jinja2": {"export"},
    "markupsafe": {"export"},
    "can_ada": {"links"},
    "re2": {"patterns"},
    "multiprocessing": {"workers"},
}

# Rooms that do no I/O, read no clock and log nothing: time is an argument.
PURE = [
    "schedule",
    "normalise",
    "dedupe",
    "filters",
    "parse",
    "models",
    "quantities",
    "settings",
    "quantities",
    "links",
    "uris",
    "languages",
    "text",
    "scripts",
    "times",
    "tokens",
    "dates",
    "patterns",
]
IMPURE_MODULES = {
    "logging",
    "os",
    "socket",
    "sqlite3",
    "subprocess",
    "asyncio",
    "threading",
    "time",
    "random",
}


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def module_of(path: Path) -> str:
    dotted = ".".join(("aggregator", *path.relative_to(PACKAGE).with_suffix("").parts))
    return dotted.removesuffix(".__init__")


MODULES = {module_of(path) for path in files()}


def room_of(module: str) -> str:
    """The room of a dotted module name inside the package."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def room_of_file(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names]
            files_meant = [name for name in names if name in MODULES]
            yield from files_meant
            if len(files_meant) < len(names):
                yield module


def own_imports(path: Path) -> set[str]:
    """Rooms that the file imports, the package's own __init__ apart."""
    found = {room_of(name) for name in imports(path) if name.split(".")[0] == "aggregator"}
    return {room for room in found if room in FLOORS} - {room_of_file(path)}


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_imports_only_from_lower_floors(path: Path) -> None:
    room = room_of_file(path)
    assert room in FLOORS, (
        f"{room} is a new room: give it a layer here and in docs/explanation/architecture.md"
    )
    for other in own_imports(path):
        if FLOORS[room] == FLOORS[other] == 1:
            assert FIRST_FLOOR.index(other) < FIRST_FLOOR.index(room), f"{path} imports {other}"
        else:
            assert FLOORS[other] < FLOORS[room], f"{path} (floor {FLOORS[room]}) imports {other}"


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_library_has_one_door(path: Path) -> None:
    room = room_of_file(path)
    for name in imports(path):
        library = name.split(".")[0]
        if library in DOORS:
            assert room in DOORS[library], f"{path}: {library} belongs to {DOORS[library]}"


@pytest.mark.parametrize("library", ["httpx", "feedparser", "can_ada", "nh3", "re2"])
def test_a_library_is_named_in_one_file(library: str) -> None:
    """So that exchanging it is a change of one file."""
    assert sum(library in {name.split(".")[0] for name in imports(path)} for path in files()) == 1


def test_every_fixed_library_is_used() -> None:
    used = {name.split(".")[0] for path in files() for name in imports(path)}
    assert {"feedparser", "httpx", "sqlite_utils", "apscheduler"} <= used


@pytest.mark.parametrize("room", PURE)
def test_pure_rooms_do_no_io(room: str) -> None:
    for path in files():
        if room_of_file(path) != room:
            continue
        found = {name.split(".")[0] for name in imports(path)} & IMPURE_MODULES
        assert not found, f"{path} imports {found}"
        calls = [
            node
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("now", "utcnow", "today")
        ]
        assert not calls, f"{path} reads the clock"


def test_files_of_one_room_import_in_no_circle() -> None:
    """Nor does the package as a whole: Python would forgive some circles, readers do not."""
    graph: dict[str, set[str]] = {}
    for path in files():
        name = module_of(path)
        # Inside its room a file names files; a package's __init__ stands above them.
        graph[name] = {other for other in imports(path) if other in MODULES and other != name}
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way, name))
        if name not in done:
            for other in graph[name]:
                visit(other, (*way, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_every_module_says_what_it_is_for() -> None:
    for path in files():
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert text, f"{path} has no docstring"


def test_the_program_leaves_its_surroundings_alone() -> None:
    """No file names a package registry or a folder of the machine it was written on."""
    root = PACKAGE.parent
    unwanted = (
        "py" + "pi.org",
        "python" + "hosted",
        "npm" + "js.",
        "deb.deb" + "ian",
        "/wo" + "rk/",
        "/ro" + "ot/",
    )
    for path in root.rglob("*"):
        relative = path.relative_to(root)
        if (
            relative.parts[0] in (".git", ".venv", "data")
            or path.suffix in (".png", ".pyc")
            or not path.is_file()
        ):
            continue
        if any(part.startswith(".") and part != ".ci" for part in relative.parts):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        assert not [word for word in unwanted if word in text], relative
