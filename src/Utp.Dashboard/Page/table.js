import { element, sparkline, svg } from "./draw.js";
import * as text from "./text.js";

// Rows that are drawn beyond what is seen, and rows that are asked for beyond that, so that scrolling meets them.
const drawnBeyond = 4;
const askedBeyond = 40;
const orderAfterMilliseconds = 150;

const plain = read => row => read(row);

// name, title, class, what a cell says, and which of the row's lines it shows
const live = [
  ["remote", "Peer", "", row => row.remote],
  ["local", "Local", "wide", row => row.local || "…"],
  ["state", "State", "middle", row => `${row.state}${row.accepted ? " ←" : " →"}`],
  ["age", "Age", "number wide", (row, now) => text.duration(now - row.began)],
  ["rate", "Rate", "number", row => text.rate(row.sent + row.received), "rateLine"],
  ["total", "Moved", "number wide", row => text.bytes(row.total)],
  ["rtt", "Round trip", "number middle", row => text.micros(row.rtt)],
  ["queue", "Queue delay", "number middle", row => text.micros(row.queue), "queueLine"],
  ["window", "Window", "number wide", row => text.bytes(row.window), "windowLine"],
  ["loss", "Lost", "number", row => text.share(row.loss)],
];

const ended = [
  ["remote", "Peer", "", plain(row => row.remote)],
  ["", "Ended", "middle", row => text.time(row.endedAt)],
  ["age", "Open for", "number middle", row => text.duration(row.endedAt - row.began)],
  ["total", "Moved", "number middle", row => text.bytes(row.total)],
  ["", "Cause", "", row => row.cause + (row.code === undefined ? "" : ` (${row.code})`)],
  ["", "In words", "", row => row.message],
];

/** A table of as many rows as there are, of which only those exist that are seen. */
export class Table {
  #root;
  #onSort;
  #onNeed;
  #head = element("div", "head");
  #body = element("div", "body");
  #empty = element("p", "empty");
  #columns = live;
  #pool = [];
  #shown = new Map();
  #rows = new Map();
  #total = 0;
  #now = 0;
  #drawing = false;
  #ordering = 0;

  constructor(root, onSort, onNeed) {
    this.#root = root;
    this.#onSort = onSort;
    this.#onNeed = onNeed;
    this.#head.setAttribute("role", "rowgroup");
    this.#body.setAttribute("role", "rowgroup");
    root.append(this.#head, this.#body);
    root.addEventListener("scroll", () => this.#draw(), { passive: true });
    new ResizeObserver(() => this.#draw()).observe(root);
    this.columns(false, "rate", true);
  }

  /** The rows to ask for. */
  get wanted() {
    const [first, count] = this.#seen();
    const from = Math.max(0, first - askedBeyond);
    return [from, Math.min(200, count + first - from + askedBeyond)];
  }

  /** Whether it is the table of those that ended, and how it is sorted. */
  columns(isEnded, sort, down) {
    this.#columns = isEnded ? ended : live;
    this.#root.classList.toggle("ended", isEnded);
    this.#root.classList.toggle("live", !isEnded);
    this.#root.setAttribute("aria-label", isEnded ? "Ended connections" : "Connections");
    this.#root.setAttribute("aria-colcount", this.#columns.length);
    if (this.#isEnded !== isEnded) {
      this.#isEnded = isEnded;
      this.#buildHead();
      this.#pool.forEach(row => row.remove());
      this.#pool = [];
      this.#shown.clear();
      this.#rows.clear();
      this.#total = 0;
      this.#root.scrollTop = 0;
    }
    [...this.#head.firstElementChild.children].forEach((cell, i) => {
      const name = this.#columns[i][0];
      if (name) cell.setAttribute("aria-sort", name === sort ? (down ? "descending" : "ascending") : "none");
    });
  }

  #isEnded;

  /** What is known now: so many in all, and these of them from first on. */
  show(now, total, first, rows) {
    this.#now = now;
    this.#total = total;
    this.#rows.clear();
    rows.forEach((row, i) => this.#rows.set(first + i, row));
    this.#draw();
  }

  toTop() {
    this.#root.scrollTop = 0;
  }

  #buildHead() {
    const row = element("div", "row");
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", 1);
    for (const [name, title, className] of this.#columns) {
      const cell = element("div", `cell ${className}`);
      cell.setAttribute("role", "columnheader");
      if (name) {
        const button = element("button", "", title);
        button.type = "button";
        button.addEventListener("click", () => this.#onSort(name));
        cell.append(button);
      } else {
        cell.textContent = title;
      }
      row.append(cell);
    }
    this.#head.replaceChildren(row);
  }

  #buildRow() {
    const row = element("div", "row");
    row.setAttribute("role", "row");
    row.cells = this.#columns.map(([name, , className, , line], i) => {
      const cell = element("div", `cell ${className}${line ? " line" : ""}`);
      cell.setAttribute("role", "cell");
      const said = i === 0 ? element("a") : element("span");
      cell.append(said);
      cell.said = said;
      if (line) {
        cell.spark = svg("svg", "spark");
        cell.spark.setAttribute("aria-hidden", "true");
        cell.spark.append(svg("polyline"));
        cell.append(cell.spark);
      }
      row.append(cell);
      return cell;
    });
    this.#body.append(row);
    return row;
  }

  get #rowHeight() {
    return this.#head.firstElementChild.offsetHeight;
  }

  #seen() {
    const height = this.#rowHeight || 36;
    const first = Math.max(0, Math.floor(this.#root.scrollTop / height));
    return [first, Math.ceil(this.#root.clientHeight / height) + 1];
  }

  #draw() {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      this.#drawNow();
    });
  }

  #drawNow() {
    const height = this.#rowHeight;
    if (!height) return;
    this.#body.style.height = `${this.#total * height}px`;
    this.#root.setAttribute("aria-rowcount", this.#total + 1);
    this.#empty.textContent = this.#isEnded ? "None has ended." : "There is no connection.";
    if (this.#total === 0) this.#root.append(this.#empty);
    else this.#empty.remove();

    const [first, count] = this.#seen();
    const from = Math.max(0, first - drawnBeyond);
    const to = Math.min(this.#total, first + count + drawnBeyond);
    for (const [index, row] of this.#shown) {
      if (index >= from && index < to) continue;
      this.#shown.delete(index);
      // What has the focus stays where it is until it is seen again.
      if (row.contains(document.activeElement)) this.#root.focus({ preventScroll: true });
      row.hidden = true;
      row.removeAttribute("aria-rowindex");
      this.#pool.push(row);
    }
    let isMissing = false;
    for (let index = from; index < to; index++) {
      let row = this.#shown.get(index);
      if (!row) {
        row = this.#pool.pop() ?? this.#buildRow();
        row.hidden = false;
        row.style.transform = `translateY(${index * height}px)`;
        row.setAttribute("aria-rowindex", index + 2);
        this.#shown.set(index, row);
      }
      const data = this.#rows.get(index);
      isMissing ||= !data;
      this.#fill(row, data);
    }
    if (isMissing) this.#onNeed();
    clearTimeout(this.#ordering);
    this.#ordering = setTimeout(() => this.#order(), orderAfterMilliseconds);
  }

  // Rows are used again wherever they stand among the elements; readers of the screen, and Tab, go by their order.
  #order() {
    let next = null;
    for (const index of [...this.#shown.keys()].sort((a, b) => b - a)) {
      const row = this.#shown.get(index);
      if (row.nextElementSibling !== next && !row.contains(document.activeElement)) this.#body.insertBefore(row, next);
      next = row;
    }
    for (const row of this.#pool) this.#body.prepend(row);
  }

  // What a peer says comes as text and stays text: nothing here is read as HTML.
  #fill(row, data) {
    if (row.data === data && row.drawnAt === this.#now) return;
    row.data = data;
    row.drawnAt = this.#now;
    this.#columns.forEach(([, , , read, line], i) => {
      const cell = row.cells[i];
      const said = data ? read(data, this.#now) : "…";
      if (cell.text !== said) cell.said.textContent = cell.text = said;
      if (line) sparkline(cell.spark, data?.[line] ?? "");
    });
    if (data) row.cells[0].said.setAttribute("href", `#/c/${data.id}`);
    else row.cells[0].said.removeAttribute("href");
  }
}
