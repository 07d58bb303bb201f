// An echo on Node's `ws` that agrees to compression. The text `bytes` is answered with what the network has brought so far.

import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

// An `import` looks for packages beside this file only, so a folder elsewhere needs a `require` that starts there.
const folder = process.env.SOCKSCOPE_NODE_MODULES;
const require = createRequire(folder ? `${resolve(folder)}/` : import.meta.url);
const { WebSocketServer } = require('ws');

const { values: options } = parseArgs({
  options: { port: { type: 'string', default: '8081' }, deflate: { type: 'string', default: '{}' } },
});

const perMessageDeflate = { threshold: 0, ...JSON.parse(options.deflate) };
const wss = new WebSocketServer({ host: '127.0.0.1', port: Number(options.port), perMessageDeflate });

wss.on('connection', (ws, request) => {
  ws.on('error', console.error);
  ws.on('message', (data, isBinary) => {
    const asked = !isBinary && data.toString() === 'bytes';
    ws.send(asked ? JSON.stringify({ bytes: request.socket.bytesRead }) : data, { binary: isBinary });
  });
});

wss.on('listening', () => console.log(`ready: ws://127.0.0.1:${wss.address().port}/`));
