// Starts the worker. A worker that fails to load its program does not report it by itself; this one tells the page, as text. Everything else between the two is buffers.
'use strict';
const fail = (error) => postMessage(String(error?.stack ?? error));
try {
  importScripts('../bench_worker.js');
  wasm_bindgen({ module_or_path: '../bench_worker_bg.wasm' }).catch(fail);
} catch (error) {
  fail(error);
}
