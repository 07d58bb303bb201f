// Numbers as people read them, by the rule of the page: three digits, a thin space before the unit, seconds from 1000 ms on.

const THIN = "\u2009";

function digits(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 999.5) return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, THIN);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

/// A value with its unit, which is "ms" or a text behind the number such as "/s".
export function figure(value, unit) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (unit !== "ms") return whole(digits(value)) + unit;
  if (Math.abs(value) >= 999.5) return digits(value / 1e3) + THIN + "s";
  if (value !== 0 && Math.abs(value) < 0.9995) return digits(value * 1e3) + THIN + "µs";
  return digits(value) + THIN + "ms";
}

/// The same of a tick: no digit that says nothing.
export function tick(value, unit) {
  return figure(value, unit).replace(/(\.\d*?)0+(?=\D|$)/, "$1").replace(/\.(?=\D|$)/, "");
}

function whole(text) {
  return text.replace(/\.?0+$/, (zeros) => (text.includes(".") ? "" : zeros));
}

/// Seconds since a beginning: 8.4 s, 1:05, 1:02:03.
export function span(seconds) {
  const sign = seconds < 0 ? "−" : "";
  const all = Math.abs(seconds);
  if (all < 60) return sign + whole(all.toFixed(all < 10 ? 2 : 1)) + THIN + "s";
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  const [hours, minutes] = [Math.floor(all / 3600), Math.floor((all % 3600) / 60)];
  return sign + (hours ? `${hours}:${two(minutes)}` : `${minutes}`) + `:${two(all % 60)}`;
}
