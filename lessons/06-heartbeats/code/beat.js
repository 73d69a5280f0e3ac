// Heartbeats: say "beat" now and then, expect it back in time, and if it does not come, begin anew from the cursor.
export function beat({ url, cursor = 0, every = 20_000, patience = 5000, show, signal }) {
  let socket, timer; // never more than one of each
  let attempt = 0;

  const after = (ms, what) => {
    clearTimeout(timer);
    timer = setTimeout(what, ms);
  };

  function connect() {
    socket = new WebSocket(`${url}?cursor=${cursor}`);
    after(10_000, lost); // a handshake can vanish, too
    socket.onopen = () => after(every, ask);
    socket.onclose = lost;
    socket.onmessage = ({ data }) => {
      if (data === "beat") {
        attempt = 0; // the whole way is alive, there and back
        return after(every, ask);
      }
      const update = JSON.parse(data);
      if (!(update.seq > cursor)) return;
      cursor = update.seq;
      show(update);
    };
  }

  function ask() {
    socket.send("beat");
    after(patience, lost); // other messages do not stop this clock: they prove the way down only
  }

  function leave() {
    clearTimeout(timer);
    socket.onopen = socket.onclose = socket.onmessage = null;
    socket.close(); // in a dead network its close event takes a while: nobody waits for it
  }

  function lost() {
    leave();
    const ceiling = Math.min(500 * 2 ** attempt++, 15_000); // 0.5 s, 1 s, 2 s … at most 15 s
    after(Math.random() * ceiling, connect);
  }

  connect();
  signal?.addEventListener("abort", leave);
}
