"""The compute microversions of a cloud, whatever version its catalogue names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from mhv_tui.adapters.cloud import SdkCloud
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.secret import Revealed
from tests.adapters.raw_server import Answer, RawServer, Request, http, json_answer, serving, token
from tests.adapters.servers import HOST


def version(name: str, link: str, newest: str = "") -> dict[str, Any]:
    lowest = "2.1" if newest else ""
    links = [{"rel": "self", "href": link}]
    return {"id": name, "status": "SUPPORTED", "version": newest, "min_version": lowest, "links": links}


def nova(path: str, newest: str, home: str = "", root_status: str = "200 OK") -> Answer:
    """A cloud whose catalogue has nova at `path`. `newest` is the microversion of v2.1; without it nova has v2.0 only.

    `home` replaces the address in the links of nova's version documents.
    """

    def respond(request: Request, server: RawServer) -> Iterable[bytes]:
        url = f"http://{HOST}:{server.port}"
        legacy = version("v2.0", f"{home or url}/nova/v2/")
        current = version("v2.1", f"{home or url}/nova/v2.1/", newest)
        if request.path == "/v3/auth/tokens":
            document = token(url)
            document["catalog"][0]["endpoints"][0]["url"] = url + path
            return [json_answer({"token": document}, "201 Created", X_Subject_Token="t")]
        if request.path == "/v3":
            return [json_answer({"version": version("v3.4", f"{url}/v3/")})]
        if request.path in ("/nova", "/nova/"):
            return [json_answer({"versions": [legacy, *([current] if newest else [])]}, root_status)]
        if request.path in ("/nova/v2", "/nova/v2/"):
            return [json_answer({"version": legacy})]
        if request.path in ("/nova/v2.1", "/nova/v2.1/") and newest:
            return [json_answer({"version": current})]
        if request.path.endswith("/os-services"):
            return [json_answer({"services": []})]
        return [http("", "404 Not Found")]

    return respond


CASES = [
    ("/nova/v2/p", "2.25", "2.25"),
    ("/nova/v2/p", "2.60", "2.60"),
    ("/nova/v2", "2.3", "2.3"),
    ("/nova/v2.1/p", "2.60", "2.60"),
    ("/nova/v2.1", "2.96", "2.96"),
    ("/nova", "2.96", "2.96"),
    ("/nova/v2/p", "", ""),
]


@pytest.mark.parametrize(("path", "newest", "expected"), CASES)
@pytest.mark.parametrize("root_status", ["200 OK", "300 Multiple Choices"])
def test_the_newest_microversion_does_not_depend_on_the_catalogue(
    path: str, newest: str, expected: str, root_status: str
) -> None:
    with serving(nova(path, newest, root_status=root_status)) as server:
        cloud = opened(server)
        assert cloud.versions().compute_max == expected
        assert cloud.services() == ()
        used = next(r.path for r in server.requests if r.path.endswith("/os-services"))
        assert used.startswith("/nova/v2.1") == bool(expected)
        cloud.close()


def test_the_links_of_a_version_document_may_name_an_internal_address() -> None:
    with serving(nova("/nova/v2/p", "2.60", home="http://127.0.0.9:1")) as server:
        cloud = opened(server)
        assert cloud.versions().compute_max == "2.60"
        assert cloud.services() == ()
        cloud.close()


HIDDEN = {
    "not found": http("{}", "404 Not Found"),
    "refused": http("{}", "401 Unauthorized"),
    "broken": http("{}", "500 Internal Server Error"),
    "a page": http("<html>welcome</html>"),
}


@pytest.mark.parametrize("root", HIDDEN)
@pytest.mark.parametrize("path", ["/nova/v2/p", "/nova/v2", "/nova/v2.1/p", "/nova", "/nova/"])
@pytest.mark.parametrize("newest", ["2.25", ""])
def test_a_proxy_may_hide_the_list_of_versions(path: str, root: str, newest: str) -> None:
    nova_behind = nova(path, newest)

    def respond(request: Request, server: RawServer) -> Iterable[bytes]:
        if request.path in ("/nova", "/nova/"):
            return [HIDDEN[root]]
        return nova_behind(request, server)

    with serving(respond) as server:
        cloud = opened(server)
        if newest == "" and path in ("/nova", "/nova/") and root in ("broken", "a page"):
            with pytest.raises(FindingError, match="compute did not list its versions"):
                cloud.versions()
        else:
            assert cloud.versions().compute_max == newest
        cloud.close()


def opened(server: RawServer) -> SdkCloud:
    url = f"http://{HOST}:{server.port}/v3"
    login = CloudLogin(auth_url=url, username="admin", project_name="admin", region_name="R")
    return SdkCloud(login, Revealed("secret"))
