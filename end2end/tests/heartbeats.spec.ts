// Lesson 6: every step's goal is reached by what a reader does, on live traffic; the claims hold for that run.
import { expect, test } from "../support/test";
import type { Reader } from "../support/reader";

const LESSON = "heartbeats";

test.use({ breaks: true });
test.beforeEach(() => test.setTimeout(120_000));

const fault = (reader: Reader, id: number) => reader.page.locator(`#lab-fault-${id}`).click();

/** Publishes until one more has arrived: the way is open. */
async function open(reader: Reader) {
  const before = await reader.number("delivered");
  await reader.publish();
  await reader.atLeast("delivered", before + 1);
}

/** Waits for the newest word beside the browser's lifeline, or the server's. */
async function says(reader: Reader, state: string) {
  const word = reader.said(`picture.life_${state}`);
  await expect(reader.lab.locator("svg text").filter({ hasText: word }).last()).toBeAttached({ timeout: 30_000 });
}

test("half open", async ({ reader }) => {
  await reader.open("half-open", LESSON);
  await reader.choose("prediction", "never");
  await reader.run();
  await open(reader);
  await fault(reader, 1);
  await reader.publish();
  await reader.publish();
  await reader.atLeast("published", 3);
  expect(await reader.number("delivered"), "nothing comes through").toBe(1);
  await fault(reader, 1);
  await reader.set("beat", "1000");
  await open(reader);
  await fault(reader, 1);
  await says(reader, "dead");
  await reader.publish();
  await fault(reader, 1);
  await reader.done();
  await reader.explain("two-memories");
});

test("interval and timeout", async ({ reader }) => {
  await reader.open("interval-and-timeout", LESSON);
  await reader.choose("prediction", "both");
  await reader.run();
  await says(reader, "open");
  await fault(reader, 1);
  await reader.atLeast("reconnects", 2);
  await expect(reader.goal).toHaveAttribute("data-done", "false");
  // Only an open socket beats.
  await reader.atLeast("sent", (await reader.number("sent")) + 1);
  await fault(reader, 1);
  await reader.done();
  await reader.explain("next-question");
});

test("only the client knows", async ({ reader }) => {
  await reader.open("only-the-client-knows", LESSON);
  await reader.choose("prediction", "page");
  await reader.run();
  await open(reader);
  await fault(reader, 1);
  await says(reader, "dead");
  await fault(reader, 1);
  await reader.set("ping", "1000");
  await open(reader);
  await fault(reader, 1);
  await reader.done();
  await reader.explain("who-asks");
});

test("the whole cycle", async ({ reader }) => {
  await reader.open("the-whole-cycle", LESSON);
  await reader.choose("prediction", "new-socket");
  await reader.run();
  await open(reader);
  await fault(reader, 1);
  await says(reader, "dead");
  await reader.publishAtOnce(2);
  await reader.done();
  expect(await reader.number("lost")).toBe(0);
  await reader.explain("swallowed-handshake");
});

test("who beats", async ({ reader }) => {
  await reader.open("who-beats", LESSON);
  await reader.choose("prediction", "server");
  await reader.run();
  for (const id of [2, 1, 3]) {
    await open(reader);
    const before = await reader.number("reconnects");
    await fault(reader, id);
    await reader.atLeast("reconnects", before + 1);
    await fault(reader, id);
  }
  await reader.done();
  await reader.explain("own-question");
});

test("a false alarm", async ({ reader }) => {
  await reader.open("false-alarm", LESSON);
  await reader.choose("prediction", "dead");
  await reader.run();
  await open(reader);
  await fault(reader, 1);
  await reader.atLeast("reconnects", 2);
  await reader.publish();
  await reader.done();
  await reader.explain("lost-or-late");
});

test.describe("cut", () => {
  test.use({ breaks: true });

  test("the herd", async ({ reader, page }) => {
    test.setTimeout(120_000);
    await reader.open("the-herd", LESSON);
    await reader.choose("prediction", "a-thousand");
    const connected = async () =>
      Number(await page.locator('#lab-crowd [data-figure="figure.crowd_connected"] strong').textContent());
    const call = page.locator("#lab-crowd-call");
    await page.locator("#lab-crowd-size select").selectOption("100");
    await page.locator("#lab-crowd-technique select").selectOption("socket");
    for (const strategy of ["fixed", "jitter"]) {
      await page.locator("#lab-crowd-reconnect select").selectOption(strategy);
      await call.click();
      await expect.poll(connected, { timeout: 30_000 }).toBe(100);
      await page.locator("#lab-fault-1").click();
      await expect.poll(connected, "all were cut").toBeLessThan(100);
      await expect.poll(connected, { timeout: 30_000 }).toBe(100);
      if (strategy === "fixed") await call.click();
    }
    await reader.done();
    await reader.choose("reason", "same-start");
  });
});
