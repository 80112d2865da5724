"""Builds openstacksdk's configuration and keystoneauth's session of one cloud. Makes no call."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mhv_tui.adapters.cloud_entries import check_names, cloud_entries
from mhv_tui.adapters.cloud_errors import configuration_error
from mhv_tui.adapters.failures import failure, own_errors, unexpected
from mhv_tui.core.openstack import ENVIRONMENT_CLOUD, CloudLogin
from mhv_tui.core.paths import NOT_REGULAR, expanded, is_pipe_or_device
from mhv_tui.core.redaction import is_secret_name, remember
from mhv_tui.core.secret import Revealed

LIBRARIES: Mapping[str, tuple[str, str]] = {
    "v3kerberos": ("requests_kerberos", "requests-kerberos"),
    "v3fedkerb": ("requests_kerberos", "requests-kerberos"),
    "v3adfspassword": ("lxml", "lxml"),
    "v3samlpassword": ("lxml", "lxml"),
    "v3oauth1": ("oauthlib", "oauthlib"),
}
"""Module and package that a login method of keystoneauth needs besides keystoneauth (its extras)."""

SCOPES = ("project_name", "project_id", "tenant_name", "tenant_id", "domain_name", "domain_id", "trust_id")
"""What a token can be for, besides the whole system."""


def region_of(login: CloudLogin, password: Revealed | None) -> Any:
    """Returns openstacksdk's CloudRegion, from an entry of clouds.yaml or from the login in the answers alone."""
    import openstack.config

    if login.ca_file and not expanded(login.ca_file).is_file():
        raise failure("OS02", f"the CA file {login.ca_file} does not exist", remedy="Correct ca_file.")
    options = _sdk_options(login, password)
    with own_errors(lambda error: configuration_error(error, login.name)), _no_warnings():
        if login.name:
            _refuse_pipes("OS05", _configuration_files())
            check_names()
            with _no_skipped_file():
                config = openstack.config.OpenStackConfig()
            _remember_secrets(config.cloud_config)
            _check_name(config.cloud_config, login.name)
            check_library(_auth_type(config.cloud_config, login.name))
            region = config.get_one(cloud=login.name, **options)
            _refuse_pipes("OS02", (str(region.config.get(key) or "") for key in ("cacert", "cert", "key")))
            return region
        loader = openstack.config.OpenStackConfig(load_yaml_config=False, load_envvars=False)
        return loader.get_one(auth_type="password", **options)


def _check_name(config: object, name: str) -> None:
    """Raises OS05 if no entry has this name; the sentence names the entries, or the places without a file."""
    clouds = config.get("clouds") if isinstance(config, Mapping) else None
    if not isinstance(clouds, Mapping) or name in clouds:
        return
    entries = cloud_entries()
    if name == ENVIRONMENT_CLOUD:
        remedy = "Load the openrc file of the cloud in this shell, or choose an entry of clouds.yaml."
        raise failure("OS05", "the environment has no OS_AUTH_URL, which the cloud envvars needs", remedy=remedy)
    detail = f"no entry of clouds.yaml is named {name}: {entries.sentence}"
    raise failure("OS05", detail, subject=name, remedy=entries.remedy)


def check_library(auth_type: str) -> None:
    """Raises OS05 if the login method needs a Python library that is not installed here."""
    module, package = LIBRARIES.get(auth_type, ("", ""))
    if module and importlib.util.find_spec(module) is None:
        detail = f"clouds.yaml: auth_type {auth_type} needs the Python library {package}, which is not installed here"
        remedy = f"Install {package} for this Python, or use an entry with a password or an application credential."
        raise failure("OS05", detail, remedy=remedy)


def _auth_type(config: object, name: str) -> str:
    """The auth_type of an entry, whatever else the file contains; "" if it has none."""
    for key in ("clouds", name, "auth_type"):
        config = config.get(key) if isinstance(config, Mapping) else None
    return config if isinstance(config, str) else ""


def check_scope(auth: Mapping[str, Any]) -> None:
    """Raises OS05 if the login has system_scope beside another scope: Keystone gives a token for one."""
    others = [name for name in SCOPES if auth.get(name)]
    if auth.get("system_scope") and others:
        detail = f"clouds.yaml: the login has system_scope and {others[0]}; one of them is accepted"
        remedy = "Remove system_scope, so that the login is for the project; or use an entry without system_scope."
        raise failure("OS05", detail, remedy=remedy)


def _configuration_files() -> Iterator[str]:
    """Yields the path of every file that openstacksdk reads before it returns an entry of clouds.yaml."""
    from openstack.config import loader

    yield from (*loader.CONFIG_FILES, *loader.SECURE_FILES, *loader.VENDOR_FILES)
    yield from (os.environ.get(name, "") for name in ("OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE"))


class _SkippedFiles(logging.Filter):
    """Collects openstacksdk's warnings about files that are not YAML; the log never has them, as they quote values."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[tuple[str, Exception]] = []

    def filter(self, record: logging.LogRecord) -> bool:
        path, error = (*record.args, "", "")[:2] if isinstance(record.args, tuple) else ("", "")
        if isinstance(error, Exception):
            self.errors.append((str(path), error))
        return not isinstance(error, Exception)


@contextlib.contextmanager
def _no_skipped_file() -> Iterator[None]:
    """Raises OS05 for a file that openstacksdk skips in the `with` block, because its entries would be missing."""
    skipped, logger = _SkippedFiles(), logging.getLogger("openstack.config")
    logger.addFilter(skipped)
    try:
        yield
    finally:
        logger.removeFilter(skipped)
    for path, error in skipped.errors:
        mark = getattr(error, "problem_mark", None)
        place = f": line {mark.line + 1}, column {mark.column + 1}" if mark else f" ({unexpected(error)})"
        remedy = "Correct the file. A value that begins with a sign, such as * or !, needs quotes."
        raise failure("OS05", f"{path} is not valid YAML{place}", subject=path, remedy=remedy)


def _refuse_pipes(code: str, paths: Iterable[str]) -> None:
    """Raises FindingError with this code if openstacksdk or requests would wait for the content of a file."""
    for path in paths:
        if is_pipe_or_device(expanded(path)):
            raise failure(code, f"{path} cannot be read: {NOT_REGULAR}", subject=path, remedy=f"Replace {path}.")


def session_of(region: Any) -> Any:
    """Returns a keystoneauth session. `limits` replaces keystoneauth's own time limits."""
    import urllib3

    from mhv_tui.adapters.cloud_http import LimitedAdapter

    with _no_warnings():
        session = region.get_session()
    # `verify: false` is the operator's decision; the warning would appear over the screen.
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    session.timeout = None
    for scheme in ("http://", "https://"):
        session.session.mount(scheme, LimitedAdapter())
    return session


@contextlib.contextmanager
def _no_warnings() -> Iterator[None]:
    """Hides openstacksdk's warnings about modules that its configuration loads; the operator cannot act on them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _remember_secrets(config: object, secret: bool = False) -> None:
    """Masks, from now on, the value of every configuration option whose name marks a secret."""
    if isinstance(config, Mapping):
        for name, value in config.items():
            _remember_secrets(value, is_secret_name(str(name)))
    elif secret and isinstance(config, str | int):
        remember(str(config))


def _sdk_options(login: CloudLogin, password: Revealed | None) -> dict[str, Any]:
    """Returns the answers as options of openstacksdk. An empty answer keeps the value of clouds.yaml."""
    auth = {"password": password.value} if password else {}
    if not login.name:
        auth |= {
            "auth_url": login.auth_url,
            "username": login.username,
            "project_name": login.project_name,
            "user_domain_name": login.user_domain_name,
            "project_domain_name": login.project_domain_name,
        }
    options = {"region_name": login.region_name, "cacert": str(expanded(login.ca_file)) if login.ca_file else ""}
    return {**{k: v for k, v in options.items() if v}, **({"auth": auth} if auth else {})}
