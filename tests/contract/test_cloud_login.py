"""What only a real Keystone shows: a wrong password and a wrong project are told apart; clouds answer as they do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from mhv_tui.adapters.backend import RealBackend
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import CloudLogin, NewImage
from mhv_tui.core.secret import Vault
from tests.contract.places import CLOUD_PROMPT, Place

pytestmark = [pytest.mark.lab, pytest.mark.timeout(2400)]


@pytest.fixture
def login(lab_cloud: Place) -> CloudLogin:
    assert lab_cloud.cloud is not None
    return lab_cloud.cloud


@pytest.fixture
def vault() -> Vault:
    vault = Vault()
    vault.put(CLOUD_PROMPT, "lab-admin")
    return vault


@pytest.fixture
def world(vault: Vault) -> Iterator[RealBackend]:
    made = RealBackend(vault)
    yield made
    made.close()


def code(world: RealBackend, login: CloudLogin) -> str:
    with pytest.raises(FindingError) as refused:
        world.cloud(login)
    return refused.value.finding.code


def test_a_wrong_password_is_the_passwords(world: RealBackend, vault: Vault, login: CloudLogin) -> None:
    vault.put(CLOUD_PROMPT, "wrong")
    assert code(world, login) == code(world, login) == "OS03"
    vault.put(CLOUD_PROMPT, "lab-admin")
    assert world.cloud(login).identity().username == "admin"


def test_a_wrong_project_is_the_projects(world: RealBackend, login: CloudLogin) -> None:
    assert code(world, replace(login, project_name="no-such-project")) == "OS04"


def test_a_keystone_without_its_version_in_the_url_is_found(world: RealBackend, login: CloudLogin) -> None:
    bare = replace(login, auth_url=login.auth_url.removesuffix("/v3"))
    assert world.cloud(bare).hypervisors()


def test_another_service_is_no_keystone(world: RealBackend, login: CloudLogin) -> None:
    assert code(world, replace(login, auth_url=login.auth_url.replace(":5000/v3", ":9292"))) == "OS01"


def test_glance_never_takes_an_id_twice_so_the_image_gets_another(lab_cloud: Place, world: RealBackend) -> None:
    assert lab_cloud.cloud is not None
    cloud = world.cloud(lab_cloud.cloud)
    with world.local.scratch() as directory:
        file = directory / "data"
        file.write_bytes(b"data" * 1000)
        wanted = NewImage("11111111-aaaa-4bbb-8ccc-222222222222", "mhv-contract-id", "raw")
        first = cloud.upload_image(wanted, file, lambda done, total: None)
        cloud.delete_image(first.id)
        second = cloud.upload_image(wanted, file, lambda done, total: None)
    assert first.status == second.status == "active" and second.id != first.id
    cloud.delete_image(second.id)
