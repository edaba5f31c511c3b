// Numbers as people read them. Nothing here knows the page.

const units = ["B", "kB", "MB", "GB", "TB", "PB"];

export function bytes(value) {
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toPrecision(value < 10 ? 2 : 3)} ${units[unit]}`;
}

export const rate = value => value === 0 ? "0" : `${bytes(value)}/s`;

export function micros(value) {
  if (value === 0) return "0 ms";
  if (value < 1000) return `${Math.round(value)} µs`;
  if (value < 1e6) return `${(value / 1000).toFixed(value < 1e5 ? 1 : 0)} ms`;
  return `${(value / 1e6).toFixed(2)} s`;
}

export function duration(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor(seconds / 3600) % 24} h`;
}

export const count = value => value.toLocaleString("en");

export function share(value) {
  if (value === 0) return "0 %";
  return value < 0.0001 ? "< 0.01 %" : `${(value * 100).toFixed(value < 0.1 ? 2 : 1)} %`;
}

export const time = milliseconds => new Date(milliseconds).toLocaleTimeString("en-GB");
