// One chart: uPlot draws it, the rest is ours: legend, crosshair with values, limits, marks, keys, table.
//
// Owns everything inside its host. A chart gets columns of numbers and says which span was selected; it knows neither runs nor
// connections. Two rules: no text ever becomes HTML, and what arrives is drawn once a frame, however often it arrives.

import uPlot from "uplot";
import { figure, span, tick } from "./figures.js";
import { colours } from "./colours.js";
import { limitsOn, marksOn } from "./overlays.js";
import { table } from "./table.js";

const HEIGHT = 176;
/// A limit further above the data than this is named at the edge: drawn to scale it would press the data flat.
const FAR = 4;

/// Marks that are named for people who do not see the chart.
const MOST_SAID = 5;

/// Pixels between two numbers along an axis of what is counted.
const ROOM = 26;

/// Lines that may lie on each other: what is drawn below is wider.
const WIDTHS = { p50: 2, p95: 2, p99: 3, received: 3 };

/// A person's own colours, of which there are few.
const FORCED = matchMedia("(forced-colors: active)");
const DASHES = { p95: [7, 4], received: [7, 4], max: [7, 4], p99: [2, 3] };

/// The places of values that have no line to a neighbour: they are drawn as points, or they would not be seen.
const alone = (values) => [...values.keys()].filter((at) => values[at] != null && values[at - 1] == null && values[at + 1] == null);

/// Charts within one element that asks for it read at one place: where one is read, the others say their values, too. uPlot keeps
/// groups by text.
let groups = 0;
const groupOf = (host) => {
  const around = host.closest("[data-together]");
  if (!around) return null;
  around.dataset.together ||= `together-${++groups}`;
  return around.dataset.together;
};

const element = (tag, className, text) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};

/// Makes a chart in `host`.
///
/// options: title, unit ("ms" or a text behind the number), x ("time" in seconds, or the name of what is counted), series
/// ([{ name, tone }]), canLog, height, select(from, to) with null for all.
export function createChart(host, options) {
  const { title, unit, x: axis, series, canLog } = options;
  const isTime = axis === "time";
  const height = options.height || HEIGHT;
  const atX = (value) => (isTime ? span(value) : `${figure(value, "")} ${axis}`);
  let given = { columns: [[], ...series.map(() => [])], limits: [], marks: [], range: null };
  let plot = null;
  let isLog = false;
  let isDrawn = false;
  /// The row that the keys have reached.
  let reading = null;
  const hidden = new Set();
  // uPlot draws its series in order: the strongest line comes last, over the wider ones, so that equal values all show.
  const placeOf = (number) => series.length - number;

  const head = element("div", "chart-head");
  const legend = element("div", "chart-legend");
  legend.setAttribute("role", "group");
  legend.setAttribute("aria-label", `Lines of ${title}`);
  const field = element("div", "chart-field");
  field.tabIndex = 0;
  field.setAttribute("role", "group");
  field.setAttribute("aria-label", `${title}: arrow keys read its values, plus and minus change the span`);
  const picture = element("div", "chart-picture");
  picture.setAttribute("role", "img");
  const tip = element("div", "chart-tip");
  tip.hidden = true;
  const empty = element("p", "chart-empty");
  empty.hidden = true;
  const said = element("div", "unseen");
  said.setAttribute("aria-live", "polite");
  field.append(picture, empty, tip, said);
  const values = table(title, series, unit, atX, () => given.columns);
  head.append(element("h4", "", title), legend);
  host.replaceChildren(head, field, values.element);
  const palette = colours(host, series.map((it) => it.tone));

  const buttons = series.map((it, number) => {
    const button = element("button", "chart-line");
    button.type = "button";
    button.dataset.tone = it.tone;
    button.setAttribute("aria-pressed", "true");
    button.title = `Show or hide ${it.name}`;
    button.append(element("i"), it.name);
    button.addEventListener("click", () => {
      hidden[hidden.has(number) ? "delete" : "add"](number);
      button.setAttribute("aria-pressed", String(!hidden.has(number)));
      plot?.setSeries(placeOf(number), { show: !hidden.has(number) });
    });
    return button;
  });
  legend.append(...buttons);
  const tools = element("div", "chart-tools");
  const all = element("button", "chart-tool", "Show all");
  all.type = "button";
  all.hidden = true;
  all.addEventListener("click", () => choose(null));
  tools.append(all);
  if (canLog) {
    const log = element("button", "chart-tool", "Log");
    log.type = "button";
    log.title = "Logarithmic scale";
    log.setAttribute("aria-pressed", "false");
    log.addEventListener("click", () => {
      isLog = !isLog;
      log.setAttribute("aria-pressed", String(isLog));
      rebuild();
    });
    tools.append(log);
  }
  head.append(tools);

  function choose(chosen) {
    options.select?.(chosen?.[0] ?? null, chosen?.[1] ?? null);
  }

  const near = (top) => given.limits.filter((limit) => isLog || limit.value <= Math.max(top, 0) * FAR);

  /// The highest and the lowest value of the lines that are shown, with the points just beyond the edges: a line leads there.
  function seen(low, high) {
    const [at, ...lines] = given.columns;
    if (!given.range || !at.length) return [low, high];
    const [from, to] = given.range;
    const first = Math.max(0, at.findLastIndex((x) => x < from));
    const after = at.findIndex((x) => x > to);
    const rows = lines.filter((_, number) => !hidden.has(number)).map((line) => line.slice(first, after < 0 ? undefined : after + 1));
    let [bottom, top] = [low ?? Infinity, high ?? 0];
    for (const row of rows) {
      for (const value of row) {
        if (value > top) top = value;
        if (value < bottom && !(isLog && value <= 0)) bottom = value;
      }
    }
    return [bottom === Infinity ? low : bottom, top];
  }

  function yRange(_, shownLow, shownHigh) {
    const [low, high] = seen(shownLow, shownHigh);
    const top = high ?? 0;
    const highest = Math.max(top, ...near(top).map((limit) => limit.value));
    if (isLog) {
      const lowest = low > 0 ? low : 0.1;
      return [10 ** Math.floor(Math.log10(lowest)), 10 ** Math.ceil(Math.log10(Math.max(highest, lowest * 10)))];
    }
    return [0, highest > 0 ? highest * 1.08 : 1];
  }

  function xRange(_, low, high) {
    if (given.range) return given.range;
    if (given.columns[0].length < 2) return [isTime ? 0 : 1, 10];
    const from = low ?? 0;
    return [from, Math.max(high ?? 1, from + (isTime ? 1 : 0.001))];
  }

  /// The places on the axis that were measured, as far as their numbers have room.
  function measured(u) {
    let before = -Infinity;
    return given.columns[0].filter((value) => {
      const place = u.valToPos(value, "x");
      const hasRoom = place - before >= ROOM;
      if (hasRoom) before = place;
      return hasRoom;
    });
  }

  function build(width) {
    const text = '11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
    const rule = { stroke: () => palette.of("line"), width: 1 };
    const common = { stroke: () => palette.of("text"), font: text, ticks: { show: false } };
    const line = (it, number) => ({
      label: it.name,
      stroke: () => palette.of(it.tone),
      width: WIDTHS[it.tone] ?? 1.5,
      show: !hidden.has(number),
      // Where all lines have one colour, dashes tell them apart.
      dash: FORCED.matches ? DASHES[it.tone] : undefined,
      spanGaps: false,
      points: { show: true, size: 5, fill: () => palette.of(it.tone), filter: (u, at) => (isTime ? alone(u.data[at]) : null) },
    });
    const plotOptions = {
      width,
      height,
      padding: [10, 12, 0, 0],
      legend: { show: false },
      scales: {
        // What is counted grows by factors: one more of two is as far as a hundred more of two hundred.
        x: { time: false, range: xRange, distr: isTime ? 1 : 3 },
        y: { range: yRange, distr: isLog ? 3 : 1 },
      },
      axes: [
        {
          ...common,
          grid: { show: false },
          size: 24,
          space: 70,
          incrs: isTime
            ? [0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400]
            : undefined,
          ...(isTime ? {} : { splits: measured, filter: (_, all) => all }),
          values: (_, all) => all.map((value) => (isTime ? span(value) : tick(value, ""))),
        },
        {
          ...common,
          grid: rule,
          size: 58,
          space: 34,
          values: (_, all) => all.map((value) => (value === null ? null : tick(value, unit))),
        },
      ],
      series: [{}, ...series.map(line).reverse()],
      cursor: {
        y: false,
        points: { size: 7 },
        drag: { x: true, y: false, setScale: false },
        // The place on the axis is shared, and no selection: the page gives a chosen span to all of them.
        sync: isTime
          ? { key: groupOf(host), scales: ["x", null], filters: { pub: (type) => type === "mousemove" || type === "mouseleave" } }
          : undefined,
        bind: { dblclick: () => () => { choose(null); return null; } },
      },
      hooks: {
        drawClear: [(u) => marksOn(u, given, palette)],
        draw: [(u) => limitsOn(u, given, near(u.scales.y.max), palette, unit, atX)],
        setCursor: [show],
        setSelect: [selected],
      },
    };
    plot = new uPlot(plotOptions, shaped(), picture);
  }

  function shaped() {
    const gaps = (column) => Array.from(column, (value) => (Number.isNaN(value) || (isLog && value <= 0) ? null : value));
    return [Array.from(given.columns[0]), ...given.columns.slice(1).map(gaps).reverse()];
  }

  function rebuild() {
    plot?.destroy();
    plot = null;
    const width = picture.clientWidth;
    if (width > 0) build(width);
  }

  function selected(u) {
    const { left, width } = u.select;
    if (width < 4) return;
    const chosen = [u.posToVal(left, "x"), u.posToVal(left + width, "x")];
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    choose(chosen);
  }

  function show(u) {
    const at = u.cursor.idx;
    if (at === null || at === undefined || u.cursor.left < 0) {
      tip.hidden = true;
      return;
    }
    // The crosshair stands at the sample that is read, and not between two of them.
    const place = Math.round(u.valToPos(u.data[0][at], "x"));
    u.root.querySelector(".u-cursor-x").style.transform = `translate(${place}px, 0)`;
    const when = element("b", "", atX(u.data[0][at]));
    const rows = series.flatMap((it, number) => {
      if (hidden.has(number)) return [];
      const row = element("span", "chart-value");
      row.dataset.tone = it.tone;
      row.append(element("i"), it.name, element("b", "", figure(u.data[placeOf(number)][at], unit)));
      return [row];
    });
    tip.replaceChildren(when, ...rows);
    tip.hidden = false;
    // At the edge of the other half: beside the crosshair it would lie over what is read.
    const [origin, wide] = [u.bbox.left, u.bbox.width].map((pixels) => pixels / devicePixelRatio);
    const isRight = place > wide / 2;
    tip.style.transform = `translate(${isRight ? `${origin + 6}px` : `calc(${origin + wide - 6}px - 100%)`}, 4px)`;
  }

  function leave() {
    reading = null;
    plot?.setCursor({ left: -10, top: -10 }, true, true);
  }

  function read(at) {
    const columns = plot.data;
    const words = series.filter((_, number) => !hidden.has(number));
    const parts = words.map((it) => `${it.name} ${figure(columns[placeOf(series.indexOf(it))][at], unit)}`);
    said.textContent = `${atX(columns[0][at])}: ${parts.join(", ")}`;
  }

  field.addEventListener("keydown", (event) => {
    if (!plot || event.altKey || event.ctrlKey || event.metaKey) return;
    const last = plot.data[0].length - 1;
    const now = reading ?? plot.cursor.idx ?? (event.key === "ArrowRight" ? -1 : last + 1);
    const { min, max } = plot.scales.x;
    const middle = reading === null ? (min + max) / 2 : plot.data[0][reading];
    const aims = {
      ArrowLeft: () => now - (event.shiftKey ? 10 : 1),
      ArrowRight: () => now + (event.shiftKey ? 10 : 1),
      Home: () => 0,
      End: () => last,
    };
    if (aims[event.key] && last >= 0) {
      const at = Math.min(last, Math.max(0, aims[event.key]()));
      plot.setCursor({ left: plot.valToPos(plot.data[0][at], "x"), top: 10 }, true, true);
      reading = at;
      read(at);
    } else if (event.key === "+" || event.key === "=") {
      const quarter = (max - min) / 4;
      choose([Math.max(min, middle - quarter), Math.min(max, middle + quarter)]);
    } else if (event.key === "-" || event.key === "Escape") {
      leave();
      choose(null);
    } else {
      return;
    }
    event.preventDefault();
  });
  field.addEventListener("blur", leave);
  field.addEventListener("pointermove", () => (reading = null));

  function summary() {
    const [at, ...lines] = given.columns;
    if (given.empty) return `${title}: ${given.empty}`;
    if (!at.length) return `${title}: no values yet`;
    const highest = (column) => column.reduce((top, value) => (value > top ? value : top), -Infinity);
    const parts = series.map((it, number) => {
      const top = highest(lines[number]);
      const latest = lines[number].findLast((value) => !Number.isNaN(value));
      return top === -Infinity ? `${it.name} none` : `${it.name} now ${figure(latest, unit)}, at most ${figure(top, unit)}`;
    });
    const limits = given.limits.map((limit) => limit.label);
    const named = given.marks.filter((mark) => mark.label);
    const marks = named.slice(0, MOST_SAID).map((mark) => `${mark.label} from ${atX(mark.from)}`);
    const more = named.length > MOST_SAID ? [`${named.length - MOST_SAID} more marks`] : [];
    const until = `${atX(at[0])} to ${atX(at[at.length - 1])}`;
    return [`${title}, ${until}: ${parts.join("; ")}`, ...limits, ...marks, ...more].join("; ");
  }

  function draw() {
    isDrawn = true;
    picture.setAttribute("aria-label", summary());
    all.hidden = !given.range || !given.isChosen;
    empty.textContent = given.empty || "";
    empty.hidden = !given.empty;
    values.changed();
    if (!plot) rebuild();
    else plot.setData(shaped());
  }

  const sized = new ResizeObserver(() => {
    const width = picture.clientWidth;
    if (width > 0 && plot) {
      if (Math.abs(plot.width - width) >= 1) plot.setSize({ width, height });
    } else if (width > 0 && isDrawn) {
      build(width);
    }
  });
  sized.observe(picture);
  const forget = palette.whenChanged(() => plot?.redraw(false));
  const again = () => isDrawn && rebuild();
  FORCED.addEventListener("change", again);

  let asked = 0;
  return {
    /// Numbers of all columns one behind the other, the one of x first; `more` has limits, marks, range and isChosen.
    setData(numbers, more) {
      const count = series.length + 1;
      const rows = numbers.length / count;
      const columns = Array.from({ length: count }, (_, at) => numbers.slice(at * rows, (at + 1) * rows));
      given = { ...more, columns };
      asked ||= requestAnimationFrame(() => {
        asked = 0;
        draw();
      });
    },
    destroy() {
      cancelAnimationFrame(asked);
      sized.disconnect();
      forget();
      FORCED.removeEventListener("change", again);
      plot?.destroy();
      values.destroy();
      host.replaceChildren();
    },
  };
}
