// The values of a chart as a table, for people who do not see it: made only while it is open.
//
// One rule: who reads does not lose the place. Cells are changed where they stand, and none while the focus or a selection is in
// the table.

import { figure } from "./figures.js";

const MOST = 200;

/// A folded table; `columns` gives what is drawn now.
export function table(title, series, unit, atX, columns) {
  const details = document.createElement("details");
  details.className = "chart-table";
  const summary = document.createElement("summary");
  const name = document.createElement("span");
  name.textContent = "Values";
  const note = document.createElement("span");
  note.className = "chart-held";
  summary.append(name, note);
  summary.setAttribute("aria-label", `Values of ${title} as a table`);
  const box = document.createElement("div");
  box.tabIndex = 0;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", `Values of ${title}`);
  details.append(summary, box);

  let body = null;
  /// Newer values have come while the table was held.
  let isBehind = false;

  const cell = (tag, text, scope) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (scope) made.scope = scope;
    return made;
  };
  const make = () => {
    const made = document.createElement("table");
    made.className = "table";
    const head = made.createTHead().insertRow();
    head.append(cell("th", "at", "col"), ...series.map((it) => cell("th", it.name, "col")));
    body = made.createTBody();
    box.replaceChildren(made);
  };
  const isHeld = () => {
    if (box.contains(document.activeElement)) return true;
    const selection = document.getSelection();
    return Boolean(selection && !selection.isCollapsed && selection.containsNode(box, true));
  };
  const fill = () => {
    isBehind = false;
    note.textContent = "";
    const [at, ...lines] = columns();
    // Of many every n-th, so that the table can be read at all.
    const step = Math.ceil(at.length / MOST) || 1;
    const count = Math.ceil(at.length / step);
    while (body.rows.length > count) body.deleteRow(-1);
    for (let row = 0; row < count; row++) {
      let line = body.rows[row];
      if (!line) {
        line = body.insertRow();
        line.append(cell("th", "", "row"), ...lines.map(() => cell("td", "")));
      }
      const texts = [atX(at[row * step]), ...lines.map((column) => figure(column[row * step], unit))];
      texts.forEach((text, place) => {
        if (line.cells[place].textContent !== text) line.cells[place].textContent = text;
      });
    }
  };
  const changed = () => {
    if (!body) return;
    if (!isHeld()) return fill();
    isBehind = true;
    note.textContent = "stands still while you read";
  };
  const letGo = () => {
    if (body && isBehind && !isHeld()) fill();
  };
  // After it the focus is elsewhere.
  box.addEventListener("focusout", () => setTimeout(letGo));
  const forget = () => {
    document.removeEventListener("selectionchange", letGo);
    body = null;
    box.replaceChildren();
    note.textContent = "";
  };
  details.addEventListener("toggle", () => {
    if (!details.open) return forget();
    document.addEventListener("selectionchange", letGo);
    make();
    fill();
  });
  return { element: details, changed, destroy: forget };
}
