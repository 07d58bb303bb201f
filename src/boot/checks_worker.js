// Starts the worker of the checks, as bench_worker.js starts that of the bench.
'use strict';
const fail = (error) => postMessage(String(error?.stack ?? error));
import('../checks_worker.js').then((program) => program.default({ module_or_path: new URL('../checks_worker_bg.wasm', location.href) })).catch(fail);
