// An echo on Node's `ws`, as its README has it: the library decides all but the address.

import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

// An `import` looks for packages beside this file only, so a folder elsewhere needs a `require` that starts there.
const folder = process.env.SOCKSCOPE_NODE_MODULES;
const require = createRequire(folder ? `${resolve(folder)}/` : import.meta.url);
const { WebSocketServer } = require('ws');

const { values: options } = parseArgs({ options: { port: { type: 'string', default: '8081' } } });

const wss = new WebSocketServer({ host: '127.0.0.1', port: Number(options.port) });

wss.on('connection', (ws) => {
  ws.on('error', console.error);
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
});

wss.on('listening', () => console.log(`ready: ws://127.0.0.1:${wss.address().port}/`));
