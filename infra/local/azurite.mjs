// Azurite under the contract of the local stack's components: one `ready` line on stdout once all
// three services accept connections, and an end when the pipe on stdin is closed.
//
//   node infra/local/azurite.mjs --data DIR --blob-port N --queue-port N --table-port N [--foreground]

import { connect } from 'node:net';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    'blob-port': { type: 'string', default: '10000' },
    'queue-port': { type: 'string', default: '10001' },
    'table-port': { type: 'string', default: '10002' },
    foreground: { type: 'boolean', default: false },
  },
});
if (!values.data) {
  console.error('--data is missing');
  process.exit(2);
}
const ports = [values['blob-port'], values['queue-port'], values['table-port']];

// Azurite reports on stdout, which belongs to the `ready` line here.
console.log = console.error;
process.argv = [
  process.argv[0],
  'azurite',
  '--location', values.data,
  '--blobHost', '127.0.0.1', '--blobPort', ports[0],
  '--queueHost', '127.0.0.1', '--queuePort', ports[1],
  '--tableHost', '127.0.0.1', '--tablePort', ports[2],
  '--silent',
  '--skipApiVersionCheck',
  '--disableTelemetry',
];

if (!values.foreground) {
  // Azurite writes its tables to disk when it is asked to end, so an orphan is asked, not cut off.
  process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM')).resume();
}

await import('azurite/dist/src/azurite.js');

const accepts = (port) =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port) });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
for (const port of ports) {
  while (!(await accepts(port))) await pause();
}
// Azurite takes orders once it listens everywhere.
while (!process.listenerCount('message')) await pause();

// Its own handlers take one signal of each kind. A second one, as the terminal's Ctrl-C beside the
// stack's request, would end the process before its tables are saved.
let asked = false;
const end = () => {
  if (!asked) process.emit('message', 'shutdown');
  asked = true;
};
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.removeAllListeners(signal);
  process.on(signal, end);
}
process.stdout.write(`ready storage http://127.0.0.1:${ports[2]}\n`);
// What is left to do at the end is Azurite's; an open stdin must not keep the process alive.
process.stdin.unref?.();
