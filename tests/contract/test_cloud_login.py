"""Tests that need a real Keystone or Glance: wrong passwords, wrong projects, image ids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from mhv_tui.adapters.backend import RealBackend
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import CloudLogin, NewImage
from mhv_tui.core.secret import Vault
from tests.contract.backends import CLOUD_PROMPT, BackendLogins

pytestmark = [pytest.mark.lab, pytest.mark.timeout(2400)]


@pytest.fixture
def login(lab_cloud: BackendLogins) -> CloudLogin:
    assert lab_cloud.cloud is not None
    return lab_cloud.cloud


@pytest.fixture
def vault() -> Vault:
    vault = Vault()
    vault.put(CLOUD_PROMPT, "lab-admin")
    return vault


@pytest.fixture
def world(vault: Vault) -> Iterator[RealBackend]:
    world = RealBackend(vault)
    yield world
    world.close()


def code(world: RealBackend, login: CloudLogin) -> str:
    with pytest.raises(FindingError) as refused:
        world.cloud(login)
    return refused.value.finding.code


def test_a_wrong_password_is_reported_as_such(world: RealBackend, vault: Vault, login: CloudLogin) -> None:
    vault.put(CLOUD_PROMPT, "wrong")
    assert code(world, login) == code(world, login) == "OS03"
    vault.put(CLOUD_PROMPT, "lab-admin")
    assert world.cloud(login).identity().username == "admin"


def test_a_wrong_project_is_reported_as_such(world: RealBackend, login: CloudLogin) -> None:
    assert code(world, replace(login, project_name="no-such-project")) == "OS04"


def test_a_keystone_url_without_version_works(world: RealBackend, login: CloudLogin) -> None:
    without_version = replace(login, auth_url=login.auth_url.removesuffix("/v3"))
    assert world.cloud(without_version).hypervisors()


def test_the_url_of_another_service_is_refused(world: RealBackend, login: CloudLogin) -> None:
    assert code(world, replace(login, auth_url=login.auth_url.replace(":5000/v3", ":9292"))) == "OS01"


def test_a_second_upload_gets_another_id_because_glance_never_reuses_one(
    lab_cloud: BackendLogins, world: RealBackend
) -> None:
    assert lab_cloud.cloud is not None
    cloud = world.cloud(lab_cloud.cloud)
    with world.local.scratch() as directory:
        file = directory / "data"
        file.write_bytes(b"data" * 1000)
        new = NewImage("11111111-aaaa-4bbb-8ccc-222222222222", "mhv-contract-id", "raw")
        with world.local.stream(file) as data:
            first = cloud.upload_image(new, data, lambda done, total, reason: None)
            cloud.delete_image(first.id)
            second = cloud.upload_image(new, data, lambda done, total, reason: None)
    assert first.status == second.status == "active" and second.id != first.id
    cloud.delete_image(second.id)
