/** Failures that were ordered, and the record of what was asked: for tests and for the curious. */

const KEPT = 20_000;

/** Ordered failures, each for a number of times; the first that fits a request is used. */
export class Failures {
  #rules = [];

  /** Order one, or several; throws TypeError for what makes no sense. */
  add(orders) {
    for (const order of Array.isArray(orders) ? orders : [orders]) {
      if (order === null || typeof order !== 'object') throw new TypeError('an object is expected');
      const unknown = Object.keys(order).filter((name) => !MEMBERS.has(name));
      if (unknown.length > 0) throw new TypeError(`unknown member ${unknown.join(', ')}`);
      const { times = 1, ...rule } = order;
      if (!Number.isInteger(times)) throw new TypeError('times has to be a whole number');
      if (![undefined, 'before', 'after'].includes(rule.drop)) throw new TypeError('drop is before or after');
      this.#rules.push({ rule, left: times < 0 ? Infinity : times });
    }
  }

  clear() {
    this.#rules = [];
  }

  list() {
    return this.#rules.map(({ rule, left }) => ({ ...rule, times: left === Infinity ? -1 : left }));
  }

  /** The failure for a request, used up by this call; undefined where all goes well. */
  take(facts) {
    const found = this.#rules.find(({ rule }) => FILTERS.every(
      (name) => rule[name] === undefined || sameText(rule[name], facts[name]),
    ));
    if (found === undefined) return undefined;
    found.left -= 1;
    if (found.left <= 0) this.#rules.splice(this.#rules.indexOf(found), 1);
    return found.rule;
  }
}

const FILTERS = ['path', 'client_id', 'username', 'tenant', 'grant_type'];
const MEMBERS = new Set([
  ...FILTERS, 'status', 'error', 'error_codes', 'suberror', 'error_description', 'retry_after',
  'delay_ms', 'drop', 'times',
]);

function sameText(expected, actual) {
  return String(expected).toLowerCase() === String(actual ?? '').toLowerCase();
}

/** What was asked for, the oldest first; never a secret. */
export class RequestLog {
  #entries = [];

  begin(facts) {
    const entry = { at: new Date().toISOString(), ...facts, result: 'pending' };
    this.#entries.push(entry);
    if (this.#entries.length > KEPT) this.#entries.splice(0, this.#entries.length - KEPT);
    return entry;
  }

  list() {
    return this.#entries;
  }

  clear() {
    this.#entries = [];
  }
}
