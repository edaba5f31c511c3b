// Lines in SVG: small ones in rows, larger ones with a scale.

const width = 60;
const height = 20;

// A line comes as letters from "@" (0) to "|" (the largest value).
export function sparkline(svg, letters) {
  if (svg.letters === letters) return;
  svg.letters = letters;
  let points = "";
  for (let i = 0; i < letters.length; i++)
    points += `${width - letters.length + i + 1},${height - 1 - (letters.charCodeAt(i) - 64) / 60 * (height - 2)} `;
  svg.firstElementChild.setAttribute("points", points);
}

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function svg(name, className) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  if (className) made.setAttribute("class", className);
  return made;
}

/** A chart of one or two lines over the last ten minutes, one value a second. */
export class Chart {
  #lines;
  #keys;
  #most = element("span");
  #span = element("span");
  #text;
  #svg = svg("svg", "chart");

  constructor(parent, title, names, text) {
    this.#text = text;
    const figure = element("figure");
    const caption = element("figcaption");
    caption.append(element("span", "title", title));
    this.#keys = names.map((_, i) => element("span", i ? "key second" : "key"));
    caption.append(...this.#keys);
    this.#svg.setAttribute("preserveAspectRatio", "none");
    this.#svg.setAttribute("viewBox", "0 0 600 100");
    this.#svg.setAttribute("role", "img");
    const ground = svg("line");
    for (const [key, value] of [["x1", 0], ["x2", 600], ["y1", 99], ["y2", 99]]) ground.setAttribute(key, value);
    this.#lines = names.map((_, i) => svg("polyline", i ? "second" : ""));
    this.#svg.append(ground, ...this.#lines);
    const scale = element("div", "scale");
    scale.append(this.#span, this.#most);
    figure.append(caption, this.#svg, scale);
    parent.append(figure);
    this.title = title;
    this.names = names;
  }

  show(series) {
    const most = Math.max(1, ...series.map(values => values.reduce((a, b) => Math.max(a, b), 0)));
    series.forEach((values, line) => {
      let points = "";
      // A minute at least, so that a second has a place of its own, and then all that there is.
      const step = 600 / (Math.max(60, values.length) - 1);
      values.forEach((value, i) => points += `${(600 - (values.length - 1 - i) * step).toFixed(1)},${(99 - value / most * 97).toFixed(1)} `);
      this.#lines[line].setAttribute("points", points);
      this.#keys[line].textContent = `${this.names[line]}: ${this.#text(values.at(-1) ?? 0)}`;
    });
    const seconds = series[0].length;
    this.#span.textContent = `last ${seconds < 60 ? `${seconds} s` : `${Math.round(seconds / 60)} min`}`;
    this.#most.textContent = `highest ${this.#text(most)}`;
    this.#svg.setAttribute("aria-label", `${this.title}: ${this.#keys.map(key => key.textContent).join(", ")}; ${this.#most.textContent}`);
  }
}
