// Lesson 9: every step's goal is reached by what a reader does, on live traffic; the claims hold for that run.
import { spawn } from "node:child_process";
import { expect, test } from "../support/test";
import type { Reader } from "../support/reader";

const LESSON = "choosing";
const [LONG, SSE, SOCKET] = [1, 2, 3];

/** Runs, waits until the way that was taken is at work, publishes one, and pauses. */
async function publishBy(reader: Reader, row: number) {
  await reader.run();
  await expect.poll(() => reader.cell(row, 0), "it asked this way").toBeGreaterThanOrEqual(1);
  const before = await reader.cell(row, 1);
  await reader.publish();
  await expect.poll(() => reader.cell(row, 1)).toBe((before || 0) + 1);
  await reader.page.locator("button.run").click();
}

test("old browsers", async ({ reader }) => {
  await reader.open("old-browsers", LESSON);
  await reader.choose("prediction", "polls");
  await publishBy(reader, SOCKET);
  await reader.set("old_browser", "socket");
  await publishBy(reader, SSE);
  await reader.set("old_browser", "both");
  await publishBy(reader, LONG);
  await reader.done();
  await reader.choose("reason", "held-request");
});

test.describe("broken", () => {
  test.use({ breaks: true });

  test("the ladder", async ({ reader }) => {
    await reader.open("the-ladder", LESSON);
    await reader.choose("prediction", "steps-down");
    await reader.page.locator("#lab-fault-1").click();
    await expect(reader.lab.locator(".fault[data-on=true]")).toHaveCount(1);
    await publishBy(reader, SSE);
    await reader.page.locator("#lab-fault-2").click();
    await expect(reader.lab.locator(".fault[data-on=true]")).toHaveCount(2);
    await publishBy(reader, LONG);
    await reader.done();
    await expect(reader.lab.locator(".compare tbody tr").nth(SOCKET), "the handshakes are there").toBeVisible();
    await reader.choose("reason", "nothing-came");
  });

  test("the final project: the lesson's own program passes", async ({ reader, page }) => {
    test.setTimeout(120_000);
    await reader.open("final-project", LESSON);
    await reader.choose("prediction", "cursor");
    const socket = page.waitForEvent("websocket", (socket) => /\/l\/[a-z0-9]+\/socket/.test(socket.url()));
    await reader.run();
    const lab = /^ws(.*\/l\/[a-z0-9]+)\//.exec((await socket).url())?.[1];
    const board = spawn("python3", ["../lessons/09-choosing/code/board.py", `http${lab}`], { stdio: "ignore" });
    try {
      await reader.atLeast("outside_delivered", 1);
      // Each fault once: a cut, an error, and slow answers all the while.
      await page.locator("#lab-fault-2").click();
      await page.locator("#lab-fault-1").click();
      await expect(page.locator("#lab-fault-1").locator("xpath=ancestor::div[1]")).toHaveAttribute("data-on", "false");
      await page.locator("#lab-fault-3").click();
      await reader.done();
      expect(await reader.number("outside_lost")).toBe(0);
    } finally {
      board.kill();
    }
    await reader.explain("changes-nothing");
  });
});

test("the three rules", async ({ reader }) => {
  test.setTimeout(120_000);
  await reader.open("the-three-rules", LESSON);
  await reader.choose("prediction", "by-task");
  await reader.run();
  for (let row = 0; row < 4; row++) await expect.poll(() => reader.cell(row, 0)).toBeGreaterThanOrEqual(1);
  await reader.publish();
  await reader.done();
  await reader.page.locator("button.run").click();
  await reader.choose("reason", "who-speaks");
  // What was measured is there where the reader chooses.
  await reader.page.goto(`/${reader.locale}/choose`);
  await expect(reader.page.locator(".evidence tbody tr")).toHaveCount(4);
});
