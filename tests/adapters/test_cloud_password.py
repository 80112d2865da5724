"""The password and the token of a cloud reach only the service that they belong to, and no message."""

from __future__ import annotations

import base64
import itertools
import json
import threading
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest

from mhv_tui.adapters.cloud import SdkCloud
from mhv_tui.adapters.limits import Limits
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.secret import Revealed
from tests.adapters.hostile_cloud import (
    COMPUTE,
    IDENTITY,
    PASSWORD,
    SHORT,
    SLOW,
    broken,
    failed,
    opened,
    url_of,
)
from tests.adapters.raw_server import (
    RawServer,
    Request,
    cloud_answer,
    http,
    json_answer,
    serving,
)
from tests.adapters.servers import HOST, identity


@pytest.fixture
def right() -> Iterator[RawServer]:
    with serving(lambda request, server: [cloud_answer(request, url_of(server))]) as server:
        yield server


@pytest.mark.parametrize("status", ["400 Bad Request", "403 Forbidden", "500 Internal Server Error", "404 Not Found"])
def test_what_keystone_repeats_is_not_quoted(status: str) -> None:
    def repeat(request: Request, server: RawServer) -> Iterable[bytes]:
        if request.path.startswith(IDENTITY):
            return [json_answer({"error": {"message": request.body.decode(), "code": 400}}, status)]
        return [cloud_answer(request, url_of(server))]

    with serving(repeat) as server:
        failed(lambda: opened(server))
        assert server.received(PASSWORD)


TOKENS = {
    "as it is": "the token is token-of-the-test",
    "cut off": "x" * 230 + " token-of-the-test",
    "percent-encoded": "the token is %74oken%2dof%2dthe%2Dtest",
    "in base64": base64.b64encode(b"X-Auth-Token: token-of-the-test").decode(),
}


@pytest.mark.parametrize("form", TOKENS)
def test_a_token_that_a_service_repeats_is_masked(form: str) -> None:
    def repeat(server: RawServer) -> Iterable[bytes]:
        return [json_answer({"error": {"message": TOKENS[form]}}, "500 Internal Server Error")]

    with serving(broken(f"{COMPUTE}/v2.1/os-services", repeat)) as server:
        cloud = opened(server)
        error, _ = failed(cloud.services)
        cloud.close()
    assert "••••" in error.message
    assert not any(part in error.message for part in ("token-of", "oken%2d", "dG9rZW4tb2Yt"))


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Moved"])
@pytest.mark.parametrize("path", ["/v3", IDENTITY])
def test_a_redirect_never_gets_the_password(path: str, status: str, right: RawServer) -> None:
    target = url_of(right).replace(HOST, "127.0.0.3")
    with serving(broken(path, lambda server: [http("", status, Location=f"{target}/v3/")])) as server:
        error, _ = failed(lambda: opened(server))
        source = url_of(server)
    assert error.finding.code == "OS01" and source in error.message and target in error.message
    assert not right.requests


def test_a_redirect_to_another_scheme_is_refused() -> None:
    def answer(server: RawServer) -> Iterable[bytes]:
        return [http("", "302 Found", Location=f"https://{HOST}:{server.port}/v3")]

    with serving(broken("/v3", answer)) as server:
        error, _ = failed(lambda: opened(server))
        assert "https://" in error.message and not server.received(PASSWORD)


def test_a_service_that_redirects_elsewhere_does_not_get_the_token(right: RawServer) -> None:
    target = url_of(right).replace(HOST, "127.0.0.3")
    answer = broken(f"{COMPUTE}/v2.1/os-services", lambda server: [http("", "302 Found", Location=target)])
    with serving(answer) as server:
        cloud = opened(server)
        error, _ = failed(cloud.services)
        cloud.close()
    assert error.finding.code == "OS10" and target in error.message and not right.requests


def test_a_redirect_on_the_same_server_is_followed() -> None:
    def respond(request: Request, server: RawServer) -> Iterable[bytes]:
        if request.path == "/v3":
            return [http("", "302 Found", Location="/v3/")]
        return [cloud_answer(request, url_of(server))]

    with serving(respond) as server:
        opened(server).close()


def test_credentials_in_a_url_are_masked() -> None:
    for url in (f"http://user:S3cr3t@{HOST}:1/v3", f"http://user:a/S3cr3t@{HOST}:1/v3", "ftp://user:S3cr3t@host/v3"):
        login = CloudLogin(auth_url=url, username="a", project_name="p")
        error, _ = failed(partial(SdkCloud, login, Revealed(PASSWORD)))
        assert "S3cr3t" not in error.message + error.finding.subject


@pytest.fixture
def clouds_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "clouds.yaml"
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
    return file


def entry(server: RawServer, auth_type: str, **auth: str) -> str:
    values = {"auth_url": f"{url_of(server)}/v3", "username": "jane", "password": PASSWORD, "project_name": "admin"}
    return json.dumps({"clouds": {"x": {"auth_type": auth_type, "auth": {**values, **auth}, "region_name": "R"}}})


ACCOUNT = {"auth_url": "http://h", "username": "u", "password": "p"}
MISTAKES = {
    "auth_type": json.dumps({"clouds": {"x": {"auth_type": PASSWORD, "auth": {}}}}),
    "ValueError": json.dumps({"clouds": {"x": {"api_timeout": PASSWORD, "auth": ACCOUNT}}}),
    "line 1, column": "clouds: {x: [" + PASSWORD,
    "clouds": "clouds: {x: 7}",
    "yaml": "- clouds",
}


@pytest.mark.parametrize(("reason", "text"), MISTAKES.items())
def test_a_mistake_in_clouds_yaml_is_named_without_its_values(clouds_yaml: Path, reason: str, text: str) -> None:
    clouds_yaml.write_text(text)
    error, _ = failed(lambda: SdkCloud(CloudLogin(name="x"), None))
    assert error.finding.code == "OS05" and reason in error.message


def test_a_cloud_whose_certificate_is_not_verified_gives_no_warning(clouds_yaml: Path, tmp_path: Path) -> None:
    certificate = identity("keystone").files(tmp_path, "keystone")

    def respond(request: Request, server: RawServer) -> Iterable[bytes]:
        return [cloud_answer(request, url_of(server).replace("http:", "https:"))]

    with serving(respond, certificate) as server:
        text = entry(server, "password", user_domain_name="Default", project_domain_name="Default")
        document = json.loads(text.replace("http:", "https:"))
        clouds_yaml.write_text(json.dumps(document))
        assert failed(lambda: SdkCloud(CloudLogin(name="x"), None))[0].finding.code == "OS02"
        document["clouds"]["x"]["verify"] = False
        clouds_yaml.write_text(json.dumps(document))
        cloud = SdkCloud(CloudLogin(name="x"), None)
        assert cloud.services() == ()
        cloud.close()


def test_nothing_is_left_over_after_failures() -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before, threads = descriptors(), threading.active_count()
    for path, answer in itertools.product(["/v3", IDENTITY], ("silent", "dripping headers", "only continuing")):
        with serving(broken(path, SLOW[answer])) as server:
            failed(lambda: opened(server, Limits(first_contact=SHORT, login=SHORT)))
    assert (descriptors(), threading.active_count()) == (before, threads)


def test_a_secret_of_clouds_yaml_is_masked_wherever_it_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: RawServer
) -> None:
    """Also where the value is in a second place, whose name does not tell that it is a secret."""
    file = tmp_path / "clouds.yaml"
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
    auth = {"auth_url": f"{url_of(right)}/v3", "username": "admin", "password": PASSWORD, "project_name": "admin"}
    file.write_text(json.dumps({"clouds": {"prod": {"auth": auth, "region_name": PASSWORD, "auth_type": "password"}}}))
    error, _ = failed(lambda: SdkCloud(CloudLogin(name="prod"), None).services())
    assert error.finding.code == "OS06" and "••••" in error.message


SIGNS = ("*", "!", "!!", "%", "@", "`", "{", "[", "'", '"', "!!int ", "!!float ", "\x07", "x: y: ")


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("variable", ["OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE"])
def test_a_password_that_needs_quotes_is_in_no_message_and_no_log(
    variable: str, sign: str, clouds_yaml: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clouds_yaml.write_text("clouds: {x: {auth: {}}}")
    broken_file = clouds_yaml.with_name("broken.yaml")
    broken_file.write_text(f"clouds:\n  x:\n    auth:\n      password: {sign}{PASSWORD}\n")
    monkeypatch.setenv(variable, str(broken_file))
    error, _ = failed(lambda: SdkCloud(CloudLogin(name="x"), None))
    assert error.finding.code == "OS05" and f"{broken_file} is not valid YAML" in error.message
    assert PASSWORD not in caplog.text and PASSWORD not in error.remedy
