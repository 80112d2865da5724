"""A pipe in the place of any file that an operator names ends in a sentence at once, and is never waited for."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mhv_tui.adapters import ssh, trust
from mhv_tui.adapters.cloud import SdkCloud
from mhv_tui.adapters.known_hosts import known_keys
from mhv_tui.adapters.local import ThisMachine
from mhv_tui.adapters.ssh_key import load_key
from mhv_tui.adapters.ssh_limits import LIMITS
from mhv_tui.adapters.ssh_target import resolve
from mhv_tui.core.errors import FindingError, SecretMissing, UsageError
from mhv_tui.core.machine import SshHost
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.paths import is_pipe_or_device
from mhv_tui.core.secret import Revealed, SecretRef, Vault
from mhv_tui.demo import store
from mhv_tui.demo.scenes import state_of
from tests.adapters.ssh_servers import secrets_of, ssh_server, target_of
from tests.adapters.test_ssh_login import Keys, made_key

SECONDS = 5.0
"""After this time a test ends the wait for its pipe, so that it fails and does not hang."""
NOT_REGULAR = "a pipe or a device, not a regular file"


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Path]:
    """A pipe that nobody writes to."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    timer = threading.Timer(SECONDS, lambda: os.close(os.open(path, os.O_RDWR)))
    timer.start()
    yield path
    timer.cancel()
    timer.join()


@contextlib.contextmanager
def at_once() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < SECONDS - 1


def in_clouds_yaml(pipe: Path, **options: str) -> None:
    """Logs in with an entry of clouds.yaml that has these options."""
    auth = {"auth_url": "https://127.0.0.1:1/v3", "username": "u", "password": "S3cr3t", "project_name": "p"}
    path = pipe.with_name("clouds.yaml")
    path.write_text(json.dumps({"clouds": {"x": {"auth": auth, **options}}}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
        SdkCloud(CloudLogin("x"), None)


def in_environment(name: str, pipe: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(name, str(pipe))
        SdkCloud(CloudLogin("x"), None)


CLOUD = CloudLogin(auth_url="https://127.0.0.1:1/v3", username="u", project_name="p")

READERS: dict[str, tuple[Callable[[Path], object], str]] = {
    # what the file is -> its reader, a part of the sentence
    "an image": (lambda pipe: ThisMachine().head(pipe, 1), NOT_REGULAR),
    "the CA file of vCenter": (lambda pipe: trust.verifying(str(pipe)), NOT_REGULAR),
    "the CA file of a cloud": (lambda pipe: SdkCloud(replace(CLOUD, ca_file=str(pipe)), Revealed("p")), "pipe"),
    "clouds.yaml": (lambda pipe: in_environment("OS_CLIENT_CONFIG_FILE", pipe), NOT_REGULAR),
    "secure.yaml": (lambda pipe: in_environment("OS_CLIENT_SECURE_FILE", pipe), NOT_REGULAR),
    "cacert of clouds.yaml": (lambda pipe: in_clouds_yaml(pipe, cacert=str(pipe)), NOT_REGULAR),
    "cert of clouds.yaml": (lambda pipe: in_clouds_yaml(pipe, cert=str(pipe)), NOT_REGULAR),
    "key of clouds.yaml": (lambda pipe: in_clouds_yaml(pipe, cert=str(pipe.parent), key=str(pipe)), NOT_REGULAR),
    "a private key": (lambda pipe: load_key(str(pipe), lambda: None, required=True), "pipe"),
    "a secret": (lambda pipe: Vault().reveal(SecretRef("file", str(pipe), label="vcenter.password")), NOT_REGULAR),
    "a scene": (lambda pipe: state_of(str(pipe)), NOT_REGULAR),
    "a simulated world": (lambda pipe: store.read(pipe), NOT_REGULAR),
}


@pytest.mark.parametrize("name", READERS)
def test_a_pipe_is_refused_at_once(name: str, pipe: Path) -> None:
    read, reason = READERS[name]
    with at_once(), pytest.raises((FindingError, SecretMissing, UsageError)) as refused:
        read(pipe)
    assert reason in refused.value.message and str(pipe) in refused.value.message and refused.value.remedy


def test_a_pipe_as_known_hosts_has_no_keys(pipe: Path) -> None:
    with at_once():
        assert known_keys([str(pipe)], "host", 22).keys == ()


def test_a_pipe_as_a_default_key_is_not_used(pipe: Path) -> None:
    with at_once():
        assert load_key(str(pipe), lambda: None, required=False) is None


@pytest.mark.ssh
def test_a_pipe_as_the_certificate_of_a_key_is_not_used(pipe: Path, tmp_path: Path) -> None:
    key = made_key(tmp_path / "key", "ed25519", "")
    pipe.rename(tmp_path / "key-cert.pub")
    with ssh_server(Keys) as port, at_once():
        ssh.connect(target_of(port, key_files=(key,)), secrets_of()).close()


@pytest.mark.ssh
def test_a_pipe_as_ssh_config_ends_in_a_sentence(pipe: Path) -> None:
    with at_once(), pytest.raises(FindingError) as refused:
        resolve(SshHost("h"), str(pipe), replace(LIMITS, config=0.5))
    assert refused.value.finding.code == "CN29" and "did not read its configuration" in refused.value.message


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/dev/zero", True),
        ("/dev/null", False),
        ("/", False),
        ("/proc/self/stat", False),
        ("/none", False),
        ("\0", False),
    ],
)
def test_only_a_file_that_may_be_waited_for_is_a_pipe_or_device(path: str, expected: bool) -> None:
    assert is_pipe_or_device(path) is expected
