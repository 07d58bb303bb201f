// The values of a chart as a table, for people who do not see it: made only while it is open.

import { figure } from "./figures.js";

const MOST = 200;

/// A folded table; `columns` gives what is drawn now.
export function table(title, series, unit, atX, columns) {
  const details = document.createElement("details");
  details.className = "chart-table";
  const summary = document.createElement("summary");
  summary.textContent = "Values";
  summary.setAttribute("aria-label", `Values of ${title} as a table`);
  const box = document.createElement("div");
  box.tabIndex = 0;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", `Values of ${title}`);
  details.append(summary, box);

  const cell = (tag, text, scope) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (scope) made.scope = scope;
    return made;
  };
  const fill = () => {
    const [at, ...lines] = columns();
    // Of many every n-th, so that the table can be read at all.
    const step = Math.ceil(at.length / MOST) || 1;
    const made = document.createElement("table");
    made.className = "table";
    const head = made.createTHead().insertRow();
    head.append(cell("th", "at", "col"), ...series.map((it) => cell("th", it.name, "col")));
    const body = made.createTBody();
    for (let row = 0; row < at.length; row += step) {
      const line = body.insertRow();
      line.append(cell("th", atX(at[row]), "row"), ...lines.map((column) => cell("td", figure(column[row], unit))));
    }
    box.replaceChildren(made);
  };
  details.addEventListener("toggle", () => (details.open ? fill() : box.replaceChildren()));
  return { element: details, changed: () => details.open && fill() };
}
