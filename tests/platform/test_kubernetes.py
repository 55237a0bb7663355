"""The manifests bring all that was promised: somebody is woken, nobody is cut off, and what they need is said."""

import re
from collections.abc import Iterator, Mapping, Sequence

import pytest

from bot.compiler.keeping import MOST_KEPT
from bot.settings import NAMES
from handlers.web.server import SHUTDOWN_SECONDS
from tests.platform.test_deployment import KUBERNETES, Yaml, dig, items, manifest, mapping

BY_HAND = (KUBERNETES / "kustomization.yaml").read_text("utf-8")


def the_pod(name: str) -> Mapping[str, Yaml]:
    return dig(manifest(name), "spec", "template", "spec")


def the_container(name: str) -> Mapping[str, Yaml]:
    (container,) = items(the_pod(name)["containers"])
    return mapping(container)


def from_the_secret(name: str) -> Mapping[str, Mapping[str, Yaml]]:
    """Which setting comes of which key of the secret."""
    return {
        str(mapping(one)["name"]): dig(mapping(one), "valueFrom", "secretKeyRef")
        for one in items(the_container(name)["env"])
        if "valueFrom" in mapping(one)
    }


@pytest.mark.parametrize("name", ["deployment.yaml", "worker.yaml"])
def test_a_second_channel_and_a_watcher_can_be_set_and_left_out(name: str) -> None:
    wakes = {setting for setting in NAMES if setting.startswith("WAYMARK_ALARM_")} | {"WAYMARK_WATCH_URL"}
    found = from_the_secret(name)

    assert {setting for setting, key in found.items() if key.get("optional") is True} == wakes
    assert {key["key"] for key in found.values()} <= set(re.findall(r"[a-z]+(?:-[a-z]+)+", BY_HAND))
    assert {key["name"] for key in found.values()} == {"waymark"}


def test_a_pod_that_people_reach_listens_until_nobody_is_sent_to_it_and_then_has_time_to_end() -> None:
    pause = dig(the_container("deployment.yaml"), "lifecycle", "preStop", "sleep")["seconds"]
    all_of_it = the_pod("deployment.yaml")["terminationGracePeriodSeconds"]

    assert isinstance(pause, int)
    assert isinstance(all_of_it, int)
    assert pause >= 5
    # Those who are answered, and what is being sent.
    assert all_of_it >= pause + 2 * SHUTDOWN_SECONDS + 5
    # Younger clusters only know how to sleep.
    assert "v1.32" in (KUBERNETES / "namespace.yaml").read_text("utf-8")


def test_what_the_network_lets_through_is_told_to_whoever_must_name_it_so() -> None:
    policy = mapping(manifest("network.yaml")["spec"])
    others = [policy["ingress"], policy["egress"]]
    named = set(labels(others)) - {"kube-system"}

    assert named >= {"waymark-store", "ingress-nginx", "monitoring", "kube-dns"}
    assert [name for name in named if name not in BY_HAND] == []
    assert "in this namespace" in BY_HAND
    assert [port for port in ("6379", "26379") if port not in BY_HAND] == []


def labels(value: Yaml) -> Iterator[str]:
    """Every value of a label that is asked for, however deep."""
    if isinstance(value, Mapping):
        yield from (str(label) for label in mapping(value.get("matchLabels", {})).values())
        for inner in value.values():
            yield from labels(inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from labels(inner)


def test_what_is_kept_of_the_content_has_room_beside_the_keys() -> None:
    (megabytes,) = re.findall(r"^(\d+)Mi$", str(dig(manifest("keys.yaml"), "spec", "resources", "requests")["storage"]))

    # Scripts, one more that is being written, and what is learned: live and of drafts, each of them once more as well.
    assert int(megabytes) >= 2 * (16 * (MOST_KEPT + 1) + 4 * 10)
