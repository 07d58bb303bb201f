// Two protocols on Node's `ws`, as people build them: frames with a length header in a binary stream, and JSON-RPC 2.0.
//
// It owns its two paths and nothing else: it has never heard of Sockscope. `/ws/frames` is a key-value store whose stream is
// cut anywhere, as behind a proxy for TCP. `/ws/rpc` has calls, jobs and notifications. `--fault NAME` makes one mistake.

import { once } from 'node:events';
import http from 'node:http';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

// An `import` looks for packages beside this file only, so a folder elsewhere needs a `require` that starts there.
const folder = process.env.SOCKSCOPE_NODE_MODULES;
const require = createRequire(folder ? `${resolve(folder)}/` : import.meta.url);
const { WebSocketServer } = require('ws');

const { values: options } = parseArgs({
  options: { port: { type: 'string', default: '8084' }, fault: { type: 'string', default: '' } },
});
const has = (fault) => options.fault === fault;

// A frame: what it is (1 byte), the id of the request (4 bytes), the length of its body (2 bytes), the body.
const HEADER = 7;
const HELLO = 1, WELCOME = 2, PUT = 3, GET = 4, VALUE = 5, FAILED = 6, WATCH = 7, CHANGED = 8;

const frame = (kind, id, body) => {
  const bytes = Buffer.from(body);
  const head = Buffer.alloc(HEADER);
  head.writeUInt8(kind, 0);
  head.writeUInt32BE(id, 1);
  head.writeUInt16BE(has('length') ? bytes.length + 1 : bytes.length, 5);
  return Buffer.concat([head, bytes]);
};

const values = new Map();
const watchers = new Set();
let changes = 0;

// A stream knows no messages: what is written goes out in pieces of 1 to 5 bytes.
const stream = (ws) => {
  let piece = 0;
  return (bytes) => {
    for (let at = 0; at < bytes.length;) {
      const size = 1 + (piece++ % 5);
      ws.send(bytes.subarray(at, at + size), () => {});
      at += size;
    }
  };
};

const serveFrames = (ws) => {
  const write = stream(ws);
  let kept = Buffer.alloc(0);
  let user;
  const take = (kind, id, body) => {
    if (kind === HELLO) {
      user = body.toString();
      return write(frame(WELCOME, id, `session-${user}`));
    }
    if (user === undefined) return write(frame(FAILED, id, 'say hello first'));
    if (kind === PUT) {
      const length = body.readUInt8(0);
      const key = body.subarray(1, 1 + length).toString();
      values.set(key, body.subarray(1 + length));
      const seq = Buffer.alloc(4);
      seq.writeUInt32BE(has('seq') ? 1 : ++changes);
      for (const tell of watchers) tell(frame(CHANGED, 0, Buffer.concat([seq, Buffer.from(key)])));
      return write(frame(VALUE, has('id') ? id + 1 : id, values.get(key)));
    }
    if (kind === GET) {
      const value = values.get(body.toString());
      if (value === undefined) return write(frame(FAILED, id, 'no such key'));
      return write(frame(VALUE, id, has('garble') ? Buffer.from(value).reverse() : value));
    }
    if (kind === WATCH) {
      watchers.add(write);
      return write(frame(VALUE, id, ''));
    }
    return write(frame(FAILED, id, 'unknown kind'));
  };
  ws.on('message', (data) => {
    kept = Buffer.concat([kept, data]);
    while (kept.length >= HEADER && kept.length >= HEADER + kept.readUInt16BE(5)) {
      const end = HEADER + kept.readUInt16BE(5);
      take(kept.readUInt8(0), kept.readUInt32BE(1), kept.subarray(HEADER, end));
      kept = kept.subarray(end);
    }
  });
  ws.on('close', () => watchers.delete(write));
};

const jobs = new Map();

class Refusal extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const methods = {
  add: ([a, b]) => (has('sum') ? a - b : a + b),
  slow: async ({ ms }) => {
    await new Promise((done) => setTimeout(done, ms));
    return 'late';
  },
  'job.start': () => {
    const job = `job-${jobs.size + 1}`;
    jobs.set(job, 0);
    return { job };
  },
  'job.status': ({ job }) => {
    if (!jobs.has(job)) throw new Refusal(-32000, 'no such job');
    const asked = jobs.get(job) + 1;
    jobs.set(job, asked);
    return { job, state: asked < 4 || has('endless') ? 'running' : 'done' };
  },
  log: () => null,
};

const call = async (request) => {
  const { id, method, params } = request;
  const isNotification = id === undefined;
  try {
    if (!Object.hasOwn(methods, method)) throw new Refusal(-32601, 'Method not found');
    const result = await methods[method](params);
    if (isNotification && !has('answers')) return undefined;
    return { jsonrpc: '2.0', id: has('swap') ? 0 : id, result };
  } catch (error) {
    if (isNotification) return undefined;
    return { jsonrpc: '2.0', id, error: { code: error.code ?? -32603, message: error.message } };
  }
};

const serveCalls = (ws) => {
  ws.on('message', async (data) => {
    let asked;
    try {
      asked = JSON.parse(data.toString());
    } catch {
      const error = { code: -32700, message: 'Parse error' };
      return ws.send(JSON.stringify({ jsonrpc: '2.0', id: null, error }), () => {});
    }
    const answers = (await Promise.all([asked].flat().map(call))).filter((answer) => answer !== undefined);
    if (answers.length > 0) ws.send(JSON.stringify(Array.isArray(asked) ? answers : answers[0]), () => {});
  });
};

const server = http.createServer((_, response) => response.writeHead(404).end());
const sockets = new WebSocketServer({ noServer: true });
server.on('upgrade', (request, socket, head) => {
  const serve = { '/ws/frames': serveFrames, '/ws/rpc': serveCalls }[request.url];
  if (serve === undefined) return socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
  sockets.handleUpgrade(request, socket, head, serve);
});
server.listen(Number(options.port), '127.0.0.1');
await once(server, 'listening');
console.log(`ready: ws://127.0.0.1:${server.address().port}/ws`);
