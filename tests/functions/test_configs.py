"""Creating, reading, changing and deleting configs over HTTP."""

import re
from typing import Any

import pytest

from shared.domain.config import Config
from tests.support.function_app import App, payload, pointers
from tests.support.world import AUTHORITY_HOST, MAILBOX, ORG

OTHER_ORG = "22222222-2222-2222-2222-222222222222"
BASIC = {"authType": "basic", "userName": MAILBOX, "password": "right"}
SIGN_IN = f"https://{AUTHORITY_HOST}/{ORG}/oauth2/v2.0"
OAUTH = {
    "authType": "oauth2.0",
    "userName": MAILBOX,
    "authorizationUrl": f"{SIGN_IN}/authorize",
    "tokenUrl": f"{SIGN_IN}/token",
    "clientId": "client",
    "clientSecret": "secret",
    "clientSecretExpiresOn": "2030-12-31",
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def _create(app: App, body: dict[str, Any]) -> dict[str, Any]:
    response = app.send("POST", "/api/configs", body)
    assert response.status_code == 201, response.get_body()
    created: dict[str, Any] = payload(response)
    return created


def _path(config: dict[str, Any] | Config) -> str:
    return f"/api/configs/{config['id'] if isinstance(config, dict) else config.id}"


def test_a_new_config_comes_back_with_its_address_and_its_etag(app: App) -> None:
    response = app.send("POST", "/api/configs", OAUTH)
    config = payload(response)
    assert response.status_code == 201
    assert response.headers["Location"] == f"https://app.example/api/configs/{config['id']}"
    assert response.headers["ETag"] == app.send("GET", _path(config)).headers["ETag"]
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_what_is_not_given_has_the_defaults_of_microsoft_365(app: App) -> None:
    config = _create(app, OAUTH)
    assert (config["hostName"], config["port"], config["security"]) == (
        "smtp.office365.com",
        587,
        "starttls",
    )
    assert config["isDefault"] is False
    assert config["status"] == "notVerified"
    assert config["reason"]["code"] == "authorization_needed"
    assert set(config["reason"]) >= {"code", "title", "remedy", "owner", "at"}


def test_secrets_never_come_back(app: App) -> None:
    for body in (BASIC, OAUTH):
        response = app.send("POST", "/api/configs", body)
        config = payload(response)
        assert "password" not in config
        assert "clientSecret" not in config
        assert config["passwordSet"] is (body is BASIC)
        assert config["clientSecretSet"] is (body is OAUTH)


def test_fields_of_oauth_are_shown_for_oauth_alone(app: App) -> None:
    names = {"authorizationUrl", "tokenUrl", "clientId", "clientSecretExpiresOn", "redirectUri"}
    assert names <= set(_create(app, OAUTH))
    assert not names & set(_create(app, BASIC))


def test_times_are_utc_with_milliseconds_and_unset_ones_are_absent(app: App) -> None:
    config = _create(app, OAUTH)
    assert TIME.fullmatch(config["createdAt"])
    assert TIME.fullmatch(config["reason"]["at"])
    assert "verifiedAt" not in config
    assert None not in config.values()


def test_who_did_it_is_the_one_who_signed_in(app: App) -> None:
    config = _create(app, BASIC)
    assert config["createdBy"] == config["updatedBy"] == "admin@contoso.example"


def test_another_organizations_config_does_not_exist(app: App) -> None:
    path = _path(_create(app, BASIC))
    assert app.send("GET", path, org=OTHER_ORG).status_code == 404
    assert app.send("PATCH", path, {"fromName": "x"}, org=OTHER_ORG).status_code == 404
    assert app.send("DELETE", path, org=OTHER_ORG).status_code == 404
    assert app.send("POST", f"{path}/verify", org=OTHER_ORG).status_code == 404
    assert app.send("POST", f"{path}/authorize", org=OTHER_ORG).status_code == 404
    assert app.send("GET", f"{path}/events", org=OTHER_ORG).status_code == 404
    assert app.send("GET", path).status_code == 200


@pytest.mark.parametrize("id_", ["1", "..", "~default", "0192f0c5-7c1e-4b7e-9d1f-3f0f5a3c2b1"])
def test_what_cannot_be_an_id_is_not_found(app: App, id_: str) -> None:
    response = app.send("GET", f"/api/configs/{id_}")
    assert response.status_code == 404
    assert payload(response)["code"] == "not_found"


def test_an_id_may_be_written_in_capitals(app: App) -> None:
    config = _create(app, BASIC)
    assert app.send("GET", f"/api/configs/{config['id'].upper()}").status_code == 200


def test_a_change_answers_with_the_new_config(app: App) -> None:
    config = _create(app, BASIC)
    response = app.send("PATCH", _path(config), {"fromName": "Contoso", "replyTo": "a@b.example"})
    assert response.status_code == 200
    assert payload(response)["fromName"] == "Contoso"
    assert response.headers["ETag"] == app.send("GET", _path(config)).headers["ETag"]


def test_null_takes_an_optional_field_away(app: App) -> None:
    config = _create(app, BASIC | {"fromName": "Contoso"})
    changed = app.send(
        "PATCH",
        _path(config),
        {"fromName": None},
        headers={"Content-Type": "application/merge-patch+json"},
    )
    assert "fromName" not in payload(changed)


def test_a_config_can_change_from_a_password_to_oauth(app: App) -> None:
    config = _create(app, BASIC)
    changed = payload(app.send("PATCH", _path(config), OAUTH))
    assert changed["authType"] == "oauth2.0"
    assert changed["passwordSet"] is False
    assert changed["clientSecretSet"] is True


def test_a_stale_etag_changes_nothing(app: App) -> None:
    config = _create(app, BASIC)
    etag = app.send("GET", _path(config)).headers["ETag"]
    assert app.send("PATCH", _path(config), {"fromName": "First"}).status_code == 200
    stale = {"If-Match": etag}
    for response in (
        app.send("PATCH", _path(config), {"fromName": "Second"}, headers=stale),
        app.send("DELETE", _path(config), headers=stale),
        app.send("POST", f"{_path(config)}/verify", headers=stale),
    ):
        assert response.status_code == 412
        assert payload(response)["code"] == "stale_etag"
    assert payload(app.send("GET", _path(config)))["fromName"] == "First"


def test_if_match_takes_a_list_and_a_star_and_never_a_weak_tag(app: App) -> None:
    config = _create(app, BASIC)
    for match in ('"other", {}', "*", "{}"):
        etag = app.send("GET", _path(config)).headers["ETag"]
        headers = {"If-Match": match.format(etag)}
        changed = app.send("PATCH", _path(config), {"fromName": match}, headers=headers)
        assert changed.status_code == 200, match
    etag = app.send("GET", _path(config)).headers["ETag"]
    weak = {"If-Match": f"W/{etag}"}
    assert app.send("PATCH", _path(config), {"fromName": "x"}, headers=weak).status_code == 412


@pytest.mark.parametrize("header", ["", "abc", '"a" "b"', '"a', "*, *", ","])
def test_an_if_match_that_is_none_is_told(app: App, header: str) -> None:
    config = _create(app, BASIC)
    response = app.send("DELETE", _path(config), headers={"If-Match": header})
    assert response.status_code == 400
    assert "If-Match" in pointers(response)


def test_who_has_the_config_already_gets_304(app: App) -> None:
    config = _create(app, BASIC)
    etag = app.send("GET", _path(config)).headers["ETag"]
    for known in (etag, f"W/{etag}", "*", f'"x", {etag}'):
        response = app.send("GET", _path(config), headers={"If-None-Match": known})
        assert response.status_code == 304
        assert response.get_body() == b""
        assert response.headers["ETag"] == etag
    changed = app.send("GET", _path(config), headers={"If-None-Match": '"x"'})
    assert changed.status_code == 200


def test_the_etag_leaves_out_what_is_only_ours(app: App) -> None:
    config = app.world.authorized()
    etag = app.send("GET", _path(config)).headers["ETag"]
    stored = app.world.configs.get(ORG, config.id)
    assert stored is not None
    held = app.world.leases.take(stored)
    assert held.value.lease is not None
    assert app.send("GET", _path(config)).headers["ETag"] == etag


def test_a_deleted_config_is_gone(app: App) -> None:
    config = _create(app, BASIC)
    response = app.send("DELETE", _path(config))
    assert (response.status_code, response.get_body()) == (204, b"")
    assert app.send("GET", _path(config)).status_code == 404
    assert app.send("DELETE", _path(config)).status_code == 404


def test_several_are_deleted_at_once_each_with_its_outcome(app: App) -> None:
    one, two = _create(app, BASIC), _create(app, BASIC)
    unknown = "0192f0c5-7c1e-4b7e-9d1f-3f0f5a3c2b11"
    ids = [one["id"], two["id"].upper(), unknown, one["id"]]
    response = app.send("POST", "/api/configs/bulk-delete", {"ids": ids})
    assert response.status_code == 200
    assert payload(response) == {
        "deleted": [one["id"], two["id"]],
        "notFound": [unknown],
        "failed": [],
    }


def test_a_check_answers_with_the_config_as_it_is_then(app: App) -> None:
    config = _create(app, BASIC)
    response = app.send("POST", f"{_path(config)}/verify")
    assert response.status_code == 200
    assert payload(response)["status"] == "verified"
    assert response.headers["ETag"] == app.send("GET", _path(config)).headers["ETag"]


def test_a_failed_check_is_no_error_of_the_call(app: App) -> None:
    config = _create(app, BASIC | {"password": "wrong"})
    response = app.send("POST", f"{_path(config)}/verify")
    assert response.status_code == 200
    reason = payload(response)["reason"]
    assert reason["code"] == "password_rejected"
    assert reason["detail"] == "535 5.7.3 no"


def test_the_history_is_shown_newest_first_and_by_pages(app: App) -> None:
    config = _create(app, BASIC)
    app.send("PATCH", _path(config), {"fromName": "Contoso", "replyTo": None})
    app.send("POST", f"{_path(config)}/verify")
    first = payload(app.send("GET", f"{_path(config)}/events?pageSize=2"))
    rest = payload(app.send("GET", first["nextLink"].removeprefix("https://app.example")))
    events = first["value"] + rest["value"]
    assert [event["type"] for event in events] == ["checkSucceeded", "updated", "created"]
    assert events[1]["fields"] == ["fromName"]
    assert events[1]["actor"] == "admin@contoso.example"
    assert "nextLink" not in rest


def test_an_events_cursor_of_another_config_is_turned_down(app: App) -> None:
    one, two = _create(app, BASIC), _create(app, BASIC)
    app.send("PATCH", _path(one), {"fromName": "Contoso"})
    link = payload(app.send("GET", f"{_path(one)}/events?pageSize=1"))["nextLink"]
    foreign = link.removeprefix("https://app.example").replace(one["id"], two["id"])
    response = app.send("GET", foreign)
    assert (response.status_code, payload(response)["code"]) == (400, "invalid_cursor")
