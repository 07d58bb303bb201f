// What the tests of the page do with the document, where script says it shorter than Rust.
//
// Owns the state that must not leak from one test into the next: storage, workers, listeners, the host element. It knows
// nothing of the app but the names of its files.

const DIST = '/dist/boot/bench_worker.js';
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

// The runner puts a constructor of its own in place of the browser's, after this. That one starts a worker from a blob, where
// nothing relative can be loaded.
const NativeWorker = Worker.prototype.constructor;
const workers = new Set();
class CountedWorker extends NativeWorker {
  constructor(...given) {
    super(...given);
    workers.add(this);
  }
  terminate() {
    workers.delete(this);
    super.terminate();
  }
}

const listeners = [];
for (const target of [window, document]) {
  const { addEventListener: add, removeEventListener: remove } = target;
  target.addEventListener = (type, listener, options) => {
    listeners.push({ type, listener, end: () => remove.call(target, type, listener, options) });
    return add.call(target, type, listener, options);
  };
  target.removeEventListener = (type, listener, options) => {
    const at = listeners.findIndex((known) => known.type === type && known.listener === listener);
    if (at >= 0) listeners.splice(at, 1);
    return remove.call(target, type, listener, options);
  };
}

globalThis.sockscopeEditor = () => import('/dist/editor/bundle.js');

let trouble = '';
globalThis.sockscopeTrouble = (title, advice, details) => {
  trouble = [title, advice, details].filter(Boolean).join('\n');
};

// What the app has said through the start script; empty while all is well.
export const troubleSaid = () => trouble;

// Workers and listeners that are alive, one word each.
export const alive = () => [...[...workers].map(() => 'worker'), ...listeners.map(({ type }) => type)].sort().join(' ');

const within = (milliseconds, what, promise) =>
  Promise.race([
    promise,
    new Promise((_, fail) => setTimeout(() => fail(new Error(`${what} took more than ${milliseconds} ms`)), milliseconds)),
  ]);

const dropDatabase = (name) =>
  within(
    15000,
    `deleting the database ${name} (it is still open elsewhere: a worker that was not ended?)`,
    new Promise((done, fail) => {
      const request = indexedDB.deleteDatabase(name);
      request.onsuccess = done;
      request.onerror = () => fail(request.error);
    }),
  );

// Ends what a test before has left and readies the document. A test that panicked has dropped nothing.
export async function prepare(server) {
  const left = document.querySelectorAll('.test-host');
  left.forEach((host) => host.remove());
  if (left.length > 0) listeners.splice(0).forEach((listener) => listener.end());
  [...workers].forEach((worker) => worker.terminate());
  trouble = '';
  globalThis.Worker = CountedWorker;

  const found = await fetch(DIST, { cache: 'no-store' });
  if (!found.ok) {
    throw new Error(`${DIST} is missing: \`cargo xtask test\` builds it before these tests, and so does \`cargo xtask build\``);
  }
  const root = document.documentElement;
  root.lang = 'en';
  root.removeAttribute('data-theme');
  root.removeAttribute('data-connection');
  root.dataset.server = server;
  document.title = 'Test of Sockscope';
  history.replaceState(null, '', '#/bench');
  // The runner reads its own output by other ways than by seeing it.
  for (const id of ['output', 'console_output']) {
    const output = document.getElementById(id);
    if (output) output.style.display = 'none';
  }
}

// As on a first visit.
export async function forgetVisits() {
  localStorage.clear();
  sessionStorage.clear();
  for (const { name } of await indexedDB.databases()) await dropDatabase(name);
}

// One file at a time and each only once: the runner's server lets requests wait that come at the same time.
const sources = new Map();
async function sourceOf(address) {
  if (!sources.has(address)) {
    const answer = await within(15000, `loading ${address}`, fetch(address));
    if (!answer.ok) throw new Error(`${address} is missing`);
    sources.set(address, await answer.text());
  }
  return sources.get(address);
}

// The style sheets that index.html names, from their sources.
async function dress(target) {
  if (target.querySelector('style.app')) return;
  const page = new DOMParser().parseFromString(await sourceOf('/index.html'), 'text/html');
  for (const link of page.querySelectorAll('link[rel=css], link[rel=copy-file][href$=".css"]')) {
    const sheet = target.createElement('style');
    sheet.className = 'app';
    sheet.textContent = await sourceOf(`/${link.getAttribute('href')}`);
    target.head.append(sheet);
  }
}

// A host that fills the window, as the body does for the real page.
export async function hostInWindow() {
  await dress(document);
  const host = document.createElement('div');
  host.className = 'test-host';
  host.style.cssText = 'position:fixed;inset:0;display:flex;flex-direction:column;background:var(--ground)';
  document.body.append(host);
  return host;
}

// The body of a frame of this width: media queries see the frame.
export async function hostInFrame(width, height) {
  const frame = document.createElement('iframe');
  frame.className = 'test-host';
  frame.title = 'Sockscope';
  frame.style.cssText = `position:fixed;inset:0 auto auto 0;border:0;width:${width}px;height:${height}px`;
  document.body.append(frame);
  const inner = frame.contentDocument;
  inner.open();
  inner.write(
    '<!DOCTYPE html><html lang="en"><head><title>Sockscope</title><meta name="viewport" content="width=device-width"></head><body></body></html>',
  );
  inner.close();
  await dress(inner);
  return inner.body;
}

export function removeHost(host) {
  (host.closest('.test-host') ?? host.ownerDocument.defaultView.frameElement).remove();
}

export function setTheme(host, name) {
  host.ownerDocument.documentElement.dataset.theme = name;
}

// What axe-core has against the host, as JSON.
export async function axe(host) {
  const inner = host.ownerDocument;
  const view = inner.defaultView;
  if (!view.axe) {
    const script = inner.createElement('script');
    script.textContent = await sourceOf('/tests/vendor/axe-core/axe.min.js');
    inner.head.append(script);
  }
  // Colours on their way from one theme to the other belong to neither.
  inner.getAnimations().forEach((animation) => animation.finish());
  const result = await view.axe.run(host, { runOnly: { type: 'tag', values: TAGS }, resultTypes: ['violations'] });
  if (result.passes.length === 0) throw new Error('axe-core found nothing to look at');
  return JSON.stringify(
    result.violations.map(({ id, impact, help, nodes }) => ({
      rule: id,
      impact: impact ?? '',
      help,
      targets: nodes.map((node) => `${node.target.join(' ')}\n      ${node.html}\n      ${node.failureSummary}`),
    })),
  );
}
