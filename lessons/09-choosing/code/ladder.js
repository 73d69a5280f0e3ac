// The fallback ladder: take the best way that works here, and step down when one does not.
export async function ladder({ url, show, signal }) {
  let cursor = 0; // the number of the last update we have: each way goes on from there
  const take = (update) => {
    if (!(update.seq > cursor)) return; // known already, or no update
    cursor = update.seq;
    show(update);
  };
  for (const [name, way] of [["WebSocket", socket], ["EventSource", stream]]) {
    if (!globalThis[name]) continue; // this browser has none: no need to ask anybody
    // What worked and broke later is taken again, after a random wait. What never worked is given up.
    while (!signal?.aborted && (await worked(way, url, () => cursor, take, signal))) await wait(2000);
  }
  while (!signal?.aborted) await hold(`${url}/hold?cursor=${cursor}`, take, signal).catch(() => wait(2000));
}

/** Goes this way until it is over. Whether anything was ever heard on it. */
const worked = (way, base, cursor, take, signal) =>
  new Promise((end) => {
    let heard = false;
    const hear = () => {
      heard = true;
      clearTimeout(patience);
    };
    const over = () => {
      clearTimeout(patience);
      close();
      end(heard);
    };
    const close = way(base, cursor(), take, hear, over);
    const patience = setTimeout(over, 3000); // nothing heard by then is taken for a no
    signal?.addEventListener("abort", over);
  });

function socket(base, cursor, take, hear, over) {
  const ws = new WebSocket(`${base.replace(/^http/, "ws")}/socket?cursor=${cursor}`);
  ws.onopen = hear;
  ws.onmessage = ({ data }) => take(JSON.parse(data));
  ws.onclose = over;
  return () => ws.close();
}

function stream(base, cursor, take, hear, over) {
  const source = new EventSource(`${base}/events?cursor=${cursor}`);
  source.onmessage = hear; // the server's greeting. An open stream proves little: the head of an answer passes a buffer
  source.addEventListener("alert", ({ data }) => {
    hear();
    take(JSON.parse(data));
  });
  source.onerror = () => source.readyState === EventSource.CLOSED && over(); // else the browser asks again by itself
  return () => source.close();
}

/** The last way there is: it needs nothing but requests. */
async function hold(url, take, signal) {
  const answer = await fetch(url, { cache: "no-store", signal });
  if (!answer.ok) throw new Error(`no news but a status: ${answer.status}`);
  (await answer.json()).updates.forEach(take);
}

const wait = (most) => new Promise((resume) => setTimeout(resume, Math.random() * most));
