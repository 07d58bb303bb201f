// JSON with comments and trailing commas, as suites are written.
//
// Owns what a character of a suite is, how far a line is indented and what can be folded. It refuses to know what a suite
// means and what is wrong with it: the engine says that. A string ends with its line, so one
// missing quotation mark does not colour the rest of the suite.

import { StreamLanguage, foldService } from "@codemirror/language";

/// How far the end of a block is looked for, in characters: every line that is drawn asks.
const FOLD_REACH = 200_000;
/// A line's indentation, in spaces.
export const INDENT = 2;

const CLOSES = { "{": "}", "[": "]" };

/// After the closing quotation mark: whether a colon follows, so that the text is a key.
function isKey(stream) {
  return /^\s*:/.test(stream.string.slice(stream.pos));
}

/// The rest of a text: placeholders apart from what stands around them.
function inText(stream, state) {
  if (stream.match("{{")) {
    // The closing braces may be missing while one types.
    stream.match(/^(?:[^"\\}]|}(?!}))*(?:}})?/);
    return "string.special";
  }
  while (!stream.eol()) {
    const next = stream.next();
    if (next === "\\") stream.next();
    else if (next === '"') {
      state.text = null;
      break;
    } else if (stream.string.startsWith("{{", stream.pos)) break;
  }
  return state.kind;
}

/// Whether the text that begins here is a key, which has a colour of its own.
function kindOfText(stream) {
  const ahead = /^(?:[^"\\]|\\.)*"/.exec(stream.string.slice(stream.pos));
  if (!ahead) return "string";
  const from = stream.pos;
  stream.pos += ahead[0].length;
  const kind = isKey(stream) ? "propertyName" : "string";
  stream.pos = from;
  return kind;
}

export const suiteJson = StreamLanguage.define({
  name: "suite",
  startState: () => ({ text: null, kind: "string", comment: false, opened: [] }),
  copyState: (state) => ({ ...state, opened: state.opened.slice() }),
  token(stream, state) {
    if (stream.sol()) state.text = null;
    if (state.comment) {
      state.comment = !stream.match(/^.*?\*\//);
      if (state.comment) stream.skipToEnd();
      return "comment";
    }
    if (state.text) return inText(stream, state);
    if (stream.eatSpace()) return null;
    if (stream.match("//")) {
      stream.skipToEnd();
      return "comment";
    }
    if (stream.match("/*")) {
      state.comment = true;
      return "comment";
    }
    if (stream.match(/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/)) return "number";
    if (stream.match(/^(?:true|false|null)\b/)) return "atom";
    const next = stream.next();
    if (next === '"') {
      state.text = true;
      state.kind = kindOfText(stream);
      return stream.match("{{", false) ? state.kind : inText(stream, state);
    }
    if (next === "{" || next === "[") {
      state.opened.push(stream.indentation());
      return "bracket";
    }
    if (next === "}" || next === "]") {
      state.opened.pop();
      return "bracket";
    }
    if (next === "," || next === ":") return "punctuation";
    stream.eatWhile(/[^\s{}[\],:"/]/);
    return "invalid";
  },
  /// One step more than the line on which the innermost bracket was opened, however many were opened there.
  indent(state, textAfter, context) {
    if (state.comment) return null;
    const line = state.opened.at(-1);
    if (line === undefined) return 0;
    return /^[}\]]/.test(textAfter) ? line : line + context.unit;
  },
  languageData: {
    commentTokens: { line: "//", block: { open: "/*", close: "*/" } },
    closeBrackets: { brackets: ["{", "[", '"'] },
    indentOnInput: /^\s*[}\]]$/,
  },
});

/// Where the text, comment or other character that begins at `at` ends.
function after(text, at) {
  if (text[at] === '"') {
    const end = /(?:[^"\\\n]|\\.)*"?/y;
    end.lastIndex = at + 1;
    end.exec(text);
    return Math.max(end.lastIndex, at + 1);
  }
  const close = text.startsWith("//", at) ? "\n" : text.startsWith("/*", at) ? "*/" : "";
  if (!close) return at + 1;
  const end = text.indexOf(close, at + 2);
  return end < 0 ? text.length : end + close.length;
}

function isBlank(text, at) {
  return /\s/.test(text[at]) || text.startsWith("//", at) || text.startsWith("/*", at);
}

/// Where the last character before `end` stands that is neither a blank nor in a comment; -1 when there is none.
export function lastBefore(text, end) {
  let last = -1;
  for (let at = 0; at < end; ) {
    const next = after(text, at);
    if (!isBlank(text, at)) last = Math.min(next, end) - 1;
    at = next;
  }
  return last;
}

/// Where the first such character from `start` on stands, or the length of the text.
export function firstFrom(text, start) {
  let at = start;
  while (at < text.length && isBlank(text, at)) at = after(text, at);
  return at;
}

/// From the end of a line on which a bracket stays open to that which closes it.
export const folds = foldService.of((state, from, to) => {
  const line = state.sliceDoc(from, to);
  let open = -1;
  for (let at = 0, stack = []; at < line.length; at = after(line, at)) {
    if (CLOSES[line[at]]) stack.push(at);
    else if (/[}\]]/.test(line[at])) stack.pop();
    open = stack.at(-1) ?? -1;
  }
  if (open < 0) return null;
  const start = from + open + 1;
  const text = state.sliceDoc(start, start + FOLD_REACH);
  for (let at = 0, depth = 1; at < text.length; at = after(text, at)) {
    if (CLOSES[text[at]]) depth += 1;
    else if (/[}\]]/.test(text[at])) depth -= 1;
    if (depth === 0) return { from: to, to: start + at };
  }
  return null;
});
