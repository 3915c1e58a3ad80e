import { describe, expect, it } from "vitest";
import type { Config, Options, Provider } from "../src/api/types";
import { ApiProblem } from "../src/api/problem";
import { changeOf, type Draft, draftOf, emptyDraft, isChanged, newConfigOf } from "../src/form/draft";
import { conflictOf, resolve } from "../src/form/merge";
import { placeErrors } from "../src/form/serverErrors";
import { withUrl } from "../src/form/urlPair";
import { hintFor, NOTHING_HELD, validate } from "../src/form/validate";

function provider(host: string, signIn: string): Provider {
  return {
    id: host,
    name: host,
    authTypes: ["oauth2.0", "basic"],
    hostName: host,
    port: 587,
    security: "starttls",
    authorizationUrl: `https://${signIn}/{tenant}/oauth2/v2.0/authorize`,
    tokenUrl: `https://${signIn}/{tenant}/oauth2/v2.0/token`,
    scopes: [],
    portalUrl: "https://entra.microsoft.com",
  };
}

const OPTIONS: Options = {
  redirectUri: "https://mail.example/api/oauth/callback",
  providers: [
    provider("smtp.office365.com", "login.microsoftonline.com"),
    provider("smtp.office365.us", "login.microsoftonline.us"),
  ],
};
const TENANT = "https://login.microsoftonline.com/contoso.example/oauth2/v2.0";
const HELD = { password: true, clientSecret: true };

const oauth = {
  ...emptyDraft("oauth2.0", OPTIONS),
  userName: "noreply@contoso.example",
  authorizationUrl: `${TENANT}/authorize`,
  tokenUrl: `${TENANT}/token`,
  clientId: "00000000-0000-0000-0000-00000000a001",
  clientSecret: "a~secret",
};
const config = {
  id: "1",
  authType: "oauth2.0",
  hostName: "smtp.office365.com",
  port: 587,
  security: "starttls",
  userName: "noreply@contoso.example",
  fromName: "Contoso",
  passwordSet: false,
  authorizationUrl: `${TENANT}/authorize`,
  tokenUrl: `${TENANT}/token`,
  clientId: "abc",
  clientSecretSet: true,
  isDefault: false,
  status: "verified",
  warnings: [],
  createdAt: "2026-01-01T00:00:00.000Z",
  createdBy: "a",
  updatedAt: "2026-01-01T00:00:00.000Z",
  updatedBy: "a",
} as unknown as Config;

describe("a draft becomes a request", () => {
  it("leaves out what was not filled in, and the other type's fields", () => {
    expect(newConfigOf({ ...oauth, password: "left over" })).toEqual({
      authType: "oauth2.0",
      hostName: "smtp.office365.com",
      port: 587,
      security: "starttls",
      userName: "noreply@contoso.example",
      authorizationUrl: `${TENANT}/authorize`,
      tokenUrl: `${TENANT}/token`,
      clientId: "00000000-0000-0000-0000-00000000a001",
      clientSecret: "a~secret",
    });
  });

  it("trims every text but a password", () => {
    const basic = { ...emptyDraft("basic", OPTIONS), userName: " a@b.example ", password: " p " };
    expect(newConfigOf(basic)).toMatchObject({ userName: "a@b.example", password: " p " });
  });

  it("sends only what changed, and null for an optional field that was emptied", () => {
    const base = draftOf(config);
    const change = changeOf(base, { ...base, fromName: "", port: "465", security: "tls" });
    expect(change).toEqual({ port: 465, security: "tls", fromName: null });
    expect(changeOf(base, base)).toEqual({});
  });

  it("never sends a secret that was left as it is", () => {
    const base = draftOf(config);
    expect(changeOf(base, { ...base, fromName: "New" })).toEqual({ fromName: "New" });
  });

  it("brings everything that the new type needs when the type changes", () => {
    const base = { ...draftOf({ ...config, authType: "basic" }), authorizationUrl: "" };
    const change = changeOf(base, { ...oauth, fromName: "Contoso" });
    expect(change).toEqual({
      authType: "oauth2.0",
      authorizationUrl: `${TENANT}/authorize`,
      tokenUrl: `${TENANT}/token`,
      clientId: "00000000-0000-0000-0000-00000000a001",
      clientSecret: "a~secret",
    });
  });

  it("counts spaces around a text as no change", () => {
    const base = draftOf(config);
    expect(isChanged(base, { ...base, fromName: " Contoso " })).toBe(false);
    expect(isChanged(base, { ...base, clientSecret: "x" })).toBe(true);
  });
});

describe("a draft is checked before it is sent", () => {
  it("finds nothing wrong with a complete one", () => {
    expect(validate(oauth, NOTHING_HELD)).toEqual({});
  });

  it("asks for everything that is missing at once", () => {
    const errors = validate(emptyDraft("oauth2.0", OPTIONS), NOTHING_HELD);
    expect(Object.keys(errors).sort()).toEqual(
      ["authorizationUrl", "clientId", "clientSecret", "tokenUrl", "userName"].sort(),
    );
  });

  it("does not ask for a secret that the server holds", () => {
    expect(validate({ ...oauth, clientSecret: "" }, HELD)).toEqual({});
  });

  it.each([
    ["hostName", "https://smtp.office365.com", /without https/],
    ["hostName", "smtp.office365.com:587", /port has its own field/],
    ["hostName", "smtp..office365.com", /not a valid host name/],
    ["port", "0", /1 to 65535/],
    ["port", "587.5", /1 to 65535/],
    ["userName", "noreply", /name@example.com/],
    ["replyTo", "a@b.example, c@d.example", /one address/],
    ["fromName", "Con\u2028toso", /Line breaks/],
    ["clientId", "{guid}", /letters, digits and hyphens/],
    ["authorizationUrl", `${TENANT}/token`, /This is the token endpoint/],
    ["authorizationUrl", TENANT.replace("contoso.example", "common"), /portal shows it/],
    ["authorizationUrl", `${TENANT.replace("contoso.example", "common")}/authorize`, /own tenant/],
    ["tokenUrl", "http://login.microsoftonline.com/x/oauth2/v2.0/token", /https:/],
    ["tokenUrl", `${TENANT.replace("contoso", "fabrikam")}/token`, /same tenant/],
    ["tokenUrl", `${TENANT.replace(".com", ".us")}/token`, /same sign-in host/],
    ["clientSecretExpiresOn", "1999-01-01", /between 2000 and 2100/],
  ] as const)("says what is wrong with %s = %s", (field, value, message) => {
    expect(validate({ ...oauth, [field]: value }, NOTHING_HELD)[field]).toMatch(message);
  });

  it("lets a basic sign-in have a user name that is no address, if there is a sender", () => {
    const basic = { ...emptyDraft("basic", OPTIONS), userName: "relay", password: "p" };
    expect(validate(basic, NOTHING_HELD)).toEqual({
      fromAddress: expect.stringMatching(/address that mail is sent from/) as string,
    });
    expect(validate({ ...basic, fromAddress: "a@b.example" }, NOTHING_HELD)).toEqual({});
  });

  it("hints at a Secret ID and at a date that has passed, without standing in the way", () => {
    const draft = {
      ...oauth,
      clientSecret: "7d1a2b3c-0000-4000-8000-00000000a001",
      clientSecretExpiresOn: "2026-01-31",
    };
    expect(hintFor(draft, "clientSecret", "2026-02-01")).toMatch(/looks like the Secret ID/);
    expect(hintFor(draft, "clientSecretExpiresOn", "2026-02-01")).toMatch(/has passed/);
    expect(hintFor(draft, "clientSecretExpiresOn", "2026-01-31")).toBeNull();
    expect(validate(draft, NOTHING_HELD)).toEqual({});
  });
});

describe("a pasted URL", () => {
  const empty = emptyDraft("oauth2.0", OPTIONS);
  const type = (draft: Draft, field: "authorizationUrl" | "tokenUrl", value: string) => ({
    ...draft,
    ...withUrl(draft, field, value, OPTIONS.providers),
  });

  it("fills in the one beside it, and the other way round", () => {
    const authorize = type(empty, "authorizationUrl", `${TENANT}/authorize`);
    expect(authorize.tokenUrl).toBe(`${TENANT}/token`);
    const token = type(empty, "tokenUrl", `${TENANT}/token`);
    expect(token.authorizationUrl).toBe(`${TENANT}/authorize`);
  });

  it("takes the filled-in one along when it is corrected", () => {
    const wrong = type(empty, "authorizationUrl", `${TENANT.replace("contoso", "c")}/authorize`);
    expect(type(wrong, "authorizationUrl", `${TENANT}/authorize`).tokenUrl).toBe(`${TENANT}/token`);
  });

  it("leaves alone what somebody typed", () => {
    const typed = { ...empty, tokenUrl: "https://elsewhere.example/token" };
    const after = type(typed, "authorizationUrl", `${TENANT}/authorize`);
    expect(after.tokenUrl).toBe("https://elsewhere.example/token");
  });

  it("in the wrong field fills in nothing", () => {
    expect(type(empty, "authorizationUrl", `${TENANT}/token`).tokenUrl).toBe("");
  });

  it("brings its cloud's mail server, unless the host name is somebody's own", () => {
    const url = `${TENANT.replace(".com/", ".us/")}/authorize`;
    expect(type(empty, "authorizationUrl", url).hostName).toBe("smtp.office365.us");
    const own = { ...empty, hostName: "mail.contoso.example" };
    expect(type(own, "authorizationUrl", url).hostName).toBe("mail.contoso.example");
  });
});

describe("what the server finds wrong", () => {
  it("stands at the field that its pointer names; the rest is kept", () => {
    const problem = new ApiProblem(400, "invalid_input", "Not valid.", [
      { pointer: "/hostName", message: "is private" },
      { pointer: "/password", message: "is not a field of this type" },
      { pointer: "", message: "something else" },
    ]);
    expect(placeErrors(problem, oauth)).toEqual({
      fields: { hostName: "is private" },
      rest: ["is not a field of this type", "something else"],
    });
  });
});

describe("two people edit the same config", () => {
  const base = draftOf(config);

  it("is no conflict when only a check in the background wrote to it", () => {
    const checked = { ...config, checkedAt: "2026-02-01T00:00:00.000Z" };
    expect(conflictOf(base, { ...base, fromName: "Mine" }, checked).differences).toEqual([]);
  });

  it("is no conflict when both made the same change", () => {
    const mine = { ...base, fromName: "Same" };
    expect(conflictOf(base, mine, { ...config, fromName: "Same" }).differences).toEqual([]);
  });

  it("shows both versions, keeps mine where both changed it and theirs where I did not", () => {
    const mine = { ...base, fromName: "Mine", clientSecret: "new" };
    const theirs = { ...config, fromName: "Theirs", port: 465 };
    const conflict = conflictOf(base, mine, theirs);
    expect(conflict.differences).toEqual([
      { field: "port", mine: "587", theirs: "465", contested: false },
      { field: "fromName", mine: "Mine", theirs: "Theirs", contested: true },
    ]);
    expect(resolve(conflict, new Map())).toEqual({ ...mine, port: "465" });
    expect(resolve(conflict, new Map([["fromName", "theirs"]]))).toEqual({
      ...mine,
      port: "465",
      fromName: "Theirs",
    });
  });
});
