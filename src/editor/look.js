// How the editor looks.
//
// Owns colours and sizes, all of them custom properties of style/tokens.css: those reach into the shadow root, so that dark
// and light follow the page by themselves. Whatever CodeMirror colours for light or for dark has to be named here.

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--accent)" },
  { tag: tags.string, color: "var(--tone-text)" },
  { tag: tags.special(tags.string), color: "var(--sent)", fontWeight: "600" },
  { tag: [tags.number, tags.atom], color: "var(--tone-number)" },
  { tag: tags.comment, color: "var(--ink-soft)", fontStyle: "italic" },
  { tag: tags.invalid, color: "var(--wrong)" },
]);

const BOX = {
  backgroundColor: "var(--sheet)",
  color: "var(--ink)",
  border: "1px solid var(--line-strong)",
  borderRadius: "6px",
  boxShadow: "var(--shadow)",
};

const sizes = EditorView.theme({
  "&": { height: "100%", backgroundColor: "var(--sheet)", color: "var(--ink)", fontSize: "13px" },
  "&.cm-focused": { outline: "2px solid var(--focus)" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5", overflow: "auto" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-line::selection, .cm-line ::selection": {
    backgroundColor: "color-mix(in srgb, var(--accent) 24%, var(--sheet))",
  },
  ".cm-gutters": {
    backgroundColor: "var(--sunk)",
    color: "var(--ink-soft)",
    borderRight: "1px solid var(--line)",
  },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--sunk)" },
  ".cm-activeLineGutter": { color: "var(--ink)" },
  ".cm-foldGutter .cm-gutterElement": { cursor: "pointer" },
  ".cm-foldPlaceholder": {
    backgroundColor: "var(--sunk)",
    color: "var(--ink-soft)",
    border: "1px solid var(--line-strong)",
  },
  "&.cm-focused .cm-matchingBracket": {
    backgroundColor: "transparent",
    outline: "1px solid var(--accent)",
  },
  "&.cm-focused .cm-nonmatchingBracket": {
    backgroundColor: "transparent",
    outline: "1px solid var(--wrong)",
  },
  ".cm-searchMatch": {
    backgroundColor: "transparent",
    outline: "1px solid var(--line-strong)",
  },
  ".cm-searchMatch-selected": { outline: "2px solid var(--focus)" },
  ".cm-tooltip": BOX,
  ".cm-tooltip-hover": { maxWidth: "min(60ch, 90vw)" },
  ".cm-tooltip .about": { padding: "6px 10px", fontFamily: "var(--sans)", lineHeight: "1.4" },
  ".about p": { margin: "0 0 6px", overflowWrap: "anywhere" },
  ".about > :last-child": { marginBottom: "0" },
  ".about code, .about pre": { fontFamily: "var(--mono)", backgroundColor: "var(--sunk)", borderRadius: "3px" },
  ".about code": { padding: "0 3px" },
  ".about pre": { margin: "0 0 6px", padding: "4px 6px", overflow: "auto", whiteSpace: "pre-wrap" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "16em" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 8px", lineHeight: "1.4" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected], .cm-tooltip-autocomplete-disabled > ul > li[aria-selected]": {
    background: "var(--accent)",
    color: "var(--on-accent)",
  },
  ".cm-completionDetail": { fontStyle: "normal", color: "var(--ink-soft)" },
  "li[aria-selected] .cm-completionDetail": { color: "inherit" },
  ".cm-tooltip.cm-completionInfo": { padding: "0", maxWidth: "44ch" },
  ".cm-diagnostic": { padding: "6px 10px", fontFamily: "var(--sans)", whiteSpace: "pre-wrap" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--wrong)" },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    paddingBottom: "0",
    textDecoration: "underline wavy var(--wrong)",
    textDecorationSkipInk: "none",
    textUnderlineOffset: "3px",
  },
  ".cm-lintRange-active": { backgroundColor: "var(--wrong-ground)" },
  ".cm-lintPoint-error:after": { borderBottomColor: "var(--wrong)" },
  // The drawn circle of CodeMirror has a colour of its own.
  ".cm-lint-marker": {
    content: "normal",
    width: "9px",
    height: "9px",
    margin: "5px 2px",
    borderRadius: "50%",
    backgroundColor: "var(--wrong)",
  },
  ".cm-panels": { backgroundColor: "var(--sunk)", color: "var(--ink)", fontFamily: "var(--sans)" },
  ".cm-panels.cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-panel.cm-search": { padding: "8px 30px 8px 8px" },
  ".cm-panel.cm-search label": { fontSize: "13px", whiteSpace: "nowrap" },
  ".cm-panel.cm-search [name=close]": { color: "var(--ink)", width: "26px", height: "26px", cursor: "pointer" },
  ".cm-textfield, .cm-button": {
    font: "13px var(--sans)",
    minHeight: "26px",
    backgroundColor: "var(--sheet)",
    backgroundImage: "none",
    color: "var(--ink)",
    border: "1px solid var(--line-strong)",
    borderRadius: "4px",
  },
  ".cm-textfield::placeholder": { color: "var(--ink-soft)", opacity: "1" },
  ".cm-panel :focus-visible": { outline: "2px solid var(--focus)", outlineOffset: "1px" },
  ".cm-button:active": { backgroundImage: "none", backgroundColor: "var(--line)" },
});

/// Everything of it.
export const look = [sizes, syntaxHighlighting(colours)];
