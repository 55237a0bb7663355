"""What we hand to those who run the bot: it can be read, is locked down, and names nothing that does not exist."""

import configparser
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import jsonschema
import pytest
import yaml

from bot.__main__ import main
from bot.settings import NAMES
from bot.store.rights import RIGHTS

Yaml: TypeAlias = "str | int | bool | Sequence[Yaml] | Mapping[str, Yaml] | None"

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
MANIFESTS = sorted(path.name for path in KUBERNETES.glob("*.yaml") if path.name != "kustomization.yaml")
FILES = sorted(
    path for path in (*DEPLOY.rglob("*"), ROOT / "Dockerfile") if path.is_file() and "secrets" not in path.parts
)
SCHEMA: Mapping[str, object] = json.loads((Path(__file__).parent / "compose.schema.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def compose() -> Mapping[str, Yaml]:
    return mapping(yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8")))


def manifest(name: str) -> Mapping[str, Yaml]:
    return mapping(yaml.safe_load((KUBERNETES / name).read_text("utf-8")))


def test_compose_says_only_what_its_schema_knows_and_every_service_is_locked(compose: Mapping[str, Yaml]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(compose, SCHEMA)


@pytest.mark.parametrize(
    ("at", "value"),
    [
        ("read_only", False),
        ("cap_drop", ["NET_RAW"]),
        ("security_opt", []),
        ("image", "caddy:latest"),
        ("image", "caddy"),
        ("mem_limit", "much"),
        ("ulimits", {"core": -1}),
        ("privileged", True),
        ("user", "0:0"),
        ("cap_add", ["SYS_ADMIN"]),
        ("volumes", ["/var/run/docker.sock:/x:rw"]),
    ],
)
def test_the_schema_refuses_what_is_loose(compose: Mapping[str, Yaml], at: str, value: Yaml) -> None:
    services = mapping(compose["services"])
    loose = {**compose, "services": {**services, "bot": {**mapping(services["bot"]), at: value}}}

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(loose, SCHEMA)


def test_no_service_swaps_and_only_the_proxy_has_the_user_of_its_image(compose: Mapping[str, Yaml]) -> None:
    services = {name: mapping(service) for name, service in mapping(compose["services"]).items()}

    assert {name for name, service in services.items() if service["memswap_limit"] != service["mem_limit"]} == set()
    assert {name for name, service in services.items() if "user" not in service} == {"proxy"}
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    assert f"USER {services['bot']['user']}" in dockerfile.splitlines()


def test_what_compose_points_at_is_declared(compose: Mapping[str, Yaml]) -> None:
    services = {name: mapping(service) for name, service in mapping(compose["services"]).items()}
    for service in services.values():
        assert set(words(service.get("depends_on"))) <= set(services)
        assert set(words(service.get("networks"))) <= set(mapping(compose["networks"]))
        named = {str(volume).partition(":")[0] for volume in words(service.get("volumes"))}
        assert {name for name in named if not name.startswith(".")} <= set(mapping(compose["volumes"]))
        used = {mapping(secret)["source"] for secret in items(service.get("secrets"))}
        assert used <= set(mapping(compose["secrets"]))
    assert {name for name, service in services.items() if "ports" in service} == {"proxy"}
    assert {name for name, service in services.items() if words(service["networks"]) == ["store"]} == {
        *("store-1", "store-2", "sentinel-1", "sentinel-2", "sentinel-3")
    }
    assert mapping(mapping(compose["networks"])["store"])["internal"] is True


def test_every_setting_that_is_used_is_one_of_ours() -> None:
    used = {name for path in FILES for name in re.findall(r"WAYMARK_[A-Z_]+", path.read_text("utf-8"))}

    assert used - NAMES == set()
    assert len(used) > 5


def test_images_are_pinned_and_none_is_the_latest() -> None:
    named = re.findall(r"(?:image: |^FROM )(\S+)", "\n".join(path.read_text("utf-8") for path in FILES), re.MULTILINE)

    assert len(named) >= 6
    assert [image for image in named if re.fullmatch(r"[\w./-]+:\d[\w.-]*", image) is None] == []


def test_the_image_runs_as_nobody_special_with_what_was_locked_and_says_how_it_is() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")

    assert dockerfile.count("\nFROM ") == 2 or dockerfile.count("FROM ") == 2
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", dockerfile, re.MULTILINE)
    assert "--require-hashes" in dockerfile
    assert "HEALTHCHECK" in dockerfile
    assert "ADD " not in dockerfile
    assert re.search(r"TOKEN|SECRET|PASSWORD", dockerfile) is None


@pytest.mark.parametrize("name", MANIFESTS)
def test_each_manifest_is_one_object_that_kustomize_lists(name: str) -> None:
    assert manifest(name).keys() >= {"apiVersion", "kind", "metadata"}
    assert name in words(manifest("kustomization.yaml")["resources"])


@pytest.mark.parametrize("name", ["deployment.yaml", "worker.yaml"])
def test_the_pods_are_locked_and_looked_after(name: str) -> None:
    pod = dig(manifest(name), "spec", "template", "spec")
    (container,) = (mapping(one) for one in items(pod["containers"]))

    assert pod["automountServiceAccountToken"] is False
    assert mapping(pod["securityContext"])["runAsNonRoot"] is True
    assert dig(pod, "securityContext", "seccompProfile")["type"] == "RuntimeDefault"
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container.keys() >= {"startupProbe", "livenessProbe", "readinessProbe"}
    # While the store is away a pod is neither killed nor cut off: it still tells numbers from memory.
    assert dig(container, "livenessProbe", "httpGet")["path"] == "/healthz"
    assert dig(container, "readinessProbe", "httpGet")["path"] == "/healthz"
    assert mapping(mapping(container["resources"])["limits"])["memory"] == "1Gi"


@pytest.mark.parametrize("name", ["deployment.yaml", "service.yaml", "disruption.yaml"])
def test_they_all_mean_the_pods_that_people_reach(name: str) -> None:
    assert '{"app": "waymark", "part": "web"}' in json.dumps(manifest(name))


def test_workers_have_the_same_surroundings_and_another_role_and_nobody_is_sent_to_them() -> None:
    pods = {name: dig(manifest(name), "spec", "template", "spec") for name in ("deployment.yaml", "worker.yaml")}
    containers = {name: mapping(items(pod["containers"])[0]) for name, pod in pods.items()}

    assert containers["deployment.yaml"]["args"] == ["run", "--role", "web"]
    assert containers["worker.yaml"]["args"] == ["run", "--role", "worker"]
    assert containers["worker.yaml"]["env"] == containers["deployment.yaml"]["env"]
    assert pods["worker.yaml"]["volumes"] == pods["deployment.yaml"]["volumes"]
    assert '"part": "worker"' in json.dumps([manifest("worker.yaml"), manifest("disruption-worker.yaml")])
    assert '{"app": "waymark"}' in json.dumps(manifest("network.yaml"))


def test_the_job_that_is_started_by_hand_is_locked_like_a_worker_and_belongs_to_none_of_them() -> None:
    job = manifest("by-hand/renew-identity.yaml")
    pods = [dig(one, "spec", "template", "spec") for one in (job, manifest("worker.yaml"))]
    containers = [mapping(items(pod["containers"])[0]) for pod in pods]

    for name in ("securityContext", "volumes", "automountServiceAccountToken", "enableServiceLinks"):
        assert pods[0][name] == pods[1][name]
    for name in ("securityContext", "volumeMounts", "resources", "image"):
        assert containers[0][name] == containers[1][name]
    assert {json.dumps(one) for one in items(containers[0]["env"])} < {
        json.dumps(one) for one in items(containers[1]["env"])
    }
    assert dig(job, "spec", "template", "metadata")["labels"] == {"app": "waymark", "part": "keys"}
    with pytest.raises(SystemExit) as ended:
        main([*words(containers[0]["args"]), "--help"])
    assert ended.value.code == 0


def test_compose_starts_both_roles_alike(compose: Mapping[str, Yaml]) -> None:
    web, worker = (dict(dig(compose, "services", name)) for name in ("bot", "worker"))

    assert web.pop("command") == ["run", "--role", "web"]
    assert worker.pop("command") == ["run", "--role", "worker"]
    assert web.pop("build") is not None
    assert web == worker


def test_more_bots_come_by_a_figure_that_we_tell() -> None:
    (metric,) = [
        str(dig(mapping(one), "pods", "metric")["name"])
        for one in items(mapping(manifest("autoscaling-worker.yaml")["spec"])["metrics"])
        if mapping(one)["type"] == "Pods"
    ]

    assert metric in (ROOT / "handlers" / "web" / "health.py").read_text("utf-8")
    assert mapping(manifest("disruption.yaml")["spec"])["minAvailable"] == 1


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl here")
def test_kustomize_puts_them_together() -> None:
    done = subprocess.run(["kubectl", "kustomize", os.fspath(KUBERNETES)], capture_output=True, text=True, check=True)

    kinds = [mapping(one)["kind"] for one in yaml.safe_load_all(done.stdout)]
    assert len(kinds) == len(MANIFESTS)


def test_the_service_unit_is_locked() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign] # names with capitals
    unit.read(DEPLOY / "waymark.service")
    service = dict(unit["Service"])

    assert service["ProtectSystem"] == "strict"
    for wanted in ("NoNewPrivileges", "PrivateTmp", "PrivateMounts", "PrivateIPC", "DynamicUser", "PrivateDevices"):
        assert service[wanted] == "yes", wanted
    assert (service["MemorySwapMax"], service["KeyringMode"]) == ("0", "private")
    assert service["RestrictAddressFamilies"] == "AF_UNIX AF_INET AF_INET6"
    assert service["MemoryMax"] == "1G"
    assert service["CapabilityBoundingSet"] == ""
    assert service["StateDirectory"] == "waymark"
    assert service["LimitCORE"] == "0"
    assert "TOKEN" not in "".join(service.values())


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_finds_the_unit_little_exposed() -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", os.fspath(DEPLOY / "waymark.service")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    (level,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert float(level) <= 1.1


def test_the_stores_access_list_gives_the_bot_what_it_needs_and_nothing_else() -> None:
    (rules,) = re.findall(
        r"^user waymark on >BOT_PASSWORD (.+)$", (DEPLOY / "store/users.acl").read_text(), re.MULTILINE
    )

    assert rules.split() == RIGHTS.split()


def mapping(value: Yaml) -> Mapping[str, Yaml]:
    assert isinstance(value, Mapping)
    return value


def items(value: Yaml) -> Sequence[Yaml]:
    assert value is None or isinstance(value, list)
    return value or []


def words(value: Yaml) -> Sequence[str]:
    return [str(one) for one in items(value)]


def dig(value: Mapping[str, Yaml], *names: str) -> Mapping[str, Yaml]:
    for name in names:
        value = mapping(value[name])
    return value
