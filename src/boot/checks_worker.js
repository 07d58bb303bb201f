// Starts the worker of the checks, as bench_worker.js starts that of the bench.
'use strict';
const fail = (error) => postMessage(String(error?.stack ?? error));
try {
  importScripts('../checks_worker.js');
  wasm_bindgen({ module_or_path: '../checks_worker_bg.wasm' }).catch(fail);
} catch (error) {
  fail(error);
}
