"""Entries of clouds.yaml with every login method: who gets the password, and which mistakes are named."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mhv_tui.adapters.cloud import SdkCloud
from mhv_tui.core.openstack import CloudLogin
from tests.adapters.hostile_cloud import IDENTITY, PASSWORD, failed, url_of
from tests.adapters.raw_server import RawServer, cloud_answer, http, serving

Entry = dict[str, str]


@pytest.fixture
def keystone() -> Iterator[RawServer]:
    with serving(lambda request, server: [cloud_answer(request, url_of(server))]) as server:
        yield server


@pytest.fixture
def clouds_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "clouds.yaml"
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
    return file


def write(clouds_yaml: Path, keystone: RawServer, auth_type: str, auth: Entry) -> None:
    address = {} if "endpoint" in auth else {"auth_url": f"{url_of(keystone)}/v3"}
    entry = {"auth_type": auth_type, "auth": {**address, **auth}, "region_name": "R"}
    clouds_yaml.write_text(json.dumps({"clouds": {"x": entry}}))


JANE = {"username": "jane", "password": PASSWORD, "project_name": "admin", "project_domain_name": "Default"}
LOCAL = {**JANE, "user_domain_name": "Default"}
SSO = {**JANE, "identity_provider": "kc", "protocol": "openid", "client_id": "c", "client_secret": "s"}
PROJECT = {"project_name": "admin", "project_domain_name": "Default"}

ELSEWHERE: dict[str, Entry] = {
    "v3oidcpassword": {"access_token_endpoint": "SSO/token"},
    "v3oidcpassword by discovery": {"discovery_endpoint": "SSO/.well-known/openid-configuration"},
}


@pytest.mark.parametrize("case", ELSEWHERE)
def test_a_password_of_single_sign_on_is_not_sent_to_keystone(
    clouds_yaml: Path, keystone: RawServer, case: str
) -> None:
    with serving(lambda request, server: [http("{}", "401 Unauthorized")]) as sso:
        auth = {**SSO, **{key: value.replace("SSO", url_of(sso)) for key, value in ELSEWHERE[case].items()}}
        write(clouds_yaml, keystone, case.split()[0], auth)
        error, _ = failed(lambda: SdkCloud(CloudLogin(name="x"), None))
        assert sso.requests and not keystone.received(PASSWORD)
        assert url_of(sso) in error.message


METHODS: dict[str, Entry] = {
    "token": {**PROJECT, "token": "t"},
    "v3token": {**PROJECT, "token": "t"},
    "v3applicationcredential": {"application_credential_id": "i", "application_credential_secret": "s"},
    "v3totp": {**PROJECT, "username": "jane", "user_domain_name": "Default", "passcode": "1"},
}


@pytest.mark.parametrize("auth_type", METHODS)
def test_a_method_without_a_password_makes_no_attempt_with_one(
    clouds_yaml: Path, keystone: RawServer, auth_type: str
) -> None:
    write(clouds_yaml, keystone, auth_type, METHODS[auth_type])
    SdkCloud(CloudLogin(name="x"), None).close()
    logins = [request.body.decode() for request in keystone.requests if request.path.startswith(IDENTITY)]
    assert len([login for login in logins if login]) <= 1
    assert not any('"password"' in login for login in logins)


def test_a_second_factor_is_part_of_every_attempt(clouds_yaml: Path, keystone: RawServer) -> None:
    entry = {**LOCAL, "auth_url": f"{url_of(keystone)}/v3", "passcode": "1"}
    document = {"auth_type": "v3multifactor", "auth_methods": ["v3password", "v3totp"], "auth": entry}
    clouds_yaml.write_text(json.dumps({"clouds": {"x": {**document, "region_name": "R"}}}))
    SdkCloud(CloudLogin(name="x"), None).close()
    logins = [request.body.decode() for request in keystone.requests if request.path.startswith(IDENTITY)]
    assert all('"totp"' in login for login in logins if PASSWORD in login)


@pytest.mark.parametrize("auth_type", ["password", "v3password"])
def test_a_password_of_keystone_is_tried_without_the_project_first(
    clouds_yaml: Path, keystone: RawServer, auth_type: str
) -> None:
    write(clouds_yaml, keystone, auth_type, LOCAL)
    SdkCloud(CloudLogin(name="x"), None).close()
    logins = [request.body.decode() for request in keystone.requests if PASSWORD in request.body.decode()]
    assert len(logins) == 2 and '"unscoped"' in logins[0]


SYSTEM = {"username": "jane", "password": PASSWORD, "user_domain_name": "Default", "system_scope": "all"}
MISTAKES: dict[str, tuple[str, Entry, str]] = {
    "system and project": ("password", {**LOCAL, "system_scope": "all"}, "system_scope and project_name"),
    "system and project id": ("password", {**SYSTEM, "project_id": "p"}, "system_scope and project_id"),
    "system and domain": ("v3password", {**SYSTEM, "domain_id": "d"}, "system_scope and domain_id"),
    "system and trust": ("v3password", {**SYSTEM, "trust_id": "t"}, "system_scope and trust_id"),
    "kerberos": ("v3kerberos", PROJECT, "requests-kerberos, which is not installed"),
    "federated kerberos": ("v3fedkerb", PROJECT, "requests-kerberos, which is not installed"),
    "oauth": (
        "v3oauth1",
        {"consumer_key": "k", "consumer_secret": "s", "access_key": "a", "access_secret": "b"},
        "oauthlib, which is not installed",
    ),
    "saml": ("v3samlpassword", {**SSO, "identity_provider_url": "http://h"}, "lxml, which is not installed"),
    "adfs": ("v3adfspassword", SSO, "lxml, which is not installed"),
    "unknown method": ("v3nosuch", LOCAL, "a login method that is not installed"),
    "an option too many": ("v3totp", {**LOCAL, "passcode": "1"}, "auth has password, which"),
    "no Keystone": ("admin_token", {"endpoint": "http://h", "token": "t"}, "is not one of Keystone"),
    "no application credential": ("v3applicationcredential", {"application_credential_secret": "s"}, "credential ID"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_of_the_entry_is_named(
    clouds_yaml: Path, keystone: RawServer, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    for library in ("requests_kerberos", "lxml", "oauthlib"):
        monkeypatch.setitem(sys.modules, library, None)
    auth_type, auth, reason = MISTAKES[case]
    write(clouds_yaml, keystone, auth_type, auth)
    error, _ = failed(lambda: SdkCloud(CloudLogin(name="x"), None))
    assert error.finding.code == "OS05" and reason in error.message
    assert PASSWORD not in error.message and not keystone.received(PASSWORD)


def test_a_login_for_the_system_is_one_scope(clouds_yaml: Path, keystone: RawServer) -> None:
    write(clouds_yaml, keystone, "password", SYSTEM)
    SdkCloud(CloudLogin(name="x"), None).close()
    assert keystone.received('"system"')
