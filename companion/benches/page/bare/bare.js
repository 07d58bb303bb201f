// The least JavaScript that drives the browser's own WebSocket from a Worker. What it gives is compared with what our page gives.
const worker = new Worker("worker.js");
const waiting = new Map();
let asked = 0;
worker.onmessage = ({ data }) => {
  waiting.get(data.id)(data.answer);
  waiting.delete(data.id);
};
globalThis.bare = (task, options) => new Promise((resolve) => {
  waiting.set(++asked, resolve);
  worker.postMessage({ id: asked, task, options });
});
