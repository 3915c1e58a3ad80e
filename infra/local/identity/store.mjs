/**
 * What the identity provider remembers: a map in memory, and a log on disk that it is read from
 * at the next start. Each change appends one line; the log is written anew when most of it is old.
 *
 * Tokens, codes and cookies are kept by their hash alone: the data directory lets nobody in.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const COMPACT_AFTER = 20_000; // lines
const CHUNK = 1_000_000; // characters

export class Store {
  #entries = new Map();
  #grants = new Map();
  #sessions = new Map();
  #lines = 0;
  #file;
  #descriptor;

  constructor(directory) {
    fs.mkdirSync(directory, { recursive: true });
    this.#file = path.join(directory, 'state.ndjson');
    this.#load();
    this.#compact();
  }

  get(key) {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expires !== null && entry.expires <= now()) {
      this.delete(key);
      return undefined;
    }
    return entry.value;
  }

  /** Keep a value for `seconds` (for ever without). */
  set(key, value, seconds) {
    const entry = { key, value, expires: seconds ? now() + seconds : null };
    this.#apply(entry);
    this.#append(entry);
  }

  /** Change members of a value; its expiry stays. */
  patch(key, changes) {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    Object.assign(entry.value, changes);
    this.#append({ key, patch: changes });
  }

  delete(key) {
    if (!this.#entries.has(key)) return;
    this.#apply({ key });
    this.#append({ key });
  }

  keysOfGrant(grantId) {
    return [...(this.#grants.get(grantId) ?? [])];
  }

  keyOfSession(uid) {
    return this.#sessions.get(uid);
  }

  * entries(prefix) {
    for (const [key, { value }] of this.#entries) {
      if (key.startsWith(prefix)) yield [key, value];
    }
  }

  close() {
    if (this.#descriptor === undefined) return;
    fs.closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #apply({ key, value, patch, expires }) {
    if (patch !== undefined) {
      Object.assign(this.#entries.get(key)?.value ?? {}, patch);
      return;
    }
    this.#unindex(key);
    if (value === undefined) {
      this.#entries.delete(key);
      return;
    }
    this.#entries.set(key, { value, expires });
    if (value.uid !== undefined) this.#sessions.set(value.uid, key);
    if (value.grantId !== undefined) {
      if (!this.#grants.has(value.grantId)) this.#grants.set(value.grantId, new Set());
      this.#grants.get(value.grantId).add(key);
    }
  }

  #unindex(key) {
    const previous = this.#entries.get(key)?.value;
    if (previous?.uid !== undefined && this.#sessions.get(previous.uid) === key) {
      this.#sessions.delete(previous.uid);
    }
    const members = this.#grants.get(previous?.grantId);
    members?.delete(key);
    if (members?.size === 0) this.#grants.delete(previous.grantId);
  }

  #append(line) {
    if (this.#descriptor === undefined) return;
    // Written before the answer leaves: a token that somebody holds is never forgotten.
    fs.writeSync(this.#descriptor, `${JSON.stringify(line)}\n`);
    this.#lines += 1;
    if (this.#lines > COMPACT_AFTER + 2 * this.#entries.size) this.#compact();
  }

  #load() {
    if (!fs.existsSync(this.#file)) return;
    for (const line of fs.readFileSync(this.#file, 'utf8').split('\n')) {
      if (line === '') continue;
      try {
        this.#apply(JSON.parse(line));
      } catch (error) {
        // The last line may be cut where the machine went down.
        console.error(`identity: a damaged line of ${this.#file} is left out: ${error.message}`);
      }
    }
  }

  #compact() {
    this.close();
    const temporary = `${this.#file}.tmp`;
    const file = fs.openSync(temporary, 'w', 0o600);
    this.#lines = 0;
    let chunk = '';
    for (const [key, { value, expires }] of this.#entries) {
      if (expires !== null && expires <= now()) {
        this.#apply({ key });
        continue;
      }
      chunk += `${JSON.stringify({ key, value, expires })}\n`;
      this.#lines += 1;
      if (chunk.length > CHUNK) {
        fs.writeFileSync(file, chunk);
        chunk = '';
      }
    }
    fs.writeFileSync(file, chunk);
    fs.closeSync(file);
    fs.renameSync(temporary, this.#file);
    this.#descriptor = fs.openSync(this.#file, 'a', 0o600);
  }
}

/** The place of an artifact: its model, and the hash of what its holder presents. */
export function artifactKey(model, id) {
  return `${model}:${createHash('sha256').update(id).digest('base64url')}`;
}

/**
 * oidc-provider's adapter (one per tenant and model) over the store.
 * An artifact that was revoked stays as a tombstone, so that its holder can be told why.
 */
export function adapterFactory(store, tenant) {
  return (model) => new StoreAdapter(store, tenant, model);
}

class StoreAdapter {
  constructor(store, tenant, model) {
    this.store = store;
    this.tenant = tenant;
    this.model = model;
  }

  async upsert(id, payload, expiresIn) {
    const { jti, ...rest } = payload;
    this.store.set(this.#key(id), { ...rest, tenant: this.tenant }, expiresIn);
  }

  async find(id) {
    return this.#restore(this.#key(id), id);
  }

  /** A session, to be looked at: its cookie is not known here. */
  async findByUid(uid) {
    const key = this.store.keyOfSession(uid);
    return key === undefined ? undefined : this.#restore(key);
  }

  /** Nobody asks: the device flow is off. */
  async findByUserCode() {
    return undefined;
  }

  async consume(id) {
    this.store.patch(this.#key(id), { consumed: now() });
  }

  async destroy(id) {
    if (id !== undefined) this.store.delete(this.#key(id));
  }

  async revokeByGrantId(grantId) {
    revokeGrant(this.store, grantId, 70000, this.model);
  }

  #restore(key, id) {
    const value = this.store.get(key);
    if (value === undefined || value.tenant !== this.tenant || value.revoked) return undefined;
    const { tenant, ...payload } = value;
    return { ...payload, ...(id === undefined ? {} : { jti: id }) };
  }

  #key(id) {
    return artifactKey(this.model, id);
  }
}

/** Mark what came from a grant as revoked, for the reason that the AADSTS number tells. */
export function revokeGrant(store, grantId, code, model = '') {
  for (const key of store.keysOfGrant(grantId)) {
    if (key.startsWith(model)) store.patch(key, { revoked: code });
  }
}

function now() {
  return Math.floor(Date.now() / 1000);
}
