// The code that lessons 0 and 2 show, run as it stands there, against a real lab.
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect, test } from "../support/test";

const source = (file: string, lesson = "02-short-polling") =>
  readFileSync(new URL(`../../lessons/${lesson}/code/${file}`, import.meta.url), "utf8");
const load = (file: string) => import(`data:text/javascript,${encodeURIComponent(source(file))}`);

/** Opens the free lab, lets it run, and says where it is. */
async function lab(page: Page): Promise<string> {
  const made = page.waitForResponse((answer) => answer.url().endsWith("/api/labs"));
  await page.goto("/en/lab");
  const { lab, origin } = (await (await made).json()) as { lab: string; origin: string };
  await expect(page.locator("button.run")).toBeEnabled();
  await page.locator("button.run").click();
  return `${origin}/l/${lab}`;
}

test("poll.js shows every update once", async ({ page }) => {
  const base = await lab(page);
  const { poll } = await load("poll.js");
  const seen: number[] = [];
  const end = new AbortController();
  poll({ url: `${base}/poll`, interval: 200, show: (update: { seq: number }) => seen.push(update.seq), signal: end.signal });
  for (let published = 0; published < 3; published++) await page.locator("#lab-publish").click();
  await expect.poll(() => seen.length).toBeGreaterThanOrEqual(3);
  end.abort();
  expect(seen).toEqual(seen.map((_, at) => at + 1));
});

test("cures.js never turns the board back", async ({ page }) => {
  const base = await lab(page);
  const cures = await load("cures.js");
  for (const cure of ["sequence", "abort", "noOverlap"]) {
    const versions: number[] = [];
    const end = new AbortController();
    const show = (list: { version: number }) => versions.push(list.version);
    cures[cure]({ url: `${base}/board`, interval: 400, show, signal: end.signal });
    await expect.poll(() => versions.length, { timeout: 30_000, message: cure }).toBeGreaterThanOrEqual(6);
    end.abort();
    expect(versions, cure).toEqual([...versions].sort((a, b) => a - b));
  }
});

test("job.js brings the result", async ({ page }) => {
  const base = await lab(page);
  const { job } = await load("job.js");
  const percents: number[] = [];
  const result = await job({ url: `${base}/job`, interval: 500, progress: (percent: number) => percents.push(percent) });
  expect(result).toBeTruthy();
  expect(percents.filter((percent) => percent === 100)).toHaveLength(1);
});

test("conditional.js gets a 304 on the wire and a list in the script", async ({ page }) => {
  const base = await lab(page);
  await page.locator("#lab-publish").click();
  // In the page, since the cache that it leaves the work to is the browser's.
  await page.evaluate(`(() => { ${source("conditional.js").replace("export ", "")}
    window.shown = []; poll({ url: "${base}/board/cached", interval: 400, show: (list) => shown.push(list.version) }) })()`);
  // Over the wire went a head alone (counted as 300 bytes by the browser), and the script got a whole list all the same.
  const revalidated = () =>
    page.evaluate(() => {
      const entries = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
      const polls = entries.filter((entry) => entry.name.endsWith("/board/cached") && entry.encodedBodySize > 0);
      return polls.filter((entry) => entry.transferSize > 0 && entry.transferSize < 300 + entry.encodedBodySize).length;
    });
  await expect.poll(revalidated).toBeGreaterThanOrEqual(1);
  expect(await page.evaluate("shown.length")).toBeGreaterThanOrEqual(1);
});

test("four.js hears every update once, in each of its four ways", async ({ page }) => {
  const base = await lab(page);
  // In the page, since two of the ways are the browser's own.
  await page.evaluate(`(() => { ${source("four.js", "00-four-ways").replaceAll("export ", "")}
    window.heard = {};
    for (const way of [shortPolling, longPolling, serverSentEvents, webSocket]) {
      const seen = (window.heard[way.name] = []);
      way({ url: "${base}", interval: 200, show: ({ seq }) => seen.push(seq) });
    } })()`);
  for (let published = 0; published < 3; published++) await page.locator("#lab-publish").click();
  const heard = () => page.evaluate("window.heard") as Promise<Record<string, number[]>>;
  const fewest = async () => Math.min(...Object.values(await heard()).map((seen) => seen.length));
  await expect.poll(fewest, { timeout: 15_000 }).toBeGreaterThanOrEqual(3);
  for (const [way, seen] of Object.entries(await heard())) expect(seen, way).toEqual(seen.map((_, at) => at + 1));
});
