// A chat backend on Node's `ws`, as its users write one, for our suites to be pointed at.
//
// It owns its routes and nothing else: it has never heard of Sockscope, and no answer depends on who asks. HTTP is
// node:http's, on the same port. `--json plain` reads numbers as JSON.parse does, which rounds large ones.

import { timingSafeEqual } from 'node:crypto';
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
    port: { type: 'string', default: process.env.WEBSOCKET_PORT ?? '8081' },
    'tls-port': { type: 'string', default: process.env.WEBSOCKET_SSL_PORT },
    cert: { type: 'string' },
    key: { type: 'string' },
    json: { type: 'string', default: 'lossless' },
  },
});

// JSON.parse makes 9007199254740992 of 9007199254740993; this package keeps the digits.
const { parse, stringify } = options.json === 'plain' ? JSON : require('lossless-json');

const TOKEN = process.env.TOKEN ?? 'let-me-in';
const CONNECTIONS_OF_A_USER = 2;
const ANSWERS = new Map([['config', 'config_ack'], ['message', 'response'], ['ping', 'pong']]);
const LARGEST_BODY = 2 ** 20;
const LOOPBACK = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

const rooms = new Map();
const listeners = new Map();
const connections = new Map();
let events = 0;

const tell = (members, message) => {
  const text = stringify(message);
  for (const ws of members) ws.send(text, () => {});
};

// Undefined for what is not JSON.
const read = (data) => {
  try {
    return parse(data.toString()) ?? undefined;
  } catch {
    return undefined;
  }
};

// The same object under the answering type; everything else comes back as it is.
const answer = (data) => {
  const request = read(data);
  const type = ANSWERS.get(request?.type);
  return type ? stringify({ ...request, type }) : data.toString();
};

const talk = (ws) => ws.on('message', (data, isBinary) => ws.send(isBinary ? data : answer(data)));

const echo = (ws) => ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));

const limited = (ws, query) => {
  const user = query.get('user') ?? '';
  const count = connections.get(user) ?? 0;
  if (count >= CONNECTIONS_OF_A_USER) return ws.close(1008, 'too many connections of this user');
  connections.set(user, count + 1);
  ws.on('close', () => {
    const left = connections.get(user) - 1;
    if (left > 0) connections.set(user, left);
    else connections.delete(user);
  });
  talk(ws);
};

const chat = (ws, query) => {
  const user = query.get('user') ?? 'guest';
  const leave = (room, reason) => {
    const members = rooms.get(room);
    tell(members, { type: 'left', room, user, members: members.size - 1, reason });
    members.delete(ws);
    if (members.size === 0) rooms.delete(room);
  };
  ws.on('message', (data) => {
    const { type, room, text } = read(data) ?? {};
    if (typeof room !== 'string' || !['join', 'say', 'leave'].includes(type)) {
      return tell([ws], { type: 'error', code: 'bad_message' });
    }
    if (type === 'join') {
      const members = rooms.get(room) ?? new Set();
      rooms.set(room, members.add(ws));
      return tell(members, { type: 'joined', room, user, members: members.size });
    }
    if (!rooms.get(room)?.has(ws)) return tell([ws], { type: 'error', code: 'not_joined', room });
    if (type === 'leave') return leave(room, 'left');
    if (text === undefined) return tell([ws], { type: 'error', code: 'bad_message' });
    tell(rooms.get(room), { type: 'said', room, from: user, text });
  });
  ws.on('close', () => {
    for (const [room, members] of rooms) if (members.has(ws)) leave(room, 'disconnected');
  });
};

const listen = (ws, query) => {
  listeners.set(ws, query.get('user') ?? '');
  ws.on('message', () => tell([ws], { type: 'error', code: 'receive_only' }));
  ws.on('close', () => listeners.delete(ws));
};

const ROUTES = new Map([
  ['/ws', talk],
  ['/ws/echo', echo],
  ['/ws/private', limited],
  ['/ws/rooms', chat],
  ['/ws/events', listen],
]);

const publish = (event) => {
  const { type, user = null, data = null } = event;
  const id = `evt-${(events += 1)}`;
  const meant = [...listeners.keys()].filter((ws) => user === null || listeners.get(ws) === user);
  tell(meant, { type, id, user, data });
  return { id, delivered: meant.length };
};

const serveHttp = async (request, response) => {
  const reply = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body && stringify(body));
  };
  if (LOOPBACK.test(request.headers.origin ?? '')) {
    response.setHeader('access-control-allow-origin', request.headers.origin);
    response.setHeader('access-control-allow-headers', 'content-type');
    response.setHeader('vary', 'origin');
  }
  switch (`${request.method} ${request.url.split('?')[0]}`) {
    case 'GET /api/health':
      return reply(200, { status: 'ok' });
    case 'OPTIONS /api/events':
      return reply(204);
    case 'POST /api/events': {
      const parts = [];
      let size = 0;
      for await (const part of request) {
        size += part.length;
        if (size > LARGEST_BODY) return reply(413, { error: 'an event has at most 1 MiB' });
        parts.push(part);
      }
      const event = read(Buffer.concat(parts));
      if (typeof event?.type !== 'string' || event.type === '') return reply(400, { error: 'an event has a type' });
      return reply(202, publish(event));
    }
    default:
      return reply(404, { error: 'no such route' });
  }
};

const SPOKEN = new Set(['echo.v1', 'echo.v2']);
const wss = new WebSocketServer({
  noServer: true,
  maxPayload: 16 * 2 ** 20,
  // What is offered in vain has been refused before.
  handleProtocols: (offered) => [...offered].find((it) => SPOKEN.has(it)) ?? false,
});

const isGood = (token) => {
  const [given, wanted] = [Buffer.from(token ?? ''), Buffer.from(TOKEN)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
};

// Why a handshake is refused, if it is.
const refusal = (path, query, offered) => {
  if (!ROUTES.has(path)) return '404 Not Found';
  if (path === '/ws/private' && !isGood(query.get('token'))) return '401 Unauthorized';
  const isUnderstood = offered.length === 0 || (path === '/ws/echo' && offered.some((it) => SPOKEN.has(it)));
  return isUnderstood ? undefined : '400 Bad Request';
};

const upgrade = (request, socket, head) => {
  const [path, search] = request.url.split('?');
  const query = new URLSearchParams(search);
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((it) => it.trim()).filter(Boolean);
  const status = refusal(path, query, offered);
  // Without a listener, a client that is gone already would end the process.
  if (status) return socket.on('error', () => {}).end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  wss.handleUpgrade(request, socket, head, (ws) => {
    // `ws` closes by itself after a mistake of the client; without a listener it would end the process.
    ws.on('error', () => {});
    ROUTES.get(path)(ws, query);
  });
};

const started = (server, port) => {
  // Who hangs up in the middle of a request gets no answer.
  server.on('request', (request, response) => serveHttp(request, response).catch(() => response.destroy()));
  server.on('upgrade', upgrade).listen(Number(port), '127.0.0.1');
  return once(server, 'listening').then(() => server);
};

const servers = [await started(http.createServer(), options.port)];
if (options['tls-port'] !== undefined && options.cert && options.key) {
  const pair = { cert: readFileSync(options.cert), key: readFileSync(options.key) };
  servers.push(await started(https.createServer(pair), options['tls-port']));
}

const stop = () => {
  for (const ws of wss.clients) ws.close(1001, 'server going away');
  for (const server of servers) server.close();
  // Who has not answered the goodbye by then is not waited for.
  setTimeout(() => process.exit(), 1000).unref();
  for (const server of servers) server.closeIdleConnections();
};
process.on('SIGTERM', stop).on('SIGINT', stop);

console.log('ready:', ...servers.map((it, n) => `${['ws', 'wss'][n]}://127.0.0.1:${it.address().port}/ws`));
