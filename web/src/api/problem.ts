/** What can go wrong between the page and the API, each with a sentence for the reader. */

export interface FieldProblem {
  /** A JSON pointer into the request's body: `/hostName`. */
  pointer: string;
  message: string;
}

/** The API turned the request down and said why (RFC 9457). */
export class ApiProblem extends Error {
  override readonly name: string = "ApiProblem";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors: readonly FieldProblem[] = [],
  ) {
    super(message);
  }
}

/** Nobody is signed in, or not any more. */
export class SignedOut extends ApiProblem {
  override readonly name = "SignedOut";

  constructor() {
    super(401, "unauthenticated", "Your session has ended. Sign in again to go on.");
  }
}

/** The request did not reach the service, or its answer did not reach the page. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";

  constructor() {
    super("The service could not be reached. Check your connection and try again.");
  }
}

interface ProblemBody {
  code?: unknown;
  title?: unknown;
  detail?: unknown;
  errors?: unknown;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function isFieldProblem(value: unknown): value is FieldProblem {
  const candidate = value as Partial<FieldProblem> | null;
  return typeof candidate?.pointer === "string" && typeof candidate.message === "string";
}

/** The service goes on after a field's name: “must be …”. Below the field it is a sentence. */
function asSentence({ pointer, message }: FieldProblem): FieldProblem {
  const sentence = message.charAt(0).toUpperCase() + message.slice(1);
  return { pointer, message: /[.!?]$/.test(sentence) ? sentence : `${sentence}.` };
}

/** Reads an unsuccessful answer; one that is no problem document keeps at least its status. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  if (response.status === 401) return new SignedOut();
  let body: ProblemBody = {};
  try {
    body = (await response.json()) as ProblemBody;
  } catch {
    // A gateway in front of the service answers in its own words; they help nobody here.
  }
  const message =
    text(body.detail) || text(body.title) || `The service answered with ${response.status}.`;
  const errors = Array.isArray(body.errors) ? body.errors.filter(isFieldProblem).map(asSentence) : [];
  return new ApiProblem(response.status, text(body.code) || "unknown", message, errors);
}

/** A sentence for any failure that a call can end in. */
export function sentenceFor(failure: unknown): string {
  return failure instanceof Error ? failure.message : "Something went wrong. Try again.";
}
