import { ConnectionPage } from "./connection.js";
import { sparkline } from "./draw.js";
import { Table } from "./table.js";
import * as text from "./text.js";

const byId = id => document.getElementById(id);
const search = byId("search");
const pause = byId("pause");
const retryMilliseconds = 2000;

const state = { tab: "live", one: null, sort: { live: ["rate", true], ended: ["", false] }, q: "" };
let stream = null;
let source = null;
let asking = false;
let asksAgain = false;
let isPaused = false;

const page = new ConnectionPage();
const table = new Table(byId("table"), onSort, ask);

function query() {
  const [sort, down] = state.sort[state.tab];
  const [first, count] = table.wanted;
  const values = { tab: state.tab, sort, down: down ? 1 : 0, q: state.q, first, count };
  if (state.one !== null) values.one = state.one;
  return new URLSearchParams(values);
}

// The stream goes on with what is asked for last; its answer comes at once. One question at a time, so that scrolling does not pile them up.
async function ask() {
  if (stream === null) return;
  if (asking) {
    asksAgain = true;
    return;
  }
  asking = true;
  try {
    const values = query();
    values.set("stream", stream);
    const answer = await fetch(`view?${values}`, { cache: "no-store" });
    if (answer.ok) apply(await answer.json(), values);
  } catch {
    // The server is away: the stream notices, too, and asks again when it is back.
  } finally {
    asking = false;
    if (asksAgain) {
      asksAgain = false;
      ask();
    }
  }
}

function open() {
  source?.close();
  source = new EventSource(`events?${query()}`);
  source.addEventListener("hello", event => {
    stream = JSON.parse(event.data).stream;
    say(isPaused ? "Paused" : "Live");
    ask();
  });
  source.addEventListener("frame", event => {
    if (!isPaused) apply(JSON.parse(event.data), null);
  });
  source.addEventListener("error", () => {
    stream = null;
    document.body.classList.add("stale");
    byId("status").textContent = "No answer from the program – trying again…";
    // A browser gives up by itself after some errors.
    if (source.readyState === EventSource.CLOSED) setTimeout(open, retryMilliseconds);
  });
}

function close() {
  stream = null;
  source?.close();
}

function say(sentence) {
  document.body.classList.remove("stale");
  byId("status").textContent = sentence;
}

function apply(frame, asked) {
  // An answer to what is shown no more.
  if (asked && (asked.get("tab") !== state.tab || (asked.get("one") ?? null) !== state.one || asked.get("q") !== state.q)) return;
  byId("problem").hidden = !frame.problem;
  byId("problem").textContent = frame.problem ?? "";
  summary(frame.all);
  if (state.one !== null) {
    if (frame.rows === undefined) page.show(frame.at, frame.one);
  } else if (frame.rows !== undefined) {
    table.show(frame.at, frame.total, frame.first, frame.rows);
    byId("found").textContent = state.q ? `${text.count(frame.total)} found` : "";
  }
}

function summary(all) {
  const set = (id, said) => byId(id).textContent !== said && (byId(id).textContent = said);
  set("all-live", text.count(all.live));
  set("count-live", `(${text.count(all.live)})`);
  set("count-ended", `(${text.count(all.ended)})`);
  set("all-sent", text.rate(all.sent));
  set("all-received", text.rate(all.received));
  sparkline(byId("all-sent-line"), all.sentLine);
  sparkline(byId("all-received-line"), all.receivedLine);
  if (all.packetsSent === undefined) return;
  set("all-lost", text.share(all.packetsSent ? Math.min(1, all.lost / all.packetsSent) : 0));
  set("all-drops", text.count(all.drops));
  set("all-unread", `${text.bytes(all.unreadMemory[0])} of ${text.bytes(all.unreadMemory[1])}`);
  set("all-receive", `${text.bytes(all.receiveMemory[0])} of ${text.bytes(all.receiveMemory[1])}`);
}

function onSort(name) {
  const [sort, down] = state.sort[state.tab];
  // Numbers are sought by the largest, names by the first.
  state.sort[state.tab] = sort === name ? [name, !down] : [name, !["remote", "local", "state"].includes(name)];
  table.columns(state.tab === "ended", ...state.sort[state.tab]);
  table.toTop();
  ask();
}

function route() {
  const [, kind, id] = location.hash.match(/^#\/(ended|c)?\/?(\d+)?$/) ?? [];
  const before = state.one;
  state.one = kind === "c" && id ? id : null;
  if (state.one === null) state.tab = kind === "ended" ? "ended" : "live";
  byId("list").hidden = state.one !== null;
  byId("one").hidden = state.one === null;
  for (const tab of ["live", "ended"]) {
    if (tab === state.tab) byId(`tab-${tab}`).setAttribute("aria-current", "page");
    else byId(`tab-${tab}`).removeAttribute("aria-current");
  }
  byId("back").href = state.tab === "ended" ? "#/ended" : "#/";
  byId("back").textContent = state.tab === "ended" ? "All that ended" : "All connections";
  table.columns(state.tab === "ended", ...state.sort[state.tab]);
  if (state.one !== null) page.begin(state.one);
  else if (before !== null) byId("table").focus({ preventScroll: true });
  ask();
}

let typed = 0;
search.addEventListener("input", () => {
  clearTimeout(typed);
  typed = setTimeout(() => {
    state.q = search.value.trim();
    table.toTop();
    ask();
  }, 120);
});

pause.addEventListener("click", () => {
  isPaused = !isPaused;
  pause.setAttribute("aria-pressed", isPaused);
  if (stream !== null) say(isPaused ? "Paused" : "Live");
  if (!isPaused) ask();
});

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && document.activeElement !== search && state.one === null) {
    event.preventDefault();
    search.focus();
  } else if (event.key === "Escape" && state.one !== null) {
    location.hash = state.tab === "ended" ? "#/ended" : "#/";
  }
});

// A page that nobody sees costs the program nothing.
document.addEventListener("visibilitychange", () => document.hidden ? close() : open());
addEventListener("hashchange", route);
route();
open();
