// The editor of suites: CodeMirror as the page sees it.
//
// Owns what `createEditor` promises. It refuses to know what a suite is: problems, completions and prose come from the engine
// through the options. Everything lives in a shadow root, where CodeMirror adopts style sheets;
// outside of one it would write <style> elements, which the page's Content-Security-Policy refuses.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, startCompletion } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, codeFolding, foldGutter, foldKeymap, indentOnInput, indentUnit } from "@codemirror/language";
import { lintGutter, nextDiagnostic, previousDiagnostic, setDiagnostics } from "@codemirror/lint";
import { search, searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState } from "@codemirror/state";
import { EditorView, highlightActiveLine, highlightActiveLineGutter, hoverTooltip, keymap, lineNumbers } from "@codemirror/view";
import { about } from "./about.js";
import { INDENT, firstFrom, folds, lastBefore, suiteJson } from "./language.js";
import { look } from "./look.js";

/// Marks what the page itself has written, which it need not be told of.
const fromPage = Annotation.define();

/// The offset of a place as the engine counts: lines from 1, columns in characters from 1.
function offsetAt(doc, line, column) {
  const { from, text } = doc.line(Math.min(Math.max(1, line), doc.lines));
  let at = 0;
  for (let left = column - 1; left > 0 && at < text.length; left -= 1) {
    at += text.codePointAt(at) > 0xffff ? 2 : 1;
  }
  return from + at;
}

function toDiagnostic(doc, { line, column, endLine, endColumn, message }) {
  const from = offsetAt(doc, line, column);
  const to = Math.max(from, offsetAt(doc, endLine, endColumn));
  return { from, to, severity: "error", message };
}

/// Puts in what was chosen. The cursor goes into the first pair that is empty, where the next thing can be chosen.
function apply(found, asked) {
  return (view, completion, from, to) => {
    // Text may have come since the engine was asked.
    const start = from + found.from - asked.from;
    const end = Math.min(Math.max(start, to + found.to - asked.at), view.state.doc.length);
    const pair = /""|\{\s*\}|\[\s*\]/.exec(found.apply);
    const inside = pair ? pair.index + Math.ceil(pair[0].length / 2) : found.apply.length;
    view.dispatch({
      changes: { from: start, to: end, insert: found.apply },
      selection: { anchor: start + inside },
      userEvent: "input.complete",
      scrollIntoView: true,
    });
    if (pair) startCompletion(view);
  };
}

/// Asks the page what could stand here.
function completions(complete) {
  return async (context) => {
    const before = context.matchBefore(/["\w$.{*]$/);
    if (!before && !context.explicit) return null;
    const found = await complete(context.pos, context.state.doc.toString());
    if (context.aborted || !found?.length) return null;
    // What is compared with the labels begins behind the quotation mark.
    const quoted = context.matchBefore(/"[^"\n]*$/);
    const typed = found.map(({ from }) => (quoted && from === quoted.from ? from + 1 : from));
    const from = Math.min(context.pos, Math.max(...typed));
    const asked = { from, at: context.pos };
    return {
      from,
      options: found.map((one, place) => ({
        label: one.label,
        detail: one.detail,
        info: one.info ? () => about(one.info) : undefined,
        apply: apply(one, asked),
        place,
      })),
    };
  };
}

function hovers(hover) {
  return hoverTooltip(async (view, at) => {
    const found = await hover(at, view.state.doc.toString());
    if (!found?.text || found.to > view.state.doc.length) return null;
    return { pos: found.from, end: found.to, above: true, create: () => ({ dom: about(found.text) }) };
  });
}

/// What has changed between two texts, as one piece, so that the cursor stays beside what it stood beside.
function difference(old, text) {
  let from = 0;
  const least = Math.min(old.length, text.length);
  while (from < least && old[from] === text[from]) from += 1;
  let tail = 0;
  while (tail < least - from && old[old.length - 1 - tail] === text[text.length - 1 - tail]) tail += 1;
  return { from, to: old.length - tail, insert: text.slice(from, text.length - tail) };
}

/// The changes that put a text in at the cursor: indented as its line is, on a line of its own, and parted by commas from the
/// values before and after.
function insertion(state, text, { from, to }) {
  const whole = state.doc.toString();
  const line = state.doc.lineAt(from);
  const indent = /^\s*/.exec(line.text.slice(0, from - line.from))[0];
  const isOwnLine = indent.length === from - line.from;
  const before = lastBefore(whole, from);
  const next = firstFrom(whole, to);
  const needsComma = before >= 0 && !"{[,:".includes(whole[before]);
  const isFollowed = next < whole.length && !"}],:".includes(whole[next]);
  const lead = needsComma && !isOwnLine ? "\n" + indent : "";
  const body = lead + text.trim().split("\n").join("\n" + indent);
  const trail = isFollowed ? "," : "";
  const changes = [{ from, to, insert: body + trail }];
  if (needsComma) changes.unshift({ from: before + 1, insert: "," });
  return { changes, cursor: from + body.length + (needsComma ? 1 : 0) };
}

/// Makes an editor in `host`, which gives it its size.
///
/// `options`: `text`, `readOnly`, `label` (its name for a screen reader), `onChange(text)` after each edit of a person and each
/// `insert`, `complete(offset, text)` and `hover(offset, text)` as promises. Offsets are UTF-16 code units of `text`, whose
/// lines end with \n whatever they ended with before.
export function createEditor(host, options) {
  const shadow = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const parent = document.createElement("div");
  // Room for the ring that shows the focus.
  Object.assign(parent.style, { height: "100%", boxSizing: "border-box", padding: "2px" });
  shadow.replaceChildren(parent);
  const label = options.label ?? "Suite";
  const locked = new Compartment();
  const past = new Compartment();
  const lock = (isLocked) => [
    EditorState.readOnly.of(isLocked),
    EditorView.contentAttributes.of({
      tabindex: "0",
      "aria-label": isLocked ? `${label}, read-only` : `${label}. Tab indents; Escape, then Tab leaves the editor.`,
    }),
  ];
  const view = new EditorView({
    parent,
    root: shadow,
    state: EditorState.create({
      doc: options.text ?? "",
      extensions: [
        lintGutter(),
        lineNumbers(),
        foldGutter(),
        codeFolding(),
        folds,
        highlightActiveLine(),
        highlightActiveLineGutter(),
        past.of(history()),
        suiteJson,
        indentUnit.of(" ".repeat(INDENT)),
        EditorState.tabSize.of(INDENT),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        search({ top: true }),
        options.complete
          ? autocompletion({
              override: [completions(options.complete)],
              icons: false,
              compareCompletions: (a, b) => a.place - b.place,
            })
          : [],
        options.hover ? hovers(options.hover) : [],
        look,
        locked.of(lock(Boolean(options.readOnly))),
        keymap.of([
          ...closeBracketsKeymap,
          // That key runs the suite, which the page does.
          ...defaultKeymap.filter(({ key }) => key !== "Mod-Enter"),
          ...searchKeymap,
          ...historyKeymap,
          ...foldKeymap,
          ...completionKeymap,
          { key: "F8", run: nextDiagnostic },
          { key: "Shift-F8", run: previousDiagnostic },
          indentWithTab,
        ]),
        EditorView.updateListener.of((update) => {
          const isOurs = update.transactions.some((one) => one.docChanged && one.annotation(fromPage));
          if (update.docChanged && !isOurs) options.onChange?.(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    text: () => view.state.doc.toString(),
    /// Another document: nothing before it can be brought back by undoing. `onChange` is not called.
    setText(text) {
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: text },
        selection: { anchor: 0 },
        effects: past.reconfigure([]),
        annotations: fromPage.of(true),
        scrollIntoView: true,
      });
      view.dispatch({ effects: past.reconfigure(history()) });
    },
    /// The same document in other words, such as when it was formatted: the cursor stays, and it can be undone. `onChange` is
    /// not called.
    replace(text) {
      const changes = difference(view.state.doc.toString(), text.replace(/\r\n?/g, "\n"));
      view.dispatch({ changes, annotations: fromPage.of(true) });
    },
    /// Where the cursor is, as an offset.
    cursor: () => view.state.selection.main.head,
    setProblems(problems) {
      const { doc } = view.state;
      view.dispatch(setDiagnostics(view.state, problems.map((problem) => toDiagnostic(doc, problem))));
    },
    goTo(line, column) {
      const at = offsetAt(view.state.doc, line, column);
      view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
      view.focus();
    },
    /// Puts a text in place of what is selected, or where `at` says.
    insert(text, at) {
      if (view.state.readOnly) return;
      const place = at === undefined ? view.state.selection.main : { from: at, to: at };
      const { changes, cursor } = insertion(view.state, text, place);
      view.dispatch({
        changes,
        selection: { anchor: cursor },
        userEvent: "input.paste",
        scrollIntoView: true,
      });
      view.focus();
    },
    setReadOnly: (isLocked) => view.dispatch({ effects: locked.reconfigure(lock(isLocked)) }),
    focus: () => view.focus(),
    destroy() {
      view.destroy();
      shadow.replaceChildren();
    },
  };
}
