// Lesson 1: every step's goal is reached by what a reader does, on live traffic; the claims hold for that run, and for
// Chromium: six connections to a host and port, which are used again while the server keeps them.
import { expect, test } from "../support/test";
import type { Reader } from "../support/reader";

/** Makes visits: each so many milliseconds after the one before was over. */
async function visit(reader: Reader, after: number[] = [0]) {
  const run = reader.page.locator("button.run");
  await expect(run).toBeEnabled();
  // In one go, and looked at in every frame: what counts is the time since the last answer.
  await run.evaluate(async (button: HTMLButtonElement, after) => {
    const pressed = async (wanted: string) => {
      while (button.getAttribute("aria-pressed") !== wanted) await new Promise(requestAnimationFrame);
    };
    for (const wait of after) {
      await new Promise((resume) => setTimeout(resume, wait));
      button.click();
      await pressed("true");
      await pressed("false");
    }
  }, after);
}

test("nine resources, nine connections", async ({ reader }) => {
  await reader.open("nine-resources", "connections");
  await reader.choose("prediction", "three");
  await visit(reader);
  await reader.whole("answers", 9);
  expect(await reader.number("opened_new"), "a connection for each").toBe(9);
  expect(await reader.number("reused")).toBe(0);
  await expect(reader.goal).toHaveAttribute("data-done", "false");
  await reader.set("closing", "no");
  await visit(reader);
  await reader.whole("answers", 18);
  await reader.done();
  expect(await reader.number("opened_new"), "at most six more").toBeLessThanOrEqual(15);
  expect(await reader.number("reused")).toBeGreaterThanOrEqual(3);
  await visit(reader);
  await reader.whole("answers", 27);
  expect(await reader.number("opened_new"), "and none for a third visit").toBeLessThanOrEqual(15);
  await reader.explain("handshakes");
});

test("the header line", async ({ reader }) => {
  await reader.open("the-header-line", "connections");
  await reader.choose("prediction", "nothing");
  await visit(reader);
  await visit(reader);
  await reader.atLeast("reused", 1);
  await reader.pickLast();
  await expect(reader.lab.locator(".pc-sheet"), "the browser says it").toContainText("Connection: keep-alive");
  await reader.set("closing", "yes");
  await visit(reader);
  await reader.atLeast("said_close", 1);
  expect(await reader.number("said_keep_alive"), "the server does not").toBe(0);
  await expect(reader.goal).toHaveAttribute("data-done", "false");
  await reader.pickLast();
  await expect(reader.lab.locator(".pc-sheet")).toContainText("connection: close");
  await reader.done();
  await reader.explain("old-clients");
});

test("the keep-alive time", async ({ reader }) => {
  await reader.open("keep-alive-time", "connections");
  await reader.choose("prediction", "two");
  await visit(reader, [0, 1000]);
  await reader.atLeast("answers", 2);
  expect([await reader.number("opened_new"), await reader.number("reused")], "reuse after a second").toEqual([1, 1]);
  await reader.atLeast("server_closed", 1);
  await expect(reader.goal, "waiting alone does not reach it").toHaveAttribute("data-done", "false");
  await visit(reader);
  await reader.done();
  expect([await reader.number("opened_new"), await reader.number("reused")], "and none once the server has closed it").toEqual([2, 1]);
  await reader.explain("server-ends");
});

test("three things called long", async ({ reader }) => {
  await reader.open("three-called-long", "connections");
  await reader.choose("prediction", "all-three");
  await visit(reader);
  await reader.set("technique", "long");
  await reader.run();
  await reader.atLeast("held", 1);
  await reader.publish();
  await reader.atLeast("held", 2);
  await reader.set("technique", "sse");
  const opens = reader.lab.locator("svg text").filter({ hasText: reader.said("picture.stream_opens") });
  await expect(opens.first()).toBeAttached();
  await reader.publish();
  await reader.done();
  await reader.explain("under-way");
});

test("the last moment", async ({ reader }) => {
  test.setTimeout(120_000);
  await reader.open("the-last-moment", "connections");
  await reader.choose("prediction", "again");
  // The window is a second wide. Who misses it counts anew, as a reader would.
  for (let attempt = 0; attempt < 6 && (await reader.goal.getAttribute("data-done")) !== "true"; attempt++) {
    await visit(reader, [0, 2150 + 100 * attempt]);
    await reader.atLeast("answers", 2 * (attempt + 1));
  }
  await reader.done();
  await reader.explain("did-not-know");
});
