"""What `deploy/` says agrees with itself and with the code: files, settings, services, ports."""

import re
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from house.checkout import ROOT
from longpole.settings import PREFIX, Settings

DEPLOY = ROOT / "deploy"
COMPOSE = sorted(DEPLOY.glob("compose.*.yaml"))


def services_of(file: Path) -> dict[str, dict[str, Any]]:
    return yaml.safe_load(file.read_text())["services"]


@pytest.mark.parametrize("file", COMPOSE, ids=lambda file: file.name)
def test_every_file_that_a_service_needs_is_there(file: Path) -> None:
    for name, service in services_of(file).items():
        mounted = [volume.split(":")[0] for volume in service.get("volumes", ())]
        assert all((DEPLOY / path).is_file() for path in mounted if path.startswith(".")), name
        if build := service.get("build"):
            assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()


@pytest.mark.parametrize("file", COMPOSE, ids=lambda file: file.name)
def test_what_a_service_names_exists(file: Path) -> None:
    services, volumes = services_of(file), yaml.safe_load(file.read_text())["volumes"]
    for name, service in services.items():
        assert set(service.get("depends_on", ())) <= set(services), name
        network = service.get("network_mode", "")
        assert not network or network.removeprefix("service:") in services, name
        named = {volume.split(":")[0] for volume in service.get("volumes", ()) if not volume.startswith(".")}
        assert named <= set(volumes), name


@pytest.mark.parametrize("file", COMPOSE, ids=lambda file: file.name)
def test_every_setting_that_a_server_is_given_is_one(file: Path) -> None:
    given = {key for service in services_of(file).values() for key in service.get("environment", ())}
    ours = {key.removeprefix(PREFIX).lower() for key in given if key.startswith(PREFIX)}
    assert ours
    assert ours <= set(Settings.__struct_fields__)


@pytest.mark.parametrize("file", COMPOSE, ids=lambda file: file.name)
def test_each_server_has_a_spool_and_a_port_of_its_own_that_the_balancer_knows(file: Path) -> None:
    servers = [service for service in services_of(file).values() if "build" in service]
    ports = [server["environment"]["LONGPOLE_PORT"] for server in servers]
    spools = [volume.split(":")[0] for server in servers for volume in server["volumes"]]
    known = re.findall(r"server \w+ 127\.0\.0\.1:(\d+)", (DEPLOY / "haproxy" / "haproxy.cfg").read_text())
    assert sorted(ports) == sorted(known)
    assert len(set(spools)) == len(servers) == len(set(ports))


@pytest.mark.parametrize("file", COMPOSE, ids=lambda file: file.name)
def test_nothing_is_published_beyond_this_machine(file: Path) -> None:
    for service in services_of(file).values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_the_nodes_of_the_cluster_are_those_of_the_compose_file() -> None:
    tree = ElementTree.parse(DEPLOY / "clickhouse" / "cluster.xml")
    services = services_of(DEPLOY / "compose.clickhouse.yaml")
    shards = [[replica.text for replica in shard.iter("host")] for shard in tree.iter("shard") if shard.find("replica")]
    told = {name: service["environment"]["SHARD"] for name, service in services.items() if name.startswith("node-")}
    assert {host: str(place) for place, shard in enumerate(shards, 1) for host in shard} == told
    assert [node.text for node in tree.iterfind("zookeeper/node/host")] == ["keeper"]
    clusters = {cluster.tag for cluster in tree.iterfind("remote_servers/*")}
    assert clusters == {services["server-one"]["environment"]["LONGPOLE_CLUSTER"]}


def test_the_image_installs_extras_that_exist() -> None:
    asked = re.search(r"longpole-\*\.whl\)\[([a-z,]+)\]", (DEPLOY / "Dockerfile").read_text())
    assert asked
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(asked[1].split(",")) <= set(extras)
