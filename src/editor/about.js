// Prose of the engine as elements.
//
// Owns the little Markdown that the tables of the format use: paragraphs, `code`, and fenced blocks. No text ever becomes
// HTML, since names in a suite come from its author.

function paragraph(text) {
  const p = document.createElement("p");
  text.split("`").forEach((part, i) => {
    if (!part) return;
    const inner = i % 2 ? document.createElement("code") : null;
    if (inner) inner.textContent = part;
    p.append(inner ?? part);
  });
  return p;
}

/// The prose in an element of the class `about`.
export function about(markdown) {
  const box = document.createElement("div");
  box.className = "about";
  markdown.split(/^```.*\n?/m).forEach((part, i) => {
    if (i % 2) {
      const pre = document.createElement("pre");
      pre.textContent = part.trimEnd();
      box.append(pre);
      return;
    }
    box.append(...part.split(/\n\s*\n/).map((text) => text.trim()).filter(Boolean).map(paragraph));
  });
  return box;
}
