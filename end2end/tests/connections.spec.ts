// Lesson 1: every step's goal is reached by what a reader does, on live traffic; the claims hold for that run, and for
// Chromium: six connections to a host and port, which are used again while the server keeps them.
import { expect, test } from "../support/test";
import type { Reader } from "../support/reader";

/** Starts a visit and waits until it is over. */
async function visit(reader: Reader) {
  const run = reader.page.locator("button.run");
  await expect(run).toBeEnabled();
  // Looked at in every frame: what follows is a matter of seconds since the last answer.
  await run.evaluate(async (button: HTMLButtonElement) => {
    const pressed = async (wanted: string) => {
      while (button.getAttribute("aria-pressed") !== wanted) await new Promise(requestAnimationFrame);
    };
    button.click();
    await pressed("true");
    await pressed("false");
  });
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
  await visit(reader);
  await reader.page.waitForTimeout(1000);
  await visit(reader);
  await reader.atLeast("reused", 1);
  expect(await reader.number("opened_new"), "reuse after a second").toBe(1);
  await reader.atLeast("server_closed", 1);
  await expect(reader.goal, "waiting alone does not reach it").toHaveAttribute("data-done", "false");
  await reader.page.waitForTimeout(1000);
  await visit(reader);
  await reader.done();
  expect([await reader.number("opened_new"), await reader.number("reused")], "and none after three").toEqual([2, 1]);
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
  await expect(reader.lab.locator(".pc-paper")).toBeVisible();
  await reader.page.waitForTimeout(500);
  await reader.publish();
  await reader.done();
  await reader.explain("under-way");
});

test("the last moment", async ({ reader }) => {
  test.setTimeout(120_000);
  await reader.open("the-last-moment", "connections");
  await reader.choose("prediction", "again");
  await visit(reader);
  for (let attempt = 0; attempt < 5 && (await reader.goal.getAttribute("data-done")) !== "true"; attempt++) {
    await reader.page.waitForTimeout(2300);
    await visit(reader);
  }
  await reader.done();
  await reader.explain("did-not-know");
});
