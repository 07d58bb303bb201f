// The command palette: everything that this page can do, found by its name. Loaded when it is first opened.
//
// It owns which commands there are, how they are ranked, and the dialog. It refuses to know what a command does: it presses what
// stands on the page, so a button that a view gains is a command at once. What no button does, the page gives (`own`). The only
// rule: no innerHTML, since a name may hold anything.

const MOST = 60;
const RECENT = 'sockscope.commands';
const MOST_RECENT = 5;
/** A command in a view that still has to be drawn is waited for, this many frames at most. */
const FRAMES = 600;

/** The keys of buttons whose tooltips do not name them, by their test id. */
const KEYS = {
  connect: 'O',
  add: 'N',
  send: 'Ctrl+Enter',
  pause: 'Space',
  pin: 'P',
  copy: 'Y',
};
/** What a button is called here, where its own name means nothing without what stands around it, and other words for it. */
const WORDS = {
  lanes: ['Lanes', 'one for each connection side by side swimlanes sequence diagram'],
  pin: ['Pin this frame', 'keep hold'],
  pause: ['Pause the timeline', 'freeze hold stop list'],
  follow: ['Follow the newest frame', 'live tail scroll end resume'],
  hides: ['Show matches only', 'hide filter other frames'],
  clear: ['Clear the timeline', 'delete forget frames empty'],
  options: ['Options of the connection', 'reconnecting heartbeat round trips settings'],
  unanswered: ['Messages without an answer', 'unanswered pending open no reply'],
  'reset-figures': ['Reset the figures', 'round trips latency percentiles zero'],
  'plot-all': ['Plots of all connections', 'chart figures'],
  'pairing-use': ['Recognise replies as offered', 'pairing use it round trips'],
  'export-jsonl': ['Export as JSON Lines', 'save download frames'],
  'export-csv': ['Export as CSV', 'save download frames spreadsheet'],
  'export-har': ['Export as HAR', 'save download frames network'],
  'difference-json': ['Export the comparison as JSON', 'save download difference'],
  'difference-html': ['Export the comparison as HTML', 'save download difference'],
  record: ['Export as a suite …', 'record check make'],
  'mode-text': ['Filter by text', 'search syntax'],
  'mode-regex': ['Filter by a regular expression', 'regex search syntax'],
  'mode-path': ['Filter by a JSON path', '$.path search syntax'],
  'form-text': ['Write the message as text', 'format'],
  'form-json': ['Write the message as JSON', 'format'],
  'form-hex': ['Write the message in hex', 'format bytes binary'],
  'form-base64': ['Write the message in Base64', 'format bytes binary'],
  'form-file': ['Send a file', 'format bytes binary upload'],
  format: ['Lay the JSON out', 'format pretty indent'],
  'targets-all': ['Send to every connection', 'targets all'],
  'targets-selected': ['Send to the selected connection', 'targets one'],
  'suite-new': ['New suite', 'create check'],
  'suite-duplicate': ['Duplicate this suite', 'copy edit'],
  'suite-export': ['Save this suite as a file', 'export download'],
  'suite-delete': ['Delete this suite', 'remove'],
  'part-checks': ['Checks of this suite', 'list'],
  'part-edit': ['Edit this suite', 'document JSON'],
  'part-values': ['Values of this suite', 'variables environment'],
  'part-earlier': ['Earlier runs of this suite', 'history past compare'],
  compare: ['Compare the two chosen runs', 'difference diff figures'],
  run: ['Run this suite', 'start check'],
  stop: ['Stop the run', 'cancel end'],
  'show-list': ['Close the run', 'back list'],
  'all-off': ['All faults off', 'toxics none reset'],
  'copy-steps': ['Copy the faults as suite steps', 'toxics http'],
};
/** Lists to choose from: each choice is a command. */
const CHOICES = {
  times: ['Times', 'rows clock relative absolute delta'],
  compare: ['Compare this frame with', 'difference diff pinned'],
};
/** What means nothing outside its place, such as a tag, a check or a line of a chart. */
const LEFT_OUT = '.rail-fold, .checks-tag, .order-chip, .chart *, .bench-jump, .run-failure *, .connection-pick, .row-menu *, [data-testid=sessions], [data-testid=take-seed], [data-testid=run-one], [data-testid=line], [data-testid=past-open], [data-testid=checks-back], [data-testid=toast-close]';
/** A part that is folded, and the button that unfolds it. */
const FOLDED = ['.bench-status-more', 'plots'];
/** Places to go to, which no button does: title, key, view, test id, other words. */
const PLACES = [
  ['Write a message', 'M', 'bench', 'message'],
  ['Filter the timeline', '/', 'bench', 'filter'],
  ['Go to the timeline', 'T', 'bench', 'timeline', 'choose a frame pin it copy it compare two frames'],
  ['Edit the address', '', 'bench', 'url'],
  ['Search suites', '', 'checks', 'suite-search'],
  ['Set the target of the faults', '', 'faults', 'line-target'],
];
/** What is a row of data, and no command. */
const ROWS = '[role=listbox], [role=option], [role=tree], [role=row], [role=grid], dialog, [data-commands=none]';

const make = (tag, attributes, ...inside) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
};

const named = (testid) => document.querySelector(`[data-testid="${CSS.escape(testid)}"]`);

/** Shows a view, and calls `act` as soon as `find` finds something in it that is shown and can be used. */
const inView = (view, find, act) => {
  if (view && !location.hash.startsWith(`#/${view}`)) location.hash = `#/${view}`;
  let frames = FRAMES;
  const look = () => {
    const found = find();
    if (found?.checkVisibility() && !found.matches(':disabled')) act(found);
    else if ((frames -= 1) > 0) requestAnimationFrame(look);
  };
  look();
};

/** The view that an element is drawn in, if what hides it is only that another view or a menu is in front. */
const viewOf = (element) => {
  let view = '';
  for (let it = element; it && it !== document.body; it = it.parentElement) {
    if (it.matches('section.view')) view = it.getAttribute('aria-label') ?? '';
    else if (it.matches('[popover][id]') || it.matches(FOLDED[0])) continue;
    else if (it.hidden || getComputedStyle(it).display === 'none') return undefined;
  }
  return view;
};

/** A menu draws some of its content when it is opened by its own button. */
const unfold = (element) => {
  element.closest('details.menu:not([open])')?.querySelector('summary')?.click();
  if (element.closest(`${FOLDED[0]}[hidden]`)) named(FOLDED[1])?.click();
  const popover = element.closest('[popover][id]:not(:popover-open)');
  // On a wide screen the tools of the head stand in the line, and open from nothing.
  if (popover && !element.checkVisibility()) popover.showPopover();
  return element;
};

const press = (element) => {
  // One that asks first is pressed twice, and needs the focus until then.
  element.focus();
  element.click();
};

/** The buttons of the page as commands. */
const buttons = () => {
  const found = [];
  for (const element of document.querySelectorAll('header :is(a, button), main button, main a.button, main [data-testid=suite]')) {
    if (element.matches(`:disabled, [aria-disabled=true], ${LEFT_OUT}`) || element.closest(ROWS)) continue;
    const told = WORDS[element.dataset.testid];
    const name = (element.getAttribute('aria-label') ?? element.textContent).replace(/\s+/g, ' ').trim();
    const isSuite = element.dataset.testid === 'suite';
    // A button of several parts is a row of a list.
    const isRow = !isSuite && !element.ariaLabel && element.children.length > 2;
    // A sign or a number names nothing.
    const isNamed = told || (name.length <= 60 && /\p{L}/u.test(name));
    if (!isNamed || (isRow && !told) || element.matches('.shell-brand, .shell-more, .shell-search')) continue;
    const view = viewOf(element);
    if (view === undefined) continue;
    const words = (element.title || element.getAttribute('aria-label') || '').trim();
    const said = /\s*\(([^()]{1,24})\)$/.exec(words);
    const isKey = said && /^(?:(?:Ctrl|Alt|Shift|⌘)\+.+|Enter|Esc|Space|End|[A-Z?/])$/.test(said[1]);
    const menu = element.closest('details.menu')?.querySelector('summary')?.textContent.trim();
    const about = isKey ? words.replace(said[0], '') : words;
    const plain = isKey ? name.replace(said[0], '') : name;
    const title = (isSuite ? element.querySelector('.library-title')?.textContent : undefined) ?? told?.[0] ?? plain;
    found.push({
      group: isSuite ? 'Suite' : element.matches('.shell-tab') ? 'View' : [view || 'Page', menu].filter(Boolean).join(', '),
      title,
      hint: about === title ? '' : about.replace(`${title}: `, ''),
      words: told ? `${told[1]} ${plain}` : '',
      key: isKey ? said[1] : (KEYS[element.dataset.testid] ?? ''),
      isOn: element.getAttribute('aria-pressed') === 'true',
      run: () => inView(view.toLowerCase(), () => (element.isConnected ? unfold(element) : null), press),
    });
  }
  for (const [testid, [title, words]] of Object.entries(CHOICES)) {
    const list = document.querySelector(`select[data-testid="${testid}"]`);
    const view = list && viewOf(list);
    if (!view) continue;
    for (const option of list.options) {
      // What only says what the list is for.
      if (!option.value) continue;
      const choose = (element) => {
        element.value = option.value;
        element.dispatchEvent(new Event('change', { bubbles: true }));
      };
      const run = () => inView(view.toLowerCase(), () => unfold(list), choose);
      found.push({ group: view, title: `${title}: ${option.textContent}`, hint: '', words, key: '', isOn: list.value === option.value, run });
    }
  }
  return found;
};

const places = () =>
  PLACES.map(([title, key, view, testid, words]) => ({
    group: 'Go',
    title,
    hint: '',
    words,
    key,
    run: () => inView(view, () => named(testid), (element) => element.focus()),
  }));

/** What the page gives: a line of group, title, hint and key for each. */
const given = (text, run) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line, at) => {
      const [group, title, hint, key] = line.split('\t');
      return { group, title, hint, key, run: () => run(at) };
    });

/**
 * How well a word fits a text, and where: a whole beginning best, then the beginning of a word, then anywhere, then its letters
 * in order. Nothing when it does not.
 */
const fit = (word, text) => {
  const low = text.toLowerCase();
  const at = low.indexOf(word);
  if (at === 0) return { score: 100, at: [[0, word.length]] };
  if (at > 0) {
    let place = at;
    for (let next = at; next >= 0; next = low.indexOf(word, next + 1)) if (/[^\p{L}\p{N}]/u.test(low[next - 1])) return { score: 80, at: [[next, next + word.length]] };
    return { score: 60, at: [[place, place + word.length]] };
  }
  const spots = [];
  let from = 0;
  for (const letter of word) {
    const next = low.indexOf(letter, from);
    if (next < 0) return undefined;
    spots.push([next, next + 1]);
    from = next + 1;
  }
  // Letters that lie far apart are there by chance.
  if (from - spots[0][0] > 3 * word.length) return undefined;
  // Letters that lie further apart fit less.
  return { score: Math.max(1, 40 - (from - spots[0][0] - word.length)), at: spots };
};

/** How well a command fits all words; its title weighs more than what stands beside it. */
const weigh = (command, words) => {
  let score = 0;
  const at = [];
  for (const word of words) {
    const inTitle = fit(word, command.title);
    const beside = fit(word, `${command.group} ${command.hint} ${command.words ?? ''}`);
    // Letters here and there in a long hint fit everything. A whole word there tells more than letters here and there in a title.
    const aside = beside && beside.score >= 60 ? beside.score / 1.9 : 0;
    if (!inTitle && !aside) return undefined;
    if (inTitle && inTitle.score >= aside) at.push(...inTitle.at);
    score += Math.max(inTitle?.score ?? 0, aside);
  }
  return { command, score: score - command.title.length / 100, at };
};

const recent = () => {
  try {
    return JSON.parse(localStorage.getItem(RECENT)) ?? [];
  } catch {
    return [];
  }
};
const nameOf = (command) => `${command.group}\t${command.title}`;
const remember = (command) => {
  try {
    const names = [nameOf(command), ...recent().filter((it) => it !== nameOf(command))];
    localStorage.setItem(RECENT, JSON.stringify(names.slice(0, MOST_RECENT)));
  } catch {
    // A browser that keeps nothing ranks without it.
  }
};

/** A title with the letters that were found in bold. */
const marked = (title, at) => {
  const parts = make('span', { class: 'palette-title' });
  let from = 0;
  for (const [start, end] of at.sort((a, b) => a[0] - b[0])) {
    if (start < from) continue;
    parts.append(title.slice(from, start), make('b', {}, title.slice(start, end)));
    from = end;
  }
  parts.append(title.slice(from));
  return parts;
};

/** Opens the palette. `own` are the page's commands, `run` does one of them, and `load` brings the views that are not there yet. */
export const open = (own, run, load) => {
  if (document.querySelector('dialog[open]')) return;
  const input = make('input', {
    type: 'text',
    role: 'combobox',
    placeholder: 'Type a command, a connection, a suite or a message',
    'aria-label': 'Command',
    'aria-expanded': 'true',
    'aria-controls': 'palette-list',
    'aria-autocomplete': 'list',
    autocomplete: 'off',
    spellcheck: 'false',
    'data-testid': 'palette-input',
  });
  const list = make('ul', { role: 'listbox', id: 'palette-list', 'aria-label': 'Commands', 'data-testid': 'palette-list' });
  const count = make('p', { class: 'palette-foot', role: 'status', 'data-testid': 'palette-count' });
  const dialog = make('dialog', { class: 'palette', 'aria-label': 'Commands', 'data-testid': 'palette' }, input, list, count);
  let commands = [];
  let shown = [];
  let chosen = 0;

  const collect = () => {
    const seen = new Set();
    commands = [...given(own, run), ...places(), ...buttons()].filter((it) => !seen.has(nameOf(it)) && seen.add(nameOf(it)));
  };
  const choose = (at) => {
    list.children[chosen]?.setAttribute('aria-selected', 'false');
    chosen = Math.max(0, Math.min(at, shown.length - 1));
    const option = list.children[chosen];
    option?.setAttribute('aria-selected', 'true');
    option?.scrollIntoView({ block: 'nearest' });
    if (option) input.setAttribute('aria-activedescendant', option.id);
    else input.removeAttribute('aria-activedescendant');
  };
  const draw = (keep) => {
    const before = keep ? shown[chosen]?.command : undefined;
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) {
      shown = commands.map((it) => weigh(it, words)).filter(Boolean).sort((a, b) => b.score - a.score);
    } else {
      const latest = recent();
      const view = document.title.split(' ')[0];
      const rank = ({ group, title }) => {
        const at = latest.indexOf(`${group}\t${title}`);
        if (at >= 0) return at - MOST_RECENT;
        return ['Connection', 'Send saved', 'View', 'Go', 'Page'].includes(group) ? 0 : group.startsWith(view) ? 1 : 2;
      };
      shown = commands.map((command, at) => ({ command, at: [], score: rank(command) * 1000 + at })).sort((a, b) => a.score - b.score);
    }
    const all = shown.length;
    shown = shown.slice(0, MOST);
    list.replaceChildren(
      ...shown.map(({ command, at }, place) => {
        const option = make('li', { role: 'option', id: `palette-${place}`, 'aria-selected': 'false' });
        option.append(make('span', { class: 'palette-group' }, command.group), marked(command.title, at));
        option.append(make('span', { class: 'palette-hint' }, command.isOn ? 'on' : command.hint));
        if (command.key) option.append(make('kbd', {}, command.key));
        option.addEventListener('click', () => go(place));
        option.addEventListener('pointermove', () => place !== chosen && choose(place));
        return option;
      }),
    );
    count.textContent = all ? `${all === 1 ? '1 command' : `${all} commands`}${all > MOST ? `, the first ${MOST} shown` : ''}` : 'No command matches. Try fewer letters.';
    const place = before ? shown.findIndex((it) => nameOf(it.command) === nameOf(before)) : 0;
    chosen = 0;
    choose(Math.max(0, place));
  };
  const go = (at) => {
    const command = shown[at]?.command;
    if (!command) return;
    remember(command);
    dialog.close();
    command.run();
  };

  // Suites and presets are in a program of its own, which is brought when someone looks for something. Its list comes a little later.
  let brought;
  const bring = () => {
    brought ??= load()
      .then(() => {
        let frames = FRAMES;
        const look = () => {
          if (!dialog.open) return;
          if (!named('suite') && (frames -= 1) > 0) return requestAnimationFrame(look);
          collect();
          draw(true);
        };
        look();
      })
      // The view itself says it when it is opened.
      .catch(() => {});
  };
  input.addEventListener('input', () => {
    draw();
    bring();
  });
  dialog.addEventListener('keydown', (event) => {
    const steps = { ArrowDown: chosen + 1, ArrowUp: chosen - 1, PageDown: chosen + 8, PageUp: chosen - 8 };
    const isAgain = (event.ctrlKey || event.metaKey) && event.key === 'k';
    if (event.isComposing) return;
    if (event.key in steps) {
      const to = steps[event.key];
      choose(event.key.startsWith('Arrow') ? (to + shown.length) % Math.max(1, shown.length) : to);
    } else if (event.key === 'Enter') go(chosen);
    else if (isAgain) dialog.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  // Its own area is filled by what is in it, so that a click on the dialog itself is one beside it.
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  list.addEventListener('mousedown', (event) => event.preventDefault());
  dialog.addEventListener('close', () => dialog.remove());

  document.body.append(dialog);
  collect();
  dialog.showModal();
  draw();
};
