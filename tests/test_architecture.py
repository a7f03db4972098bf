"""The rules of the architecture, checked by reading the imports: layers, no cycles, no I/O in pure modules.

A module here is a file or folder directly in the package. Names that are imported late, which stand in
tables as "module:function", count as imports.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "aggregator"

# A file imports only from lower layers, and from its own module.
LAYERS = {
    "__main__": 8,
    "cli": 7,
    "service": 6,
    "demo": 6,
    "app": 5,
    "pipeline": 4,
    "web": 3,
    "health": 3,
    "subscriptions": 3,
    "mailer": 2,
    "config": 2,
    "schedule": 2,
    "fetch": 2,
    "parse": 2,
    "normalise": 2,
    "dedupe": 2,
    "related": 2,
    "filters": 2,
    "store": 2,
    "export": 2,
    "workers": 2,
    "records": 1,
    "memo": 1,
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
    "discovery": 1,
    "patterns": 1,
    "lists": 1,
    "scripts": 1,
    "times": 1,
    "logs": 1,
    "hangup": 1,
    "files": 1,
    "__init__": 0,
}

# Modules of the lowest layer may import those before them in this list.
FIRST_LAYER = [
    "records",
    "lists",
    "errors",
    "logs",
    "scripts",
    "text",
    "times",
    "tokens",
    "models",
    "quantities",
    "settings",
    "links",
    "uris",
    "discovery",
    "languages",
    "dates",
    "patterns",
    "hangup",
    "files",
]

# The only module that imports a library; it converts untyped values and turns exceptions into ours.
LIBRARIES = {
    "click": {"cli"},
    "rich": {"cli"},
    "apscheduler": {"service"},
    "uvicorn": {"web"},
    "prometheus_client": {"service"},
    "httptools": set(),
    "starlette": {"web"},
    "yaml": {"config"},
    "httpx": {"fetch"},
    "httpcore": {"fetch"},
    "h11": {"fetch"},
    "feedparser": {"parse"},
    "nh3": {"normalise"},
    "sqlite_utils": {"store"},
    "sqlite3": {"store"},
    "psycopg": {"store"},
    "lxml": {"export", "parse"},
    "jinja2": {"export"},
    "markupsafe": {"export"},
    "can_ada": {"links"},
    "re2": {"patterns"},
    "multiprocessing": {"workers"},
}

# Modules that do no I/O, read no clock and log nothing: time is an argument.
PURE = [
    "subscriptions",
    "discovery",
    "schedule",
    "normalise",
    "dedupe",
    "related",
    "filters",
    "parse",
    "records",
    "models",
    "quantities",
    "settings",
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
IMPURE = {"logging", "os", "socket", "sqlite3", "subprocess", "asyncio", "threading", "time", "random"}
CLOCK = {"now", "utcnow", "today"}

LATE = re.compile(r"([a-z_][\w.]*):([a-z_]\w*)")  # "module:function"


def name_of(path: Path) -> str:
    """The dotted name of a file, as it is imported."""
    dotted = ".".join(("aggregator", *path.relative_to(PACKAGE).with_suffix("").parts))
    return dotted.removesuffix(".__init__")


FILES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def module_of(name: str) -> str:
    """The module that a dotted name belongs to."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> frozenset[str]:
    """The dotted names of files and libraries that a file imports, at once or late."""
    return frozenset(_imported(path)) | {name for name, _ in late(path)}


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            base = node.module or ""
            names = [f"{base}.{alias.name}" for alias in node.names]
            yield from (name if name in FILES else base for name in names)


def late(path: Path) -> Iterator[tuple[str, str]]:
    """The "module:function" strings of a file, whose modules may be relative to its folder."""
    folder = name_of(path.parent / "__init__.py")
    for node in ast.walk(tree(path)):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and (found := LATE.fullmatch(text)):
            names = [name for name in (found[1], f"{folder}.{found[1]}") if name in FILES]
            assert names or not found[1].startswith("aggregator."), f"{path}: there is no {text}"
            yield from ((name, found[2]) for name in names)


def test_a_file_imports_only_from_lower_layers() -> None:
    wrong = []
    for name, path in FILES.items():
        module = module_of(name)
        if name == "aggregator":  # names what is public, and imports it when it is asked for
            continue
        assert module in LAYERS, (
            f"{module} is new: give it a layer here and in docs/explanation/architecture.md"
        )
        for other in {module_of(each) for each in imports(path) if each.split(".")[0] == "aggregator"}:
            if other not in (module, "__init__"):
                same = LAYERS[module] == LAYERS[other] == 1
                lower = (
                    FIRST_LAYER.index(other) < FIRST_LAYER.index(module)
                    if same
                    else LAYERS[other] < LAYERS[module]
                )
                wrong += [] if lower else [f"{name} (layer {LAYERS[module]}) imports {other}"]
    assert wrong == []


def test_a_library_is_imported_by_one_module() -> None:
    wrong = []
    for name, path in FILES.items():
        for library in {each.split(".")[0] for each in imports(path)} & LIBRARIES.keys():
            if module_of(name) not in LIBRARIES[library]:
                wrong.append(f"{name} imports {library}, which belongs to {LIBRARIES[library]}")
    assert wrong == []


def test_some_libraries_are_imported_by_one_file() -> None:
    """So that exchanging one of them is a change of one file."""
    for library in ("httpx", "feedparser", "can_ada", "nh3", "re2"):
        importing = [
            name for name, path in FILES.items() if library in {each.split(".")[0] for each in imports(path)}
        ]
        assert len(importing) == 1, (library, importing)


def test_one_file_names_the_engine_of_the_store() -> None:
    for engine in ("aggregator.store.sqlite", "aggregator.store.postgresql"):
        outside = [name for name in FILES if name != engine and not name.startswith(f"{engine}.")]
        naming = {name for name in outside if any(each.startswith(engine) for each in imports(FILES[name]))}
        assert naming == {"aggregator.store.open"}


def test_the_interfaces_of_the_store_are_small_and_documented() -> None:
    body = tree(FILES["aggregator.store.interfaces"]).body
    classes = [node for node in body if isinstance(node, ast.ClassDef)]
    assert len(classes) == 11
    for protocol in classes:
        methods = [node for node in protocol.body if isinstance(node, ast.FunctionDef)]
        assert len(methods) <= 13, protocol.name
        assert ast.get_docstring(protocol), protocol.name
        assert all(ast.get_docstring(method) for method in methods), protocol.name


def test_the_app_alone_opens_the_store() -> None:
    assert {name for name, path in FILES.items() if "aggregator.store.open" in imports(path)} == {
        "aggregator.app.opening",
        "aggregator.app.care",
        "aggregator.app.copying",
    }


def test_every_prescribed_library_is_used() -> None:
    used = {name.split(".")[0] for path in FILES.values() for name in imports(path)}
    assert {"feedparser", "httpx", "sqlite_utils", "apscheduler"} <= used


def test_pure_modules_do_no_io_and_read_no_clock() -> None:
    for name, path in FILES.items():
        if module_of(name) in PURE:
            found = {each.split(".")[0] for each in imports(path)} & IMPURE
            assert not found, f"{name} imports {found}"
            called = {
                node.func.attr
                for node in ast.walk(tree(path))
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            }
            assert not called & CLOCK, f"{name} reads the clock"


def test_names_that_are_imported_late_exist() -> None:
    found = 0
    for name, path in FILES.items():
        for module, function in late(path):
            defined = {node.name for node in tree(FILES[module]).body if isinstance(node, ast.FunctionDef)}
            assert function in defined, f"{name}: {module}:{function}"
            found += 1
    assert found > 20


def test_files_import_in_no_cycle() -> None:
    """Python would forgive some cycles, readers do not."""
    graph = {name: {each for each in imports(path) if each in FILES} - {name} for name, path in FILES.items()}
    del graph["aggregator"]  # see above
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way, name))
        if name in graph and name not in done:
            for other in graph[name]:
                visit(other, (*way, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_what_takes_many_values_takes_a_record_or_names_them() -> None:
    """Five positional parameters at most. What a command line names is no matter of position."""
    wrong = []
    for name, path in FILES.items():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                positional = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
                is_command = any("click." in ast.unparse(each) for each in node.decorator_list)
                if len([each for each in positional if each not in ("self", "cls")]) > 5 and not is_command:
                    wrong.append(f"{name}.{node.name}")
    assert wrong == []


def test_every_module_says_what_it_is_for() -> None:
    for name, path in FILES.items():
        assert ast.get_docstring(tree(path)), f"{name} has no docstring"


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
