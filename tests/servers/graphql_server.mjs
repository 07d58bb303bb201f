// A GraphQL server over WebSocket on npm's `graphql-ws`, as its guide writes one: a mutation, and a subscription that it feeds.
//
// It owns its schema and nothing else: it has never heard of Sockscope. `--drop next` never sends messages of a type.

import { once } from 'node:events';
import http from 'node:http';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

// An `import` looks for packages beside this file only, so a folder elsewhere needs a `require` that starts there.
const folder = process.env.SOCKSCOPE_NODE_MODULES;
const require = createRequire(folder ? `${resolve(folder)}/` : import.meta.url);
const { buildSchema } = require('graphql');
const { useServer } = require('graphql-ws/use/ws');
const { WebSocketServer } = require('ws');

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '8083' },
    drop: { type: 'string', multiple: true, default: [] },
  },
});

const schema = buildSchema(`
  type Message { id: ID!, text: String!, at: String! }
  type Query { count: Int! }
  type Mutation { say(text: String!): Message! }
  type Subscription { said: Message! }
`);

const messages = [];
const listeners = new Set();

async function* said() {
  const waiting = [];
  let wake = () => {};
  const listener = (message) => {
    waiting.push(message);
    wake();
  };
  listeners.add(listener);
  try {
    for (;;) {
      while (waiting.length > 0) yield { said: waiting.shift() };
      await new Promise((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    listeners.delete(listener);
  }
}

const roots = {
  query: { count: () => messages.length },
  mutation: {
    say: ({ text }) => {
      const message = { id: String(messages.length + 1), text, at: new Date().toISOString() };
      messages.push(message);
      for (const listener of listeners) listener(message);
      return message;
    },
  },
  subscription: { said },
};

const dropped = new Set(options.drop);
const server = http.createServer((request, response) => response.writeHead(404).end('no such route'));
const wss = new WebSocketServer({ server, path: '/graphql' });
wss.on('connection', (ws) => {
  ws.on('error', () => {});
  const send = ws.send.bind(ws);
  ws.send = (data, ...rest) => {
    const isDropped = dropped.size > 0 && dropped.has(JSON.parse(data.toString()).type);
    if (!isDropped) return send(data, ...rest);
    // Who waits for the send learns that it is done.
    rest.at(-1)?.();
    return undefined;
  };
});
useServer({ schema, roots }, wss);

server.listen(Number(options.port), '127.0.0.1');
await once(server, 'listening');

const stop = () => process.exit();
process.on('SIGTERM', stop).on('SIGINT', stop);

console.log('ready:', `ws://127.0.0.1:${server.address().port}/graphql`);
