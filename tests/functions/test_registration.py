"""What the host finds when it indexes the app."""

import inspect

from tests.support.function_app import registered

ROUTES = {
    "list_configs": ("GET", "api/configs"),
    "create_config": ("POST", "api/configs"),
    "get_config": ("GET", "api/configs/{id}"),
    "update_config": ("PATCH", "api/configs/{id}"),
    "delete_config": ("DELETE", "api/configs/{id}"),
    "bulk_delete_configs": ("POST", "api/configs/bulk-delete"),
    "start_authorization": ("POST", "api/configs/{id}/authorize"),
    "authorization_callback": ("GET", "api/oauth/callback"),
    "verify_config": ("POST", "api/configs/{id}/verify"),
    "list_config_events": ("GET", "api/configs/{id}/events"),
    "send_test_message": ("POST", "api/configs/{id}/test-message"),
    "submit_message": ("POST", "api/messages"),
    "get_message": ("GET", "api/messages/{id}"),
    "get_options": ("GET", "api/options"),
    "openapi": ("GET", "api/openapi.json"),
    "health": ("GET", "api/health"),
    "settings_page": ("GET", "settings/{*path}"),
}


def test_the_app_has_exactly_these_functions() -> None:
    names = sorted(function.get_function_name() for function in registered())
    assert names == sorted([*ROUTES, "maintenance_timer", "maintain_mailbox", "deliver_message"])


def test_each_http_function_has_its_route_and_needs_no_key() -> None:
    found = {}
    for function in registered():
        binding = function.get_trigger().get_dict_repr()
        if binding["type"] == "httpTrigger":
            assert binding["authLevel"].value == "anonymous"
            (method,) = binding["methods"]
            found[function.get_function_name()] = (method.value, binding["route"])
    assert found == ROUTES


def test_the_timer_follows_the_setting_and_does_not_run_at_each_start() -> None:
    binding = _trigger("maintenance_timer")
    assert binding["type"] == "timerTrigger"
    assert binding["schedule"] == "%MAINTENANCE_SCHEDULE%"
    assert binding["runOnStartup"] is False
    assert binding["useMonitor"] is True


def test_mailboxes_are_maintained_from_the_queue_of_the_apps_storage() -> None:
    binding = _trigger("maintain_mailbox")
    assert binding["type"] == "queueTrigger"
    assert binding["queueName"] == "mailbox-maintenance"
    assert binding["connection"] == "AzureWebJobsStorage"


def test_messages_are_delivered_from_the_queue_of_the_apps_storage() -> None:
    binding = _trigger("deliver_message")
    assert binding["type"] == "queueTrigger"
    assert binding["queueName"] == "outgoing-messages"
    assert binding["connection"] == "AzureWebJobsStorage"


def test_the_worker_sees_signatures_that_name_their_triggers() -> None:
    for function in registered():
        parameters = list(inspect.signature(function.get_user_function()).parameters)
        assert parameters == [function.get_trigger().name]


def _trigger(name: str) -> dict[str, object]:
    (found,) = (f for f in registered() if f.get_function_name() == name)
    binding: dict[str, object] = found.get_trigger().get_dict_repr()
    return binding
