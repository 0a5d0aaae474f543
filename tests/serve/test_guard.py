"""Who may ask: names of the server, other sites' pages, tokens."""

from __future__ import annotations

import pytest

from avaffect.errors import AvaffectError
from avaffect.serve.guard import session
from avaffect.serve.settings import Settings

TOKEN = "a long secret"


@pytest.fixture(scope="module")
def guarded(start):
    return start(token=TOKEN, host="0.0.0.0")


@pytest.fixture
def fresh(guarded):
    """A client without what an earlier login left."""
    guarded.cookies.clear()
    return guarded


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.7:8460", "", "[::1"])
def test_under_another_name_a_local_server_answers_nothing(client, host):
    answer = client.get("/v1/predictions", headers={"host": host})
    assert answer.status_code == 400
    assert "as localhost alone" in answer.json()["detail"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8460", "[::1]:9", "LOCALHOST:1", "127.0.0.2"])
def test_under_its_own_names_it_answers(client, host):
    assert client.get("/v1/predictions", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:1", "file://", "http://["]
)
def test_a_page_of_another_site_changes_nothing(client, sound, origin):
    answer = client.post("/v1/predictions", files={"file": ("a.wav", sound)}, headers={"origin": origin})
    assert answer.status_code == 403
    assert client.delete("/v1/predictions/x", headers={"origin": origin}).status_code == 403


def test_its_own_page_may(client):
    assert client.delete("/v1/predictions/x", headers={"origin": "http://localhost"}).status_code == 404


def test_answers_carry_the_headers_that_keep_a_page_to_itself(client):
    headers = client.get("/healthz").headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/v1/predictions", "/v1/models", "/v1/limits", "/metrics", "/v1/events"])
@pytest.mark.parametrize("header", [{}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN}])
def test_without_the_token_the_api_answers_nothing(fresh, path, header):
    answer = fresh.get(path, headers=header)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_the_token_opens_it_under_any_name(fresh):
    headers = {"authorization": f"Bearer {TOKEN}", "host": "lab.example"}
    assert fresh.get("/v1/predictions", headers=headers).status_code == 200
    assert fresh.get("/metrics", headers=headers).status_code == 200


def test_what_tells_nothing_needs_no_token(fresh):
    assert fresh.get("/healthz").text == "ok\n"
    assert fresh.get("/v1/session").json() == {"needed": True, "known": False}


def test_a_login_gives_a_cookie_that_is_not_the_token(fresh):
    assert fresh.post("/v1/session", data={"token": "not it"}).status_code == 401
    answer = fresh.post("/v1/session", data={"token": TOKEN})
    cookie = answer.headers["set-cookie"]
    assert answer.status_code == 204
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert TOKEN not in cookie
    assert fresh.get("/v1/session").json() == {"needed": True, "known": True}
    assert fresh.get("/v1/predictions").status_code == 200
    fresh.delete("/v1/session")
    assert fresh.get("/v1/predictions").status_code == 401


@pytest.mark.parametrize(
    "cookie", ["avaffect=", f"avaffect={TOKEN}", "avaffect=\xff", f"avaffect={session('other')}"]
)
def test_a_made_up_cookie_opens_nothing(fresh, cookie):
    headers = [(b"cookie", cookie.encode("latin-1"))]
    assert fresh.get("/v1/predictions", headers=headers).status_code == 401


def test_an_address_that_others_reach_needs_a_token(tmp_path):
    for host in ("0.0.0.0", "::", "192.168.1.5", "lab.example"):
        with pytest.raises(AvaffectError, match="needs a token"):
            Settings(folder=tmp_path, host=host)
    with pytest.raises(AvaffectError, match="8 or more"):
        Settings(folder=tmp_path, token="short")
    assert Settings(folder=tmp_path, host="::1").is_local
