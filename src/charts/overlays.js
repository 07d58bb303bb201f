// What is drawn beside the lines: limits with their names, spans over a limit, and marks of what happened.

import { figure } from "./figures.js";

const FONT = '11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

/// Under the lines: spans in which a line is over its limit, and marks.
///
/// A mark is { from, to, kind, label }; `kind` is "wrong" for lost connections, "fault" for what was broken on purpose, "doubt"
/// for unreliable samples, "begin" for a line where something begins.
export function marksOn(u, { columns, limits, marks }, palette) {
  const { ctx, bbox } = u;
  const x = (value) => u.valToPos(value, "x", true);
  const band = (from, to, colour) => {
    const left = Math.max(bbox.left, x(from));
    const right = Math.min(bbox.left + bbox.width, Math.max(x(to), x(from) + 2 * devicePixelRatio));
    if (right <= left) return;
    ctx.fillStyle = colour;
    // A person's own colours have no pale ones.
    if (matchMedia("(forced-colors: active)").matches) ctx.globalAlpha = 0.3;
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.globalAlpha = 1;
  };
  /// Stripes, so that a fault and what came of it differ where both are.
  const hatch = (from, to) => {
    const left = Math.max(bbox.left, x(from));
    const right = Math.min(bbox.left + bbox.width, Math.max(x(to), x(from) + 2 * devicePixelRatio));
    if (right <= left) return;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, bbox.top, right - left, bbox.height);
    ctx.clip();
    ctx.strokeStyle = palette.of("fault");
    ctx.lineWidth = devicePixelRatio;
    ctx.globalAlpha = 0.5;
    ctx.beginPath();
    // On one grid for the whole chart: two spans side by side have one pattern.
    const gap = 9 * devicePixelRatio;
    for (let at = Math.floor((left - bbox.height) / gap) * gap; at < right; at += gap) {
      ctx.moveTo(at, bbox.top + bbox.height);
      ctx.lineTo(at + bbox.height, bbox.top);
    }
    ctx.stroke();
    ctx.globalAlpha = 1;
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.strokeRect(left, bbox.top, right - left, 0);
    ctx.restore();
  };
  ctx.save();
  for (const limit of limits) {
    for (const [from, to] of over(columns, limit)) band(from, to, palette.of("wrong-ground"));
  }
  for (const mark of marks) {
    if (mark.kind === "begin") {
      const at = x(mark.from);
      if (at <= bbox.left || at > bbox.left + bbox.width) continue;
      ctx.strokeStyle = palette.of("quiet");
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(at, bbox.top);
      ctx.lineTo(at, bbox.top + bbox.height);
      ctx.stroke();
    } else if (mark.kind === "fault") {
      hatch(mark.from, mark.to);
    } else {
      band(mark.from, mark.to, palette.of(mark.kind === "wrong" ? "wrong-ground" : "doubt-ground"));
    }
  }
  ctx.restore();
}

/// The spans in which the line of a limit is over it.
function over(columns, { value, series }) {
  const line = columns[series + 1];
  if (series < 0 || !line) return [];
  const spans = [];
  let begun = -1;
  for (let at = 0; at <= line.length; at++) {
    const isOver = line[at] > value;
    if (isOver && begun < 0) begun = at;
    if (!isOver && begun >= 0) {
      const half = (from, to) => (columns[0][from] + columns[0][to]) / 2;
      spans.push([half(Math.max(0, begun - 1), begun), half(at - 1, Math.min(line.length - 1, at))]);
      begun = -1;
    }
  }
  return spans;
}

/// Over the lines: dashed limits with their labels; those too far up are named at the upper edge. Then labels of marks.
export function limitsOn(u, { limits, marks }, near, palette, unit) {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = FONT.replace("11px", `${11 * ratio}px`);
  ctx.lineWidth = ratio;
  ctx.textAlign = "right";
  ctx.textBaseline = "bottom";
  const right = bbox.left + bbox.width - 2 * ratio;
  let edge = bbox.top;
  for (const limit of limits) {
    ctx.strokeStyle = ctx.fillStyle = palette.of("wrong");
    const words = limit.label || `limit ${figure(limit.value, unit)}`;
    if (!near.includes(limit)) {
      edge += 13 * ratio;
      ctx.lineWidth = 4 * ratio;
      ctx.strokeStyle = palette.of("ground");
      ctx.strokeText(`${words} ↑`, right, edge);
      ctx.lineWidth = ratio;
      ctx.fillText(`${words} ↑`, right, edge);
      continue;
    }
    const y = Math.round(u.valToPos(limit.value, "y", true)) + 0.5;
    ctx.setLineDash([4 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    const base = y - 2 * ratio < bbox.top + 12 * ratio ? y + 14 * ratio : y - 2 * ratio;
    // A line of the chart does not run through the words.
    ctx.setLineDash([]);
    ctx.lineWidth = 4 * ratio;
    ctx.strokeStyle = palette.of("ground");
    ctx.strokeText(words, right, base);
    ctx.lineWidth = ratio;
    ctx.fillText(words, right, base);
  }
  ctx.textAlign = "left";
  ctx.textBaseline = "bottom";
  let free = -Infinity;
  for (const mark of marks) {
    const at = u.valToPos(mark.from, "x", true);
    const width = ctx.measureText(mark.label).width;
    if (!mark.label || at < free || at < bbox.left || at + width > bbox.left + bbox.width) continue;
    ctx.fillStyle = palette.of(mark.kind === "wrong" || mark.kind === "fault" ? mark.kind : "text");
    ctx.lineWidth = 4 * ratio;
    ctx.strokeStyle = palette.of("ground");
    ctx.strokeText(mark.label, at + 3 * ratio, bbox.top + bbox.height - 3 * ratio);
    ctx.fillText(mark.label, at + 3 * ratio, bbox.top + bbox.height - 3 * ratio);
    free = at + width + 8 * ratio;
  }
  ctx.restore();
}
