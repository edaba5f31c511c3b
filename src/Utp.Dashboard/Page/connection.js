import { Chart, element } from "./draw.js";
import * as text from "./text.js";

const numbers = [
  ["State", one => one.state],
  ["Opened by", one => one.accepted ? "the peer" : "us"],
  ["Local address", one => one.local || "…"],
  ["Age", (one, now) => text.duration((one.endedAt ?? now) - one.began)],
  ["Sent", one => text.bytes(one.bytesSent)],
  ["Delivered", one => text.bytes(one.bytesDelivered)],
  ["Received", one => text.bytes(one.bytesReceived)],
  ["Packets sent", one => text.count(one.packetsSent)],
  ["Packets received", one => text.count(one.packetsReceived)],
  ["Sent again", one => text.count(one.retransmissions)],
  ["Of them needless", one => text.count(one.needless)],
  ["Lost", one => `${text.count(one.lost)} (${text.share(one.loss)})`],
  ["Time-outs", one => text.count(one.timeouts)],
  ["Came twice", one => text.count(one.duplicates)],
  ["Not believed", one => text.count(one.dropped)],
  ["Round trip", one => text.micros(one.rtt)],
  ["Smallest round trip", one => text.micros(one.minRtt)],
  ["Queue delay", one => text.micros(one.queue)],
  ["Retransmission time-out", one => text.micros(one.rto)],
  ["Congestion control", one => one.control || "–"],
  ["Congestion window", one => text.bytes(one.window)],
  ["In flight", one => text.bytes(one.flight)],
  ["Peer's window", one => text.bytes(one.peerWindow)],
  ["Our window", one => text.bytes(one.receiveWindow)],
  ["Not delivered yet", one => text.bytes(one.buffered)],
  ["Not read yet", one => text.bytes(one.unread)],
  ["Out of order", one => text.bytes(one.reorder)],
];

/** The page of one connection. */
export class ConnectionPage {
  #title = document.getElementById("one-title");
  #end = document.getElementById("one-end");
  #numbers = document.getElementById("numbers");
  #events = document.getElementById("events");
  #values;
  #charts;
  #drawnEvents = "";

  constructor() {
    const charts = document.getElementById("charts");
    this.#charts = [
      [new Chart(charts, "Rate", ["sent", "received"], text.rate), ["sent", "received"]],
      [new Chart(charts, "Delay", ["round trip", "queue"], text.micros), ["rtt", "queue"]],
      [new Chart(charts, "Window", ["congestion window", "in flight"], text.bytes), ["window", "flight"]],
      [new Chart(charts, "Lost packets", ["in a second"], text.count), ["lost"]],
    ];
    this.#values = numbers.map(([name]) => {
      const group = element("div");
      const value = element("dd", "", "–");
      group.append(element("dt", "", name), value);
      this.#numbers.append(group);
      return value;
    });
  }

  /** Another connection is shown; nothing is known of it yet. */
  begin(id) {
    this.#title.textContent = `Connection ${id}`;
    this.#end.textContent = "";
    this.#drawnEvents = "";
    this.#events.replaceChildren();
    this.#title.focus({ preventScroll: true });
  }

  show(now, one) {
    if (!one) {
      this.#end.textContent = "This connection is gone, and no more is known of it.";
      return;
    }
    this.#title.textContent = `Connection ${one.id} with ${one.remote}`;
    this.#end.textContent = one.message ? `Ended ${text.time(one.endedAt)}, ${one.cause}: ${one.message}` : "";
    numbers.forEach(([, read], i) => {
      const said = read(one, now);
      if (this.#values[i].textContent !== said) this.#values[i].textContent = said;
    });
    for (const [chart, names] of this.#charts) chart.show(names.map(name => one.series[name]));
    const drawn = JSON.stringify(one.events);
    if (drawn === this.#drawnEvents) return;
    this.#drawnEvents = drawn;
    this.#events.replaceChildren(...one.events.map(({ at, text: what }) => {
      const item = element("li");
      const time = element("time", "", text.time(at));
      time.dateTime = new Date(at).toISOString();
      item.append(time, element("span", "", what));
      return item;
    }));
  }
}
