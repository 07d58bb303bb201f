// A trading feed on Node's `ws`, as a company runs one: a token message, a ticker, orders with `request_id`, a heartbeat.
//
// It owns its protocol and nothing else: it has never heard of Sockscope. It has one mistake that many servers on `ws`
// have: no listener for `error`, so a message above 16 MiB ends the process. `--drop TYPE` never sends messages of a type. `POST /login` with a
// password gives the token.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

// An `import` looks for packages beside this file only, so a folder elsewhere needs a `require` that starts there.
const folder = process.env.SOCKSCOPE_NODE_MODULES;
const require = createRequire(folder ? `${resolve(folder)}/` : import.meta.url);
const { WebSocketServer } = require('ws');

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '8082' },
    'tls-port': { type: 'string' },
    cert: { type: 'string' },
    key: { type: 'string' },
    token: { type: 'string', default: 'tr-4f9a1c77e2' },
    'ticks-per-second': { type: 'string', default: '50' },
    heartbeat: { type: 'string', default: '5000' },
    drop: { type: 'string', multiple: true, default: [] },
  },
});

const SYMBOLS = ['AAPL', 'NVDA', 'TSLA'];
const CHANNEL = /^(ticks|trades)\.([A-Z]+|\*)$/;
const LARGEST_BURST = 500_000;
const dropped = new Set(options.drop);
const prices = new Map(SYMBOLS.map((symbol, n) => [symbol, 100 + 40 * n]));
let sessions = 0;
let seq = 0;
let orders = 0;

const send = (ws, message) => {
  if (!dropped.has(message.type) && ws.readyState === ws.OPEN) ws.send(JSON.stringify(message));
};

const read = (data) => {
  try {
    return JSON.parse(data.toString());
  } catch {
    return undefined;
  }
};

const OPERATIONS = {
  ping: (ws, request, respond) => respond({ type: 'pong' }),
  subscribe: (ws, { channel }, respond, refuse) => {
    if (!CHANNEL.test(channel ?? '')) return refuse('UNKNOWN_CHANNEL', `no channel ${channel}`);
    ws.channels.add(channel);
    respond({ type: 'response', ok: true, channel });
  },
  unsubscribe: (ws, { channel }, respond) => {
    respond({ type: 'response', ok: ws.channels.delete(channel), channel });
  },
  order: (ws, { symbol, quantity }, respond, refuse) => {
    if (!prices.has(symbol)) return refuse('UNKNOWN_SYMBOL', `no symbol ${symbol}`);
    if (!(quantity > 0)) return refuse('BAD_QUANTITY', 'quantity must be above 0');
    orders += 1;
    respond({ type: 'order_ack', order_id: `o-${orders}`, symbol, quantity, price: prices.get(symbol), status: 'accepted' });
  },
  quote: (ws, { symbol }, respond, refuse) => {
    if (!prices.has(symbol)) return refuse('UNKNOWN_SYMBOL', `no symbol ${symbol}`);
    respond({ type: 'quote', symbol, price: prices.get(symbol) });
  },
  // Never answered, as a queue that is full would do.
  audit: () => {},
  burst: (ws, { count }, respond, refuse) => {
    if (!(count > 0 && count <= LARGEST_BURST)) return refuse('BAD_COUNT', `count must be 1 to ${LARGEST_BURST}`);
    let sent = 0;
    const next = () => {
      for (let n = 0; n < 1000 && sent < count; n += 1) send(ws, { type: 'burst', n: (sent += 1) });
      if (sent < count && ws.readyState === ws.OPEN) setImmediate(next);
    };
    respond({ type: 'response', ok: true, count });
    next();
  },
  revoke: (ws) => ws.close(4001, 'session revoked by administrator'),
};

const talk = (ws) => {
  sessions += 1;
  ws.channels = new Set();
  ws.authenticated = false;
  send(ws, { type: 'welcome', session: `s-${sessions}-${Date.now().toString(36)}`, heartbeat: Number(options.heartbeat) });
  const heart = setInterval(() => send(ws, { type: 'heartbeat', ts: Date.now() }), Number(options.heartbeat));
  ws.on('close', () => clearInterval(heart));
  ws.on('message', (data, isBinary) => {
    if (isBinary) return ws.send(data, { binary: true });
    const request = read(data);
    if (request === null || typeof request !== 'object') {
      return send(ws, { type: 'error', code: 'BAD_JSON', message: 'a message is a JSON object' });
    }
    const { op, request_id } = request;
    const respond = (answer) => send(ws, { ...answer, request_id });
    const refuse = (code, message) => respond({ type: 'error', code, message });
    if (op === 'auth') {
      if (request.token !== options.token) return refuse('BAD_TOKEN', 'the token is not known');
      ws.authenticated = true;
      return respond({ type: 'response', ok: true, user: 'trader-1' });
    }
    if (!ws.authenticated) return refuse('UNAUTHENTICATED', 'send {"op":"auth","token":…} first');
    if (!Object.hasOwn(OPERATIONS, op)) return refuse('UNKNOWN_OP', `no operation ${op}`);
    return OPERATIONS[op](ws, request, respond, refuse);
  });
};

// A number above 16 MiB of payload makes `ws` emit `error`, to which nothing here listens.
const wss = new WebSocketServer({
  noServer: true,
  maxPayload: 16 * 2 ** 20 - 1,
  handleProtocols: (offered) => (offered.has('feed.v2') ? 'feed.v2' : false),
});

setInterval(() => {
  if (wss.clients.size === 0) return;
  const symbol = SYMBOLS[seq % SYMBOLS.length];
  prices.set(symbol, Math.round((prices.get(symbol) + Math.random() - 0.5) * 1e4) / 1e4);
  seq += 1;
  const tick = { type: 'tick', channel: `ticks.${symbol}`, data: { symbol, price: prices.get(symbol) }, seq, ts: Date.now() };
  for (const ws of wss.clients) {
    if (ws.channels?.has(tick.channel) || ws.channels?.has('ticks.*')) send(ws, tick);
  }
}, 1000 / Number(options['ticks-per-second']));

const refuse = (socket, status, headers, body) => {
  // Without a listener, a client that is gone already would end the process.
  socket.on('error', () => {});
  const lines = [`HTTP/1.1 ${status}`, 'Connection: close', ...headers, `Content-Length: ${Buffer.byteLength(body)}`];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
};

const json = (value) => JSON.stringify(value);
const JSON_TYPE = 'Content-Type: application/json';

// Paths that refuse a handshake, each in another way.
const REFUSALS = new Map([
  ['/v1/private', (socket) =>
    refuse(socket, '401 Unauthorized', [JSON_TYPE, 'WWW-Authenticate: Bearer realm="feed"'], json({ error: 'a token is needed' }))],
  ['/v1/busy', (socket) => refuse(socket, '503 Service Unavailable', ['Retry-After: 30'], 'too many clients\n')],
  ['/v1/moved', (socket) => refuse(socket, '302 Found', ['Location: /v1/feed'], '')],
  // Accepts the connection and never says a word.
  ['/v1/silent', (socket) => socket.on('error', () => {})],
  ['/v1/huge', (socket) => {
    const part = Buffer.alloc(2 ** 20, 'x');
    let left = 1024;
    const more = () => {
      while (left > 0 && !socket.destroyed) {
        left -= 1;
        if (!socket.write(part)) return;
      }
      socket.end();
    };
    socket.on('error', () => {}).on('drain', more);
    socket.write(`HTTP/1.1 403 Forbidden\r\nContent-Length: ${1024 * 2 ** 20}\r\n\r\n`);
    more();
  }],
  ['/v1/drip', (socket) => {
    const words = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 100000\r\n\r\n'.padEnd(100_000, '.');
    let at = 0;
    const drop = setInterval(() => socket.write(words[(at += 1) - 1] ?? '.'), 100);
    socket.on('error', () => {}).on('close', () => clearInterval(drop));
  }],
]);

const upgrade = (request, socket, head) => {
  const [path] = request.url.split('?');
  if (REFUSALS.has(path)) return REFUSALS.get(path)(socket);
  if (path !== '/v1/feed' && path !== '/v1/strict') {
    return refuse(socket, '404 Not Found', ['Content-Type: text/plain'], 'no such route');
  }
  const offered = request.headers['sec-websocket-protocol'] ?? '';
  if (path === '/v1/strict' && !offered.split(',').some((it) => it.trim() === 'feed.v2')) {
    return refuse(socket, '400 Bad Request', [JSON_TYPE], json({ error: 'the subprotocol feed.v2 is required' }));
  }
  return wss.handleUpgrade(request, socket, head, talk);
};

// A password gives the token that the first message hands over.
const login = async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const isGood = read(Buffer.concat(parts))?.password === 'open sesame';
  response.writeHead(isGood ? 200 : 401, { 'content-type': 'application/json' });
  response.end(json(isGood ? { token: options.token } : { error: 'the password is wrong' }));
};

const answer = (request, response) => {
  if (request.method === 'POST' && request.url === '/login') return login(request, response);
  const isHealth = request.url.split('?')[0] === '/health';
  response.writeHead(isHealth ? 200 : 404, { 'content-type': 'text/plain' });
  response.end(isHealth ? 'ok' : 'no such route');
};

const started = (server, port) => {
  server.on('request', answer).on('upgrade', upgrade).listen(Number(port), '127.0.0.1');
  return once(server, 'listening').then(() => server);
};

const servers = [await started(http.createServer(), options.port)];
if (options['tls-port'] !== undefined && options.cert && options.key) {
  const pair = { cert: readFileSync(options.cert), key: readFileSync(options.key) };
  servers.push(await started(https.createServer(pair), options['tls-port']));
}

const stop = () => process.exit();
process.on('SIGTERM', stop).on('SIGINT', stop);

console.log('ready:', ...servers.map((it, n) => `${['ws', 'wss'][n]}://127.0.0.1:${it.address().port}/v1/feed`));
