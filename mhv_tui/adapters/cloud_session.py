"""One authenticated cloud: configuration by openstacksdk, API calls by keystoneauth, errors as findings.

If the region's catalogue lacks a service, the error names that service; no other endpoint is tried.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from mhv_tui.adapters.cloud_config import check_scope, region_of, session_of
from mhv_tui.adapters.cloud_documents import (
    ANY_VERSION,
    MICROVERSIONED,
    NOT_NOW,
    VERSIONS,
    is_json,
    is_version_document,
    next_query,
    numbers,
    sibling_url,
)
from mhv_tui.adapters.cloud_errors import cloud_error, configuration_error, message_of, refused, status_error
from mhv_tui.adapters.failures import failure, own_errors, short, without_userinfo
from mhv_tui.adapters.limits import LIMITS, Limit, Limits, limited
from mhv_tui.core.changes import Json
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.redaction import remember_session
from mhv_tui.core.secret import Revealed

READ_RETRIES = 2
"""Number of retries of a read call after a connection error: an API worker that restarts resets its connections."""


class CloudSession:
    """An authenticated session with one cloud. The constructor logs in."""

    def __init__(self, login: CloudLogin, password: Revealed | None, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self.region = region_of(login, password)
        with own_errors(lambda error: configuration_error(error, login.name)):
            self._args: Mapping[str, Any] = dict(self.region.get_auth_args())
            self.auth_url = without_userinfo(str(self._args.get("auth_url") or ""))
            check_scope(self._args)
            self.session: Any = session_of(self.region)
        self._adapters: dict[str, Any] = {}
        try:
            with self.translated_errors("identity", "show its version", limits.first_contact):
                self._contact()
            with self.translated_errors("identity", "log in", limits.login):
                self.access: Any = self._log_in()
                remember_session(str(getattr(self.access, "auth_token", None) or ""))
                self.access.will_expire_soon()  # a token without a readable time is an error of Keystone, not of nova
        except BaseException:
            self.close()
            raise

    def _contact(self) -> None:
        """Requests the version document without a login, so that a wrong or silent server gets no password."""
        if not self.auth_url:
            return
        answer = self.session.get(str(self._args["auth_url"]), authenticated=False, raise_exc=False)
        if answer.status_code >= 400 or not is_version_document(answer.content):
            detail = f"{self.auth_url} does not show Keystone's version document (status {answer.status_code})"
            raise failure("OS01", detail, subject=self.auth_url)

    def _log_in(self) -> Any:
        """Logs in to Keystone. After status 401, tests without a project whether only the project is wrong."""
        from keystoneauth1 import exceptions

        if not hasattr(self.session.auth, "get_access"):
            detail = "the login is not one of Keystone; its auth_type gives no user, roles and catalogue"
            raise failure("OS05", detail, remedy="Use an entry with a password or an application credential.")
        password_accepted = self._password_accepted()
        try:
            return self.session.auth.get_access(self.session)
        except exceptions.Unauthorized:
            if not password_accepted:
                raise
        project = self._args.get("project_name") or self._args.get("project_id") or "none"
        user = self._args.get("username") or ""
        detail = f"{self.auth_url} accepts the user {user}, but not for the project {project}"
        raise failure("OS04", detail, subject=str(project))

    def _password_accepted(self) -> bool:
        """Returns True if Keystone accepts the password without a project. Raises Unauthorized if Keystone refuses it.

        Tries the password once. Returns False if this proves nothing: the password is not for Keystone, or Keystone
        does not support such a login.
        """
        from keystoneauth1 import exceptions
        from keystoneauth1.identity import generic, v3

        if type(self.session.auth) not in (generic.Password, v3.Password) or not self._args.get("password"):
            return False
        names = ("username", "user_id", "user_domain_name", "user_domain_id", "password")
        user = {name: self._args.get(name) for name in names}
        url = str(self._args["auth_url"])
        url = url if "/v3" in url else url.rstrip("/") + "/v3"
        try:
            v3.Password(auth_url=url, unscoped=True, **user).get_access(self.session)
        except exceptions.Unauthorized:
            raise
        except (exceptions.HttpError, exceptions.InvalidResponse):
            return False
        return True

    def adapter(self, service: str) -> Any:
        """Returns keystoneauth's adapter for a service type. Raises OS06 if the catalogue has no endpoint for it.

        Raises OS10 if the service does not show its version document, which keystoneauth hides.
        """
        if service not in self._adapters:
            with self.translated_errors(service, "list its versions"):
                candidates = (self._new_adapter(service, *versions) for versions in VERSIONS.get(service, ANY_VERSION))
                adapter = next((a for a in candidates if a.get_endpoint() is not None), None)
                if service == "compute" and adapter is not None:
                    adapter = self._sibling(adapter) or adapter
                data = adapter.get_endpoint_data() if adapter else None
                if not data or not data.api_version or (service in MICROVERSIONED and not data.max_microversion):
                    self._require_version_document(service)
            if adapter is None:
                raise self._not_in_catalogue(service)
            self._adapters[service] = adapter
        return self._adapters[service]

    def _sibling(self, adapter: Any) -> Any:
        """The adapter of /v2.1 beside an endpoint /v2, or below an unversioned one; None if it has no microversions.

        Without nova's list of versions, which a proxy may hide, keystoneauth does not find it. nova has /v2 in every
        release, so only /v2.1 tells a new cloud from an old one.
        """
        from keystoneauth1.exceptions import ClientException

        if not (url := sibling_url(str(adapter.get_endpoint()))):
            return None
        sibling = self._new_adapter("compute", *VERSIONS["compute"][0], endpoint=url)
        try:
            return sibling if getattr(sibling.get_endpoint_data(), "max_microversion", None) else None
        except ClientException:
            return None

    def _require_version_document(self, service: str) -> None:
        """Raises the error of a version document that cannot be read now. A service may also have none."""
        url = self._new_adapter(service, None, None).get_endpoint(skip_discovery=True)
        if url is None:
            return
        answer = self.session.get(url, authenticated=False, raise_exc=False)
        if answer.status_code in NOT_NOW:
            raise self._status_error(service, "list its versions", answer.status_code, message_of(answer.content))
        if answer.status_code < 400 and not is_json(answer.content):
            detail = f"{service} did not list its versions: its answer is not JSON (status {answer.status_code})"
            raise failure("OS10", detail, subject=service)

    def _new_adapter(self, service: str, lowest: str | None, highest: str | None, endpoint: str = "") -> Any:
        from keystoneauth1.adapter import Adapter

        return Adapter(
            self.session,
            service_type=service,
            interface=self.region.get_interface(service),
            region_name=self.region.get_region_name(service),
            endpoint_override=endpoint or self.region.get_endpoint(service),
            min_version=lowest,
            max_version=highest,
        )

    def offers(self, service: str) -> bool:
        """True if this region's catalogue has the service."""
        try:
            self.adapter(service)
        except FindingError as error:
            if error.finding.code == "OS06":
                return False
            raise
        return True

    def request(
        self,
        service: str,
        method: str,
        path: str,
        action: str,
        *,
        version: str = "",
        absent: int = 0,
        limit: Limit | None = None,
        **options: Any,
    ) -> Json:
        """Makes one API call. Returns the answer's JSON; None if the answer is empty or has the status `absent`.

        `action` completes the sentence "SERVICE did not ..." of an error. `limit` replaces the limit of a single call.
        """
        headers = options.pop("headers", {})
        if method == "GET":
            options = {"connect_retries": READ_RETRIES, **options}
        adapter = self.adapter(service)
        with self.translated_errors(service, action, limit):
            answer = adapter.request(
                path, method, microversion=version or None, headers=headers, raise_exc=False, **options
            )
            if answer.status_code == absent:
                return None
            if answer.status_code >= 400:
                # The token may be newer than the login.
                remember_session(str(answer.request.headers.get("X-Auth-Token") or ""))
                error = self._status_error(service, action, answer.status_code, message_of(answer.content))
                raise refused(error, answer.status_code, answer.headers)
            return json.loads(answer.content) if answer.content else None

    def list_all(self, service: str, path: str, key: str, action: str, *, version: str = "") -> list[Json]:
        """Returns the rows of all pages of a list."""
        rows: list[Json] = []
        fetched: set[str] = set()
        while path and path not in fetched:
            fetched.add(path)
            page = self.request(service, "GET", path, action, version=version)
            with self.translated_errors(service, action):
                if not isinstance(page[key], list):
                    raise TypeError(f"{key} is not a list")
                rows += page[key]
                query = next_query(page, key)
            path = f"{path.partition('?')[0]}?{query}" if query else ""
        return rows

    def compute_version(self, version: str) -> str:
        """Returns the older of `version` and nova's newest microversion; "" if nova has no microversions."""
        newest = self.maximum("compute")
        return min(version, newest, key=numbers) if newest else ""

    def maximum(self, service: str, limit: Limit | None = None) -> str:
        """Returns the highest microversion of a service ("2.93"); "" if it has no microversions."""
        with self.translated_errors(service, "list its versions", limit):
            data = self.adapter(service).get_endpoint_data()
        newest = getattr(data, "max_microversion", None)
        return ".".join(str(n) for n in newest) if newest else ""

    def versions(self, service: str) -> list[Any]:
        """Returns the version document of a service as keystoneauth's VersionData."""
        adapter = self.adapter(service)
        with self.translated_errors(service, "list its versions"):
            regions = adapter.get_all_version_data(interface=adapter.interface, region_name=adapter.region_name)
        return [
            v for interfaces in regions.values() for types in interfaces.values() for d in types.values() for v in d
        ]

    @contextlib.contextmanager
    def translated_errors(self, service: str, action: str, limit: Limit | None = None) -> Iterator[None]:
        """Limits the calls in the `with` block, and converts every error in it to FindingError."""
        with (
            own_errors(lambda error: self.error_of(error, service, action)),
            limited(limit or self.limits.call, self._name(service)),
        ):
            yield

    def error_of(self, error: Exception, service: str, action: str) -> FindingError:
        """Returns the FindingError for any error of a call to a service."""
        from keystoneauth1 import exceptions

        if isinstance(error, exceptions.EndpointNotFound | exceptions.CatalogException):
            return self._not_in_catalogue(service)
        if isinstance(error, exceptions.HttpError):
            url = str(getattr(error, "url", None) or "")
            # keystoneauth renews a login that ended; Keystone may refuse that.
            service = "identity" if "/auth/tokens" in url else service
            return self._status_error(service, action, int(error.http_status or 0), short(error.message or ""), url)
        return cloud_error(error, service, self._name(service), action)

    def _status_error(self, service: str, action: str, status: int, message: str, url: str = "") -> FindingError:
        """Returns the FindingError for an error status. Does not quote Keystone, which may repeat the password.

        A login by single sign-on asks another server first, at `url`.
        """
        if service != "identity":
            return status_error(service, action, status, message)
        if status != 401:
            return status_error(service, action, status, "")
        user = self._args.get("username") or ""
        login = f"the login of {user}" if user else "the login"
        server = self.auth_url if not url or "/auth/tokens" in url else url.partition("?")[0]
        return failure("OS03", f"{server} refused {login}", subject=str(user))

    def _name(self, service: str) -> str:
        return self.auth_url if service == "identity" else f"the {service} service"

    def _not_in_catalogue(self, service: str) -> FindingError:
        region = self.region.get_region_name(service) or "any region"
        interface = self.region.get_interface(service) or "public"
        return failure("OS06", f"the catalogue has no {interface} endpoint of {service} in {region}", subject=service)

    def close(self) -> None:
        """Closes the HTTP connections; the token expires by itself."""
        if self.session.session is not None:
            self.session.session.close()
