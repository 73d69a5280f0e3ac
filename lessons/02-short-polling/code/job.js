// Start a job, ask how far it is until it is done, and ask less often when the server is busy.
export async function job({ url, interval, progress, signal }) {
  const started = await fetch(url, { method: "POST", signal });
  if (!started.ok) throw new Error(`the job was not taken: ${started.status}`);
  const { job } = await started.json(); // 202: taken, not done

  for (let pause = interval; ; ) {
    await new Promise((resume) => setTimeout(resume, pause));
    const answer = await fetch(`${url}?job=${job}`, { cache: "no-store", signal });
    if (answer.status === 429 || answer.status === 503) {
      pause = Math.min(pause * 2, 30_000); // busy
      continue;
    }
    if (!answer.ok) throw new Error(`the job was lost: ${answer.status}`);
    const { percent, result } = await answer.json();
    progress?.(percent);
    if (percent === 100) return result; // done: ask no more
  }
}
