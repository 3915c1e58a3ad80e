import { describe, expect, it } from "vitest";
import { addressOfPerson, problemOfRecipient, sentenceOfTrial } from "../src/flows/trial";

describe("a test message", () => {
  it.each([
    ["admin@contoso.example", "admin@contoso.example"],
    ["Ada Admin", ""],
    ["", ""],
    ["ada_fabrikam.example#EXT#@contoso.onmicrosoft.com", ""],
  ])("is offered to who is signed in as %j at %j", (name, address) => {
    expect(addressOfPerson(name)).toBe(address);
  });

  it.each([
    ["ada@contoso.example", null],
    ["  ada@contoso.example ", null],
    ["", "Enter the address that the test message goes to."],
    ["ada", "Enter one address as name@example.com."],
    ["a@contoso.example, b@contoso.example", "Enter one address as name@example.com."],
    [`${"a".repeat(250)}@contoso.example`, "At most 254 characters."],
  ])("to %j: %j", (typed, problem) => {
    expect(problemOfRecipient(typed)).toBe(problem);
  });

  it("says that taking it is not yet its arrival", () => {
    expect(sentenceOfTrial({ outcome: "sent" }, "a@b.example")).toBe(
      "The mail server took the message for a@b.example. It should arrive within minutes.",
    );
    expect(sentenceOfTrial({ outcome: "failed" }, "a@b.example")).toBe(
      "The message for a@b.example was not sent.",
    );
  });
});
