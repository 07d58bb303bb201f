// Starts the page, and says in words what kept it from starting. It is plain script, because what may fail is the rest.
// The only rule: no innerHTML, since a message may hold anything.
(() => {
  'use strict';
  const start = document.getElementById('start');
  const trouble = document.getElementById('trouble');

  const say = (title, advice, details) => {
    if (start) start.hidden = true;
    trouble.replaceChildren();
    for (const [tag, text] of [['h1', title], ['p', advice], ['pre', details]]) {
      if (!text) continue;
      const element = document.createElement(tag);
      element.textContent = text;
      trouble.append(element);
    }
    trouble.hidden = false;
  };
  // The page says its own trouble through the same words.
  globalThis.sockscopeTrouble = say;

  if (location.protocol === 'file:') {
    say(
      'This page cannot run from a file',
      'A browser starts no worker and no WebAssembly from a file. Run “sockscope serve” (or “cargo xtask run” in the sources) and open the address that it prints.',
    );
    return;
  }
  if (typeof WebAssembly !== 'object' || typeof WebAssembly.instantiate !== 'function') {
    say(
      'This browser has no WebAssembly',
      'Sockscope is built on it. Use a current Chrome, Edge, Firefox or Safari; if this is one, WebAssembly may be switched off by a policy or by a lockdown mode.',
    );
    return;
  }
  if (typeof Worker !== 'function') {
    say('This browser has no workers', 'Sockscope keeps its sockets in a worker. Use a current Chrome, Edge, Firefox or Safari.');
    return;
  }

  start.hidden = false;
  const address = (selector) => document.querySelector(selector)?.href;
  const script = address('link[rel="modulepreload"]');
  const program = address('link[rel="preload"][as="fetch"]');
  import(script)
    .then((page) => page.default({ module_or_path: program }))
    .then(() => start.remove())
    .catch((error) => {
      say(
        'The page could not start',
        'One of its files did not load. Load the page again; if that does not help, the server may serve only part of it, or an extension may block it.',
        String(error?.stack ?? error),
      );
    });
})();
