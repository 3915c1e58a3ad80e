"""Route templates of the local function host."""

import pytest

from infra.local.host.functions import Function
from infra.local.host.routing import (
    Match,
    MethodNotAllowed,
    RouteError,
    Router,
    RouteTemplate,
    decode_segments,
)
from tests.support.host_functions import function_with


def function(name: str, route: str | None, *methods: str) -> Function:
    trigger = {"type": "httpTrigger", "name": "req", "route": route, "methods": list(methods)}
    return function_with(name, trigger)


def values(template: str, path: str) -> dict[str, str] | None:
    return RouteTemplate(template).match(decode_segments(path))


@pytest.mark.parametrize(
    ("template", "path", "expected"),
    [
        ("api/configs", "/api/configs", {}),
        ("api/configs", "/API/Configs/", {}),
        ("api/configs", "/api/configs/1", None),
        ("api/configs/{id}", "/api/configs", None),
        ("api/configs/{id}", "/api/configs//", None),
        ("api/configs/{id}/verify", "/api/configs/A-b/verify", {"id": "A-b"}),
        ("a/{x}", "/a/%C3%A9%2f%20", {"x": "é%2f "}),
        ("a/{x?}", "/a", {}),
        ("a/{x?}", "/a/1", {"x": "1"}),
        ("a/{x=7}", "/a", {"x": "7"}),
        ("files/{*path}", "/files", {}),
        ("files/{*path}", "/files/a/b/c", {"path": "a/b/c"}),
        ("files/{**path}", "/files/a/b", {"path": "a/b"}),
        ("{file}.{ext}", "/a.b.c", {"file": "a", "ext": "b.c"}),
        ("v{major:int}/x", "/v2/x", {"major": "2"}),
        ("v{major:int}/x", "/vx/x", None),
        ("", "/", {}),
        ("", "/x", None),
    ],
)
def test_a_path_matches_as_in_asp_net_core(
    template: str, path: str, expected: dict[str, str] | None
) -> None:
    assert values(template, path) == expected


@pytest.mark.parametrize(
    ("constraint", "fits", "does_not"),
    [
        ("int", "-12", "2147483648"),
        ("long", "2147483648", "9223372036854775808"),
        ("bool", "True", "yes"),
        ("guid", "6f9619ff-8b86-d011-b42d-00c04fc964ff", "6f9619ff"),
        ("alpha", "abc", "ab1"),
        ("decimal", "1.5", "1,5"),
        ("length(3)", "abc", "ab"),
        ("length(1,2)", "ab", "abc"),
        ("minlength(2)", "ab", "a"),
        ("maxlength(2)", "ab", "abc"),
        ("min(5)", "5", "4"),
        ("max(5)", "5", "6"),
        ("range(1,9)", "9", "10"),
        ("int:min(1)", "1", "0"),
        ("regex(^a+$)", "aaa", "aab"),
    ],
)
def test_a_constraint_decides(constraint: str, fits: str, does_not: str) -> None:
    assert values(f"x/{{v:{constraint}}}", f"/x/{fits}") == {"v": fits}
    assert values(f"x/{{v:{constraint}}}", f"/x/{does_not}") is None


@pytest.mark.parametrize(
    "template", ["a/{x", "a/x}", "a//b", "{*a}/b", "x{*a}", "{a:nothing}", "{}"]
)
def test_a_malformed_template_is_an_error(template: str) -> None:
    with pytest.raises(RouteError):
        RouteTemplate(template)


def test_literals_go_before_constraints_parameters_and_catch_alls() -> None:
    router = Router(
        [
            function("a", "{*rest}", "GET"),
            function("b", "items/{id}", "GET"),
            function("c", "items/{id:int}", "GET"),
            function("d", "items/new", "GET"),
        ],
        "",
    )
    found = {path: router.find("GET", path) for path in ("/items/new", "/items/7", "/items/x")}
    names = [match.function.name for match in found.values() if isinstance(match, Match)]
    assert names == ["d", "c", "b"]
    rest = router.find("GET", "/elsewhere/x")
    assert isinstance(rest, Match)
    assert rest.function.name == "a"


def test_allowed_methods_are_those_of_all_functions_on_the_path() -> None:
    router = Router([function("a", "x", "GET"), function("b", "x", "POST")], "api")
    assert router.find("DELETE", "/api/x") == MethodNotAllowed(["GET", "POST"])


def test_a_function_without_methods_takes_any() -> None:
    assert isinstance(Router([function("a", "x")], "").find("PURGE", "/x"), Match)


def test_a_function_without_route_answers_to_its_name() -> None:
    assert isinstance(
        Router([function("Hello", None, "GET")], "api").find("GET", "/api/hello"), Match
    )


@pytest.mark.parametrize("route", ["admin/x", "Administration", "runtime/webhooks"])
def test_reserved_routes_are_turned_down(route: str) -> None:
    with pytest.raises(RouteError, match="conflicts with one or more built in routes"):
        Router([function("f", route)], "api")


def test_two_functions_cannot_have_one_route() -> None:
    with pytest.raises(RouteError, match="conflicts with the route defined by function 'f'"):
        Router([function("f", "a/{b}", "GET"), function("g", "A/{c}", "GET", "PUT")], "")
    both = [function("f", "a/{b:int}", "GET"), function("g", "a/{c}", "GET")]
    assert len(Router(both, "").routes) == 2


def test_only_pairs_whose_order_matters_are_told() -> None:
    fine = [function("a_new", "items/new", "GET"), function("b_one", "items/{id}", "GET")]
    assert Router(fine, "").order_sensitive() == []
    other_method = [function("z", "items/new", "POST"), function("b", "items/{id}", "GET")]
    assert Router(other_method, "").order_sensitive() == []
    wrong = [function("z", "items/new", "GET"), function("b", "items/{id}", "GET")]
    assert Router(wrong, "").order_sensitive() == [("z", "b")]
