#!/usr/bin/env node
/**
 * The identity provider of the local stack, as a process:
 *   node infra/local/identity/server.mjs --port 8443 --data .local/identity --cert F --key F
 * Prints `ready identity <url>` when it accepts connections; ends on SIGTERM, SIGINT, or when its
 * standard input does (its parent is gone), unless --foreground is given.
 */
import './console.mjs';

import fs from 'node:fs';
import https from 'node:https';
import { parseArgs } from 'node:util';

import { IdentityServer } from './front.mjs';
import { loadKeys } from './keys.mjs';
import { Store } from './store.mjs';

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '8443' },
    data: { type: 'string', default: '.local/identity' },
    cert: { type: 'string', default: '.local/tls/localhost.pem' },
    key: { type: 'string', default: '.local/tls/localhost-key.pem' },
    foreground: { type: 'boolean', default: false },
  },
});

const keys = loadKeys(options.data);
const store = new Store(options.data);
const server = https.createServer({
  cert: fs.readFileSync(options.cert),
  key: fs.readFileSync(options.key),
  keepAliveTimeout: 75_000, // longer than the pools of its clients keep a connection
});

server.on('error', (error) => {
  console.error(`identity: cannot listen on port ${options.port}: ${error.message}`);
  process.exit(1);
});

server.listen(Number(options.port), '127.0.0.1', () => {
  // With --port 0 the system chooses.
  const origin = `https://localhost:${server.address().port}`;
  const identity = new IdentityServer({ keys, store, origin });
  server.on('request', (request, response) => { identity.handle(request, response); });
  console.log(`ready identity ${origin}`);
});

function stop() {
  server.close(() => {
    store.close();
    process.exit(0);
  });
  server.closeAllConnections();
}

process.once('SIGTERM', stop);
process.once('SIGINT', stop);
if (!options.foreground && !process.stdin.isTTY) {
  process.stdin.on('end', stop).on('error', stop).resume();
}
