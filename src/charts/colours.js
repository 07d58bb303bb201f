// Colours of the page as a canvas needs them: resolved, and again when the theme changes.

/// Of a person's own colours these are meant; all lines have the colour of text.
const SYSTEM = { ground: "Canvas", line: "GrayText", quiet: "GrayText", wrong: "Highlight", fault: "Highlight", "wrong-ground": "GrayText", "doubt-ground": "GrayText" };

/// `tones` of the lines, beside "line" for the grid, "text", "wrong", "wrong-ground" and "quiet" for marks.
export function colours(host, tones) {
  const probe = document.createElement("i");
  probe.hidden = true;
  host.append(probe);
  let known = new Map();
  const of = (tone) => {
    let colour = known.get(tone);
    if (!colour) {
      // A custom property with light-dark() is resolved only where a colour is expected.
      const isForced = matchMedia("(forced-colors: active)").matches;
      probe.style.color = isForced ? (SYSTEM[tone] ?? "CanvasText") : `var(--chart-${tone})`;
      colour = getComputedStyle(probe).color;
      known.set(tone, colour);
    }
    return colour;
  };
  tones.forEach(of);
  const whenChanged = (heard) => {
    const forget = () => {
      known = new Map();
      heard();
    };
    const queries = ["(prefers-color-scheme: dark)", "(prefers-contrast: more)", "(forced-colors: active)"].map((query) => matchMedia(query));
    queries.forEach((query) => query.addEventListener("change", forget));
    const watch = new MutationObserver(forget);
    watch.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      queries.forEach((query) => query.removeEventListener("change", forget));
      watch.disconnect();
    };
  };
  return { of, whenChanged };
}
