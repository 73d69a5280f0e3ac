// A board that asks for the whole list each time can be turned back by a late answer. Three rules against it.

// 1. Check the number: a list older than the one on the board is thrown away.
export function sequence({ url, interval, show, signal }) {
  let shown = 0;
  every(interval, signal, async () => {
    const list = await get(url, signal);
    if (list.version < shown) return;
    shown = list.version;
    show(list);
  });
}

// 2. Abort the older: a new request gives up the one under way.
export function abort({ url, interval, show, signal }) {
  let current = new AbortController();
  signal?.addEventListener("abort", () => current.abort());
  every(interval, signal, async () => {
    current.abort();
    current = new AbortController();
    show(await get(url, current.signal));
  });
}

// 3. Never overlap: a tick sends nothing while an answer is awaited, at most ten seconds.
export function noOverlap({ url, interval, show, signal }) {
  let waiting = false;
  every(interval, signal, async () => {
    if (waiting) return;
    waiting = true;
    const limit = new AbortController(); // or one answer that never comes would stop it for good
    const timer = setTimeout(() => limit.abort(), 10_000);
    signal?.addEventListener("abort", () => limit.abort(), { once: true });
    try {
      show(await get(url, limit.signal));
    } finally {
      clearTimeout(timer);
      waiting = false;
    }
  });
}

async function get(url, signal) {
  const answer = await fetch(url, { cache: "no-store", signal });
  return answer.json();
}

function every(interval, signal, ask) {
  const tick = () => ask().catch(() => {}); // an answer that failed: the next tick asks again
  const timer = setInterval(tick, interval);
  signal?.addEventListener("abort", () => clearInterval(timer));
  tick();
}
