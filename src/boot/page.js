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
      'A browser does not run workers or WebAssembly from a file. Run “sockscope serve” (or “cargo xtask run” in the sources) and open the address that it prints.',
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

  // Checks and faults are parts of their own, which are loaded when one of them is first looked at or when a script asks for
  // a run; each view is drawn once.
  let started;
  let program;
  const shown = {};
  const style = (file) =>
    new Promise((done, fail) => {
      const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: file, onload: done });
      link.onerror = () => fail(new Error(`${file} could not be loaded`));
      document.head.append(link);
    });
  const load = (view) => {
    shown[view] ??= Promise.all([started, style(`./${view}.css`)])
      .then(() => program.show(view))
      .catch((error) => {
        shown[view] = undefined;
        throw error;
      });
    return shown[view];
  };
  const loadChecks = () => load('checks');
  const showView = () => {
    const view = /^#\/?(checks|faults)/.exec(location.hash)?.[1];
    if (!view) return;
    load(view).catch((error) => {
      const place = document.getElementById(view);
      if (!place) return;
      const words = document.createElement('p');
      words.className = 'start';
      words.textContent = `The ${view} could not be loaded: ${error?.message ?? error}. `;
      const again = document.createElement('button');
      again.textContent = 'Try again';
      again.addEventListener('click', showView);
      words.append(again);
      place.replaceChildren(words);
    });
  };
  // Suites and presets are in views that may not be there yet.
  const bringViews = () => Promise.all([load('checks'), load('faults')]);
  let palette;
  globalThis.sockscopePalette = (own, run) => {
    palette ??= Promise.all([import('./boot/palette.js'), style('./palette.css')]);
    palette
      .then(([module]) => module.open(own, run, bringViews))
      .catch((error) => {
        palette = undefined;
        console.error(error);
      });
  };
  globalThis.sockscopeEditor = () => import('./editor/bundle.js');
  let charts;
  globalThis.sockscopeChart = () => {
    charts ??= Promise.all([import('./charts/bundle.js'), style('./chart.css')]).then(([module]) => module);
    charts.catch(() => (charts = undefined));
    return charts;
  };
  // What scripts and WebDriver use; docs/guide/scripting.md is its contract.
  globalThis.sockscope = Object.freeze({
    version: '0.1.0',
    run: async (suite, options = {}) => {
      await loadChecks();
      return program.call('run', suite, options);
    },
    status: () => program?.call('status') ?? { state: 'idle' },
    events: async (form = 'jsonl') => {
      await loadChecks();
      return program.call('events', form);
    },
    certificate: async () => {
      await loadChecks();
      return program.call('certificate');
    },
    broken: async () => {
      await loadChecks();
      return program.call('broken');
    },
    mask: async (texts) => {
      await loadChecks();
      return program.call('mask', texts);
    },
    stop: () => program?.call('stop'),
  });

  start.hidden = false;
  const address = (selector) => document.querySelector(selector)?.href;
  // The script of the parts has a hint of its own.
  const script = address('link[rel="modulepreload"]:not(#parts)');
  const wasm = address('link[rel="preload"][as="fetch"]');
  started = import(script).then(async (page) => {
    await page.default({ module_or_path: wasm });
    // Clicks and the first picture come between two tasks, not within one.
    await new Promise((done) => setTimeout(done));
    page.draw();
    // A browser forgets what it has painted when it goes within the same frame; the first picture would count as the last one.
    start.dataset.over = '';
    setTimeout(() => start.remove(), 1000);
    program = page;
  });
  // A release names its parts, which come later by themselves. A visitor who comes back needs them to see what was kept.
  const parts = (name) => document.querySelector(`meta[name="parts-${name}"]`)?.content.split(' ') ?? [];
  const fetchAhead = (files) =>
    files.forEach((href) => document.head.append(Object.assign(document.createElement('link'), { rel: 'prefetch', href })));
  const WAS_HERE = 'sockscope-was-here';
  try {
    if (localStorage.getItem(WAS_HERE)) fetchAhead(parts('soon'));
    localStorage.setItem(WAS_HERE, '1');
  } catch {
    // A browser that keeps nothing has nothing to show.
  }
  // What the checks need, once there is nothing else to do, unless each byte costs.
  const whenIdle = globalThis.requestIdleCallback ?? ((then) => setTimeout(then, 1));
  const IDLE_AFTER = 5000;
  const fetchChecks = () => {
    const idle = parts('idle');
    if (!idle.length || navigator.connection?.saveData || shown.checks) return;
    fetchAhead(['./boot/checks_worker.js', './checks_worker.js', './checks_worker_bg.wasm', './checks.css', './editor/bundle.js', ...idle]);
  };
  started
    .then(() => {
      setTimeout(() => whenIdle(fetchChecks), IDLE_AFTER);
      if (/[?&](suite|check)=/.test(location.search)) location.hash = '#/checks';
      addEventListener('hashchange', showView);
      showView();
    })
    .catch((error) => {
      say(
        'The page could not start',
        'One of its files did not load. Load the page again; if that does not help, the server may serve only part of it, or an extension may block it.',
        String(error?.stack ?? error),
      );
    });
})();
