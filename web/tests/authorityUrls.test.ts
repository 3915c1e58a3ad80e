import { describe, expect, it } from "vitest";
import { counterpart, endpointIn, hostOf, problemOfPair, problemOfUrl } from "../src/form/authorityUrls";

const BASE = "https://login.microsoftonline.com/8b7f0c6e-1111-4111-8111-000000000001/oauth2/v2.0";

describe("the endpoints of an application", () => {
  it("lead to each other", () => {
    expect(counterpart(`${BASE}/authorize`)).toBe(`${BASE}/token`);
    expect(counterpart(` ${BASE}/token `)).toBe(`${BASE}/authorize`);
    expect(counterpart(`${BASE}/authorize?client_id=x`)).toBe(`${BASE}/token`);
  });

  it.each([
    [` ${BASE}/token/ `, `${BASE}/token`],
    [`${BASE}/authorize?client_id=x#y`, `${BASE}/authorize`],
    [`${BASE}/authorize`, `${BASE}/authorize`],
    ["https://login.microsoftonline.com/x/oauth2/token/", "https://login.microsoftonline.com/x/oauth2/token/"],
    ["half typ", "half typ"],
  ])("are taken out of what was copied with them: %s", (typed, endpoint) => {
    expect(endpointIn(typed)).toBe(endpoint);
  });

  it("survive a tenant that is named like an endpoint", () => {
    const odd = "https://login.microsoftonline.com/token.example/oauth2/v2.0";
    expect(counterpart(`${odd}/authorize`)).toBe(`${odd}/token`);
  });

  it.each(["", "login.microsoftonline.com", `${BASE}/logout`, "https://login.microsoftonline.com/x/oauth2/authorize"])(
    "come from nothing else: %s",
    (value) => {
      expect(counterpart(value)).toBeNull();
    },
  );

  it("tell the sign-in host", () => {
    expect(hostOf("https://localhost:8443/x/oauth2/v2.0/token")).toBe("localhost:8443");
    expect(hostOf("nonsense")).toBeNull();
  });

  it("are told apart", () => {
    expect(problemOfUrl(`${BASE}/authorize`, "authorize")).toBeNull();
    expect(problemOfUrl(`${BASE}/authorize`, "token")).toMatch(/authorization endpoint/);
    expect(problemOfUrl("https://login.microsoftonline.com/x/oauth2/token", "token")).toMatch(
      /version 1/,
    );
    expect(problemOfPair(`${BASE}/authorize`, `${BASE}/token`)).toBeNull();
  });
});
