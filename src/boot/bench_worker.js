// Starts the worker. A worker that fails to load its program does not report it by itself; this one tells the page, as text. Everything else between the two is buffers.
'use strict';
const fail = (error) => postMessage(String(error?.stack ?? error));
import('../bench_worker.js').then((program) => program.default({ module_or_path: new URL('../bench_worker_bg.wasm', location.href) })).catch(fail);
