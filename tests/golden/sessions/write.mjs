// Has one conversation recorded by those who write HAR files: Chromium's DevTools protocol, Playwright (embed and attach)
// and mitmproxy. The files beside this one were written by it.
//
//   npm install playwright-core ws && pip install mitmproxy
//   CHROMIUM=/usr/bin/chromium MITMDUMP=mitmdump node write.mjs FOLDER
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { WebSocketServer } from 'ws';

const folder = process.argv[2] ?? '.';
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const args = ['--disable-component-update', '--disable-background-networking'];

// What the page says, one message after the answer to the one before. A number is so many bytes. Playwright leaves empty
// messages out, so there is none.
const SAID = ['{"type":"hello","id":1}', 'grüße 🌍', 5, '{"type":"ask","id":2}', 300];

async function serve() {
  const http = createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>conversation</title>');
  });
  const sockets = new WebSocketServer({ server: http, path: '/ws/talk', handleProtocols: () => 'chat.v1' });
  sockets.on('connection', (socket) => {
    socket.send('{"type":"welcome"}');
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return { http, port: http.address().port };
}

async function talk(page, port) {
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.evaluate(async ([port, said]) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/talk?lang=en`, ['chat.v1', 'chat.v0']);
    socket.binaryType = 'arraybuffer';
    const next = () => new Promise((resolve) => socket.addEventListener('message', resolve, { once: true }));
    await next();
    for (const what of said) {
      const answer = next();
      socket.send(typeof what === 'number' ? Uint8Array.from({ length: what }, (_, at) => (at * 7) % 256) : what);
      await answer;
    }
    const closed = new Promise((resolve) => socket.addEventListener('close', resolve));
    socket.close(1000, 'done');
    await closed;
  }, [port, SAID]);
}

// As the front end of the developer tools writes a request into a HAR.
async function devtools(port) {
  const browser = await chromium.launch({ executablePath, args });
  const page = await browser.newPage();
  const session = await page.context().newCDPSession(page);
  const of = new Map();
  const entry = (id) => of.get(id);
  const wall = (id, timestamp) => entry(id).wall + (timestamp - entry(id).mono);
  session.on('Network.webSocketCreated', ({ requestId, url }) => of.set(requestId, { url, messages: [], headers: {}, answered: {} }));
  session.on('Network.webSocketWillSendHandshakeRequest', ({ requestId, timestamp, wallTime, request }) =>
    Object.assign(entry(requestId), { wall: wallTime, mono: timestamp, headers: request.headers }));
  session.on('Network.webSocketHandshakeResponseReceived', ({ requestId, timestamp, response }) =>
    Object.assign(entry(requestId), { status: response.status, answered: response.headers, took: timestamp - entry(requestId).mono }));
  const message = (type) => ({ requestId, timestamp, response }) => entry(requestId).messages.push({
    type, time: wall(requestId, timestamp), opcode: response.opcode, data: response.payloadData,
  });
  session.on('Network.webSocketFrameSent', message('send'));
  session.on('Network.webSocketFrameReceived', message('receive'));
  await session.send('Network.enable');
  await talk(page, port);
  await browser.close();
  const fields = (headers) => Object.entries(headers).map(([name, value]) => ({ name, value }));
  const entries = [...of.values()].map((it) => ({
    _initiator: { type: 'script' },
    _priority: null,
    _resourceType: 'websocket',
    _webSocketMessages: it.messages,
    cache: {},
    request: { method: 'GET', url: it.url, httpVersion: 'HTTP/1.1', headers: fields(it.headers), queryString: [{ name: 'lang', value: 'en' }], cookies: [], headersSize: -1, bodySize: 0 },
    response: { status: it.status, statusText: 'Switching Protocols', httpVersion: 'HTTP/1.1', headers: fields(it.answered), cookies: [], content: { size: 0, mimeType: 'x-unknown' }, redirectURL: '', headersSize: -1, bodySize: -1, _transferSize: 0, _error: null },
    startedDateTime: new Date(it.wall * 1000).toISOString(),
    time: it.took * 1000,
    timings: { blocked: -1, dns: -1, ssl: -1, connect: -1, send: 0, wait: it.took * 1000, receive: 0 },
  }));
  const log = { version: '1.2', creator: { name: 'WebInspector', version: '537.36' }, pages: [], entries };
  await writeFile(join(folder, 'devtools.har'), JSON.stringify({ log }, null, 2));
}

async function playwright(port, content) {
  const browser = await chromium.launch({ executablePath, args });
  const context = await browser.newContext({ recordHar: { path: join(folder, `playwright-${content}.har`), content } });
  await talk(await context.newPage(), port);
  await context.close();
  await browser.close();
}

async function mitmproxy(port) {
  const file = join(folder, 'mitmproxy.har');
  await rm(file, { force: true });
  const at = 20000 + Math.floor(Math.random() * 20000);
  const proxy = spawn(process.env.MITMDUMP ?? 'mitmdump', ['-p', String(at), '--listen-host', '127.0.0.1', '--set', `hardump=${file}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(proxy.stdout, 'data');
  const browser = await chromium.launch({ executablePath, args, proxy: { server: `http://127.0.0.1:${at}`, bypass: '<-loopback>' } });
  await talk(await browser.newPage(), port);
  await browser.close();
  proxy.kill('SIGINT');
  await once(proxy, 'exit');
  // What the browser asks its vendor is none of the conversation.
  const har = JSON.parse(await readFile(file, 'utf8'));
  har.log.entries = har.log.entries.filter(({ request }) => request.url.includes('127.0.0.1'));
  await writeFile(file, JSON.stringify(har, null, 4));
}

const { http, port } = await serve();
await devtools(port);
await playwright(port, 'embed');
await playwright(port, 'attach');
await mitmproxy(port);
http.close();
http.closeAllConnections();
