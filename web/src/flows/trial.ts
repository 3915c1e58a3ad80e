/** A test message: whom it goes to, and what came of it in words. */

import type { TestMessageOutcome } from "../api/types";
import { isAddress } from "../form/validate";

/** What Entra ID puts into the user name of a guest, which is no address that mail goes to. */
const GUEST = /#EXT#/i;
const LONGEST = 254;

/** The address of who is signed in, if the name is one. */
export function addressOfPerson(name: string): string {
  return isAddress(name) && !GUEST.test(name) ? name : "";
}

/** What is wrong with the recipient, or null. The service has the last word. */
export function problemOfRecipient(typed: string): string | null {
  const address = typed.trim();
  if (!address) return "Enter the address that the test message goes to.";
  if (address.length > LONGEST) return `At most ${LONGEST} characters.`;
  return isAddress(address) ? null : "Enter one address as name@example.com.";
}

/** The outcome as a sentence. */
export function sentenceOfTrial(trial: TestMessageOutcome, to: string): string {
  return trial.outcome === "sent"
    ? `The mail server took the message for ${to}. It should arrive within minutes.`
    : `The message for ${to} was not sent.`;
}
