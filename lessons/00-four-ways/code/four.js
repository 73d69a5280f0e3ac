// Four ways to hear the news. Each calls show(update) for every update that it hears of.
// What to do when something breaks is mostly left out here: the lessons add it.

// 1. Short polling: ask, and ask again when the clock says so.
export function shortPolling({ url, interval = 2000, show, signal }) {
  let cursor = 0; // the number of the last update we have
  async function ask() {
    const { updates } = await get(`${url}/poll?cursor=${cursor}`, signal); // [] when there is nothing new
    for (const update of updates) {
      if (update.seq > cursor) show(update);
      cursor = Math.max(cursor, update.seq);
    }
  }
  const tick = () => ask().catch(() => {}); // no answer this time: the next tick asks again
  tick();
  const timer = setInterval(tick, interval);
  signal?.addEventListener("abort", () => clearInterval(timer));
}

// 2. Long polling: ask, and ask again when there is an answer. The server takes its time.
export async function longPolling({ url, wait = 20_000, show, signal }) {
  let cursor = 0;
  while (!signal?.aborted) {
    const news = await get(`${url}/hold?cursor=${cursor}&wait=${wait}`, signal);
    news.updates.forEach((update) => show(update));
    cursor = news.cursor;
  }
}

// 3. Server-Sent Events: ask once, and read an answer that does not end.
export function serverSentEvents({ url, show, signal }) {
  const source = new EventSource(`${url}/events?cursor=0`);
  source.addEventListener("alert", ({ data }) => show(JSON.parse(data)));
  signal?.addEventListener("abort", () => source.close());
}

// 4. WebSocket: ask once for another protocol, in which both ends may speak at any time.
export function webSocket({ url, show, signal }) {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/socket?cursor=0`);
  socket.onmessage = ({ data }) => {
    const news = JSON.parse(data);
    if (news.seq) show(news); // what has no number is no update
  };
  signal?.addEventListener("abort", () => socket.close(1000));
}

async function get(url, signal) {
  const answer = await fetch(url, { cache: "no-store", signal });
  return answer.json();
}
