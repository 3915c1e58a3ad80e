import { describe, expect, it } from "vitest";
import { problemOf } from "../src/api/problem";
import { sessionOf } from "../src/api/session";
import { harmless, withoutStyles } from "../src/signature/html";
import { addressOf } from "../src/signature/links";
import { countWords } from "../src/signature/words";
import { calendarDate, daysUntil, relative } from "../src/ui/time";

describe("words", () => {
  it.each([
    ["", 0],
    ["  \n ", 0],
    ["Kind regards,\nContoso — Support", 4],
    ["https://contoso.example/help", 1],
    ["+49 30 123", 3],
    ["東京都", 2],
  ])("are counted in %j", (text, words) => {
    expect(countWords(text)).toBe(words);
  });
});

describe("the address of a link", () => {
  it.each([
    ["https://contoso.example/a", "https://contoso.example/a"],
    ["contoso.example", "https://contoso.example"],
    ["help@contoso.example", "mailto:help@contoso.example"],
    ["tel:+4930123", "tel:+4930123"],
    ["javascript:alert(1)", null],
    ["data:text/html,x", null],
    ["two words.example", null],
    ["", null],
  ])("%j is taken as %j", (typed, address) => {
    expect(addressOf(typed)).toBe(address);
  });
});

describe("styles of a signature", () => {
  it("wait under another name, and only where they are attributes", () => {
    expect(withoutStyles('<p style="color:red">a style="b"</p>')).toBe(
      '<p data-kept-style="color:red">a style="b"</p>',
    );
    expect(withoutStyles("<TD align=left STYLE = 'x'>")).toBe(
      "<TD align=left data-kept-style = 'x'>",
    );
  });
});

describe("what is pasted", () => {
  it.each([
    ["<style>p{margin:0}</style><p>a</p>", "<p>a</p>"],
    ["<!--[if gte mso 9]><xml><w/></xml><![endif]--><p>a</p>", "<p>a</p>"],
    ["<!--StartFragment--><p>a</p><!--EndFragment-->", "<!--StartFragment--><p>a</p><!--EndFragment-->"],
    ['<SCRIPT src="x">b</SCRIPT ><p>a</p>', "<p>a</p>"],
    ['<p onclick="a(1)" onfocus=b class=c>on = 1</p>', "<p   class=c>on = 1</p>"],
    ["<p style='color:red'>a</p>", "<p data-kept-style='color:red'>a</p>"],
  ])("%j becomes %j", (html, left) => {
    expect(harmless(html)).toBe(left);
  });
});

describe("times", () => {
  const now = Date.parse("2026-11-23T12:00:00Z");
  it.each([
    ["2026-11-23T12:00:00Z", "now"],
    ["2026-11-23T11:57:00Z", "3 minutes ago"],
    ["2026-11-24T11:00:00Z", "in 23 hours"],
    ["2026-11-25T12:00:00Z", "in 2 days"],
    ["2024-11-23T12:00:00Z", "2 years ago"],
  ])("%s is %s", (at, said) => {
    expect(relative(at, now)).toBe(said);
  });

  it("of a calendar have no time zone", () => {
    expect(calendarDate("2027-01-31")).toBe("Jan 31, 2027");
    expect(daysUntil("2026-12-05", "2026-11-23")).toBe(12);
    expect(daysUntil("2026-11-22", "2026-11-23")).toBe(-1);
  });
});

describe("who is signed in", () => {
  const claims = (...pairs: [string, string][]) => [
    { user_id: "id", user_claims: pairs.map(([typ, val]) => ({ typ, val })) },
  ];

  it("may read what it may manage", () => {
    expect(sessionOf(claims(["roles", "OutgoingMail.Manage"], ["name", "Ada"]))).toEqual({
      name: "Ada",
      mayRead: true,
      mayManage: true,
    });
  });

  it("has roles under App Service's long name too", () => {
    const role = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role";
    expect(sessionOf(claims([role, "OutgoingMail.Read"]))).toMatchObject({
      name: "id",
      mayRead: true,
      mayManage: false,
    });
  });

  it("is nobody without an identity", () => {
    expect(sessionOf([])).toBeNull();
  });
});

describe("a problem", () => {
  it("keeps what the service says, field by field", async () => {
    const body = { code: "invalid", detail: "No.", errors: [{ pointer: "/a", message: "must be b" }, 1] };
    const problem = await problemOf(new Response(JSON.stringify(body), { status: 400 }));
    expect(problem).toMatchObject({
      status: 400,
      code: "invalid",
      message: "No.",
      errors: [{ pointer: "/a", message: "Must be b." }],
    });
  });

  it("of a gateway in between is told by its status", async () => {
    const problem = await problemOf(new Response("<html>", { status: 502 }));
    expect(problem.message).toMatch(/502/);
  });

  it("without a session is one of its own", async () => {
    expect((await problemOf(new Response("", { status: 401 }))).name).toBe("SignedOut");
  });
});
