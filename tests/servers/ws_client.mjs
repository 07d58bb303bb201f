// A program on Node's `ws` that talks to a server, as a program that is to be looked at.
//
// For each line on its standard input it sends a message: `text …` as text, `bytes …` (hexadecimal digits) as binary. It says on
// its standard output what comes back, in the same form, and closes when its input ends.

import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

const folder = process.env.SOCKSCOPE_NODE_MODULES;
const require = createRequire(folder ? `${resolve(folder)}/` : import.meta.url);
const { WebSocket } = require('ws');

const socket = new WebSocket(process.argv[2]);
socket.on('error', (error) => {
  console.error(String(error));
  process.exit(1);
});
socket.on('message', (data, isBinary) => {
  console.log(isBinary ? `bytes ${data.toString('hex')}` : `text ${data.toString()}`);
});
socket.on('close', () => process.exit(0));
socket.on('open', () => {
  console.log('open');
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const [kind, ...rest] = line.split(' ');
    const said = rest.join(' ');
    socket.send(kind === 'bytes' ? Buffer.from(said, 'hex') : said);
  });
  lines.on('close', () => socket.close(1000, 'done'));
});
