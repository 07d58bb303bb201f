// What a test of keys asks of the page: which fields there are, what stands in one, and what must not change.
globalThis.keysTest = (() => {
  const TEXTS = ["text", "search", "url", "email", "tel", "password", "number", ""];

  function isField(element) {
    if (element.isContentEditable && element.getAttribute("contenteditable") === "true") return true;
    if (element.localName === "textarea") return !element.readOnly && !element.disabled;
    const isText = element.localName === "input" && TEXTS.includes(element.getAttribute("type") ?? "");
    return isText && !element.readOnly && !element.disabled;
  }

  function* all(root) {
    for (const element of root.querySelectorAll("*")) {
      yield element;
      if (element.shadowRoot) yield* all(element.shadowRoot);
    }
  }

  // By its name and its place among those of that name: what is drawn again is the same field.
  function fields() {
    const within = document.querySelector("dialog[open]") ?? document;
    const counts = {};
    const found = new Map();
    for (const element of all(within)) {
      if (!isField(element) || !element.checkVisibility() || element.getClientRects().length === 0) continue;
      const name = element.dataset.testid ?? element.getAttribute("aria-label") ?? element.name ?? element.className;
      counts[name] = (counts[name] ?? 0) + 1;
      found.set(`${name} ${counts[name]}`, element);
    }
    return found;
  }

  function focused() {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element;
  }

  function value(element) {
    if (element.value !== undefined) return element.value;
    return [...element.querySelectorAll(".cm-line")].map((line) => line.textContent).join("\n");
  }

  const text = (name) => document.querySelector(`[data-testid=${name}]`)?.textContent ?? "";

  return {
    names: () => [...fields().keys()],
    // Opens every menu and every part that is folded.
    unfold: () => document.querySelectorAll("details").forEach((it) => (it.open = true)),
    // An open menu may lie over what is clicked next.
    fold: () => document.querySelectorAll("details").forEach((it) => (it.open = false)),
    focus: (name) => {
      const element = fields().get(name);
      element?.focus();
      return element ? { longest: element.maxLength ?? -1, isEditor: element.isContentEditable } : null;
    },
    value: (name) => {
      const element = fields().get(name);
      return element ? value(element) : "the field is gone";
    },
    isFocused: (name) => focused() === fields().get(name),
    // Everything that a key could have done beside writing.
    rest: () => ({
      view: location.hash,
      connections: document.querySelectorAll(".connection").length,
      sockets: text("sockets"),
      frames: text("frames"),
      dialogs: document.querySelectorAll("dialog[open]").length,
      pinned: text("pins"),
      pressed: [...document.querySelectorAll("[aria-pressed=true]")].map((it) => it.dataset.testid ?? it.textContent),
    }),
  };
})();
