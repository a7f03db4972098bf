"""What packaging/ ships is well formed, hardened, and the same everywhere."""

from __future__ import annotations

import json
import plistlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from aggregator.cli.root import COMMANDS, root
from aggregator.models import PollResult

PACKAGING = Path(__file__).parent.parent / "packaging"
UNITS = ("aggregator", "aggregator-poll", "aggregator-role@")
MOST_EXPOSED = 2.0  # of 10, as systemd-analyze counts

needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd is not installed: its units are not analysed"
)


def ask_systemd(*arguments: str) -> str:
    command = ["systemd-analyze", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@needs_systemd
@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_hardened(name: str) -> None:
    said = ask_systemd("security", "--offline=true", str(PACKAGING / f"systemd/{name}.service"))
    found = re.search(r"Overall exposure level for .*: ([\d.]+)", said)
    assert found, said
    assert float(found[1]) < MOST_EXPOSED


@needs_systemd
@pytest.mark.parametrize("name", ["aggregator.service", "aggregator-poll.service", "aggregator-poll.timer"])
def test_systemd_understands_every_line(name: str) -> None:
    said = ask_systemd("verify", str(PACKAGING / f"systemd/{name}"))
    told = [line for line in said.splitlines() if "is not executable" not in line]  # it is not installed here
    assert not [line for line in told if "aggregator" in line], said


def test_all_units_are_hardened_alike() -> None:
    hardening = [
        (PACKAGING / f"systemd/{name}.service").read_text().partition("CapabilityBoundingSet=")[2]
        for name in UNITS
    ]
    assert len({each.partition("\n[Install]")[0].strip() for each in hardening}) == 1


def test_folders_get_the_same_modes_from_the_units_as_from_tmpfiles() -> None:
    """systemd complains, and changes them back and forth, where they differ."""
    lines = (PACKAGING / "systemd/aggregator.tmpfiles.conf").read_text().splitlines()
    modes = {line.split()[1]: line.split()[2] for line in lines if line.startswith("d ")}
    for name in UNITS:
        unit = dict(re.findall(r"^(\w+)=(.*)$", (PACKAGING / f"systemd/{name}.service").read_text(), re.M))
        assert unit["ConfigurationDirectoryMode"] == modes["/etc/aggregator"]
        assert unit["StateDirectoryMode"] == modes["/var/lib/aggregator"]


def kubernetes() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((PACKAGING / "kubernetes/aggregator.yaml").read_text()))


def command_lines() -> dict[str, list[str]]:
    """Every call of the program, by the file that makes it."""
    plist = plistlib.loads((PACKAGING / "launchd/org.example.aggregator.plist").read_bytes())
    container = (PACKAGING / "container/Containerfile").read_text()
    (run,) = re.findall(r"^CMD (\[.*\])$", container, re.M)
    lines = {"launchd": plist["ProgramArguments"][1:], "container": yaml.safe_load(run)}
    many = yaml.safe_load((PACKAGING / "container/compose.many.yaml").read_text())["services"]
    lines |= {f"compose {name}": service["command"] for name, service in many.items() if "command" in service}
    for document in kubernetes():
        if document["kind"] == "Deployment":
            (container,) = document["spec"]["template"]["spec"]["containers"]
            lines[f"kubernetes {document['metadata']['name']}"] = container["args"]
    for name in (
        "systemd/aggregator-role@.service",
        "systemd/aggregator.service",
        "systemd/aggregator-poll.service",
        "cron/aggregator",
    ):
        (line,) = re.findall(r"/bin/aggregator (.*)", (PACKAGING / name).read_text())
        lines[name] = line.split()
    return lines


@pytest.mark.parametrize("name", command_lines())
def test_the_program_is_called_as_it_can_be(name: str) -> None:
    called = command_lines()[name]
    (command,) = [word for word in called if word in COMMANDS]
    import click

    known = root.get_command(click.Context(root), command)
    assert known is not None
    options = {option for parameter in known.params for option in parameter.opts}
    assert {word for word in called if word.startswith("-")} <= options


def test_the_container_is_no_root_and_checks_its_health() -> None:
    text = (PACKAGING / "container/Containerfile").read_text()
    assert re.search(r"^USER 10001", text, re.M)
    assert "HEALTHCHECK" in text
    compile((PACKAGING / "container/healthcheck.py").read_text(), "healthcheck.py", "exec")


def test_what_the_container_is_made_of_exists() -> None:
    """All that is copied, and all that building the package asks for."""
    text = (PACKAGING / "container/Containerfile").read_text()
    copied = [word for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.M) for word in line.split()[:-1]]
    assert {"pyproject.toml", "README.md", "LICENSE", "aggregator"} <= set(copied)
    assert not [name for name in copied if not (PACKAGING.parent / name).exists()]


def test_the_compose_file_keeps_the_container_small() -> None:
    (service,) = yaml.safe_load((PACKAGING / "container/compose.yaml").read_text())["services"].values()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_the_dashboard_asks_for_metrics_that_there_are() -> None:
    from aggregator.app import App
    from aggregator.service.metrics import Metrics
    from aggregator.settings import Config

    text = (PACKAGING / "grafana/dashboard.json").read_text()
    panels = json.loads(text)["panels"]
    asked = set(re.findall(r"aggregator_[a-z_]+", " ".join(t["expr"] for p in panels for t in p["targets"])))
    app = App(Config(Path("feeds.yaml"), (), data=Path("nowhere")))
    metrics = Metrics()
    metrics.observe_poll(PollResult("u", "n", "ok", elapsed=1.0))
    page, _ = metrics.render(app.health)
    known = set(re.findall(r"^(aggregator_[a-z_]+)", page.decode(), re.M))
    kinds = re.findall(r"^# TYPE (\w+) (\w+)", page.decode(), re.M)
    known |= {name for name, kind in kinds if kind in ("gauge", "counter")}
    assert asked <= known


@needs_systemd
@pytest.mark.parametrize("role", ["poller", "publisher", "web"])
def test_a_unit_of_each_role_starts_that_role(role: str, tmp_path: Path) -> None:
    """By its name alone: the template is copied under the name of each."""
    unit = tmp_path / f"aggregator-{role}@.service"
    text = (PACKAGING / "systemd/aggregator-role@.service").read_text()
    assert "run --role %j -c" in text
    unit.write_text(text)
    said = ask_systemd("verify", str(tmp_path / f"aggregator-{role}@1.service"))
    told = [line for line in said.splitlines() if "is not executable" not in line]
    assert not [line for line in told if "aggregator" in line], said


def test_every_role_runs_in_kubernetes_and_in_containers() -> None:
    roles = {"poller", "publisher", "web"}
    many = yaml.safe_load((PACKAGING / "container/compose.many.yaml").read_text())["services"]
    assert set(many) == roles | {"database"}
    deployed = {d["metadata"]["labels"]["role"]: d["spec"] for d in kubernetes() if d["kind"] == "Deployment"}
    assert set(deployed) == roles
    for role, spec in deployed.items():
        pod = spec["template"]["spec"]
        (container,) = pod["containers"]
        assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
        assert container["args"][:3] == ["run", "--role", role] == many[role]["command"][:3]
        assert many[role]["read_only"] is True
        assert many[role]["cap_drop"] == container["securityContext"]["capabilities"]["drop"] == ["ALL"]
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert pod["securityContext"]["runAsUser"] == 10001
        volumes = {each["name"] for each in pod["volumes"]}
        assert {each["name"] for each in container["volumeMounts"]} == volumes


def test_the_configuration_in_kubernetes_is_one(tmp_path: Path) -> None:
    from aggregator.config import load

    (text,) = [d["data"]["feeds.yaml"] for d in kubernetes() if d["kind"] == "ConfigMap"]
    (tmp_path / "feeds.yaml").write_text(text)
    assert load(tmp_path / "feeds.yaml").store
