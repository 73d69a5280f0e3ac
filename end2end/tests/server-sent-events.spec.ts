// Lesson 4: every step's goal is reached by what a reader does, on live traffic; the claims hold for that run.
import { expect, test } from "../support/test";
import type { Reader } from "../support/reader";

const LESSON = "server-sent-events";

/** Cuts every connection of the lab, waits until the page knows, publishes, and waits until the stream is back. */
async function outage(reader: Reader, fault: number, updates: number) {
  const before = await reader.number("reconnects");
  await reader.page.locator(`#lab-fault-${fault}`).click();
  await reader.atLeast("reconnects", before + 1);
  await reader.publishAtOnce(updates);
  await expect(reader.page.locator(".fault[data-on=true] #lab-fault-" + fault)).toHaveCount(0, { timeout: 15_000 });
}

test("the stream as text", async ({ reader }) => {
  await reader.open("stream-as-text", LESSON);
  await reader.choose("prediction", "one");
  await reader.run();
  await reader.atLeast("messages", 1);
  await expect(reader.goal, "waiting alone does not reach it").toHaveAttribute("data-done", "false");
  await reader.publish();
  await reader.publish();
  await reader.done();
  expect(await reader.number("requests")).toBe(1);
  expect(await reader.number("delay_median"), "hardly more than one transit").toBeLessThan(400);
  await reader.pickLast();
  await expect(reader.lab.locator(".pc-sheet")).toContainText("event: alert");
  await reader.explain("unfinished");
});

test("three kinds", async ({ reader }) => {
  await reader.open("three-kinds", LESSON);
  await reader.choose("prediction", "unheard");
  await reader.run();
  await reader.atLeast("messages", 1);
  await reader.publish();
  await reader.publish();
  await reader.atLeast("published", 2);
  expect(await reader.number("delivered"), "nobody listened").toBe(0);
  await reader.set("named", "yes");
  await reader.atLeast("messages", 2);
  await reader.publish();
  await reader.page.locator("#lab-job").click();
  await reader.done();
  await reader.explain("no-name");
});

test.describe("with a network that breaks", () => {
  test.use({ breaks: true });

  test("it comes back", async ({ reader }) => {
    test.setTimeout(120_000);
    await reader.open("it-comes-back", LESSON);
    await reader.choose("prediction", "both");
    await reader.run();
    await reader.atLeast("requests", 1);
    await reader.publish();
    await reader.untilDone(() => outage(reader, 1, 2));
    expect(await reader.number("lost")).toBe(0);
    expect(await reader.number("requests"), "to the page it is the one request").toBe(1);
    await reader.explain("last-event-id");
  });

  test("what it takes", async ({ reader }) => {
    test.setTimeout(120_000);
    await reader.open("what-it-takes", LESSON);
    await reader.choose("prediction", "lost");
    await reader.run();
    await reader.atLeast("requests", 1);
    await reader.publish();
    await outage(reader, 2, 2);
    // What shows the gap is the next update that arrives.
    await expect
      .poll(async () => {
        await reader.publish();
        return reader.number("lost");
      }, { timeout: 30_000, intervals: [1000] })
      .toBeGreaterThanOrEqual(1);
    await reader.page.locator("#lab-fault-1").click();
    await reader.publish();
    await outage(reader, 2, 2);
    await reader.done();
    await reader.explain("no-number");
  });

  test("history too short", async ({ reader }) => {
    await reader.open("history-too-short", LESSON);
    await reader.choose("prediction", "two");
    await reader.run();
    await reader.atLeast("requests", 1);
    await reader.publish();
    await outage(reader, 2, 4);
    await reader.done();
    await reader.explain("server-says");
  });

  test("what ends it", async ({ reader }) => {
    test.setTimeout(120_000);
    await reader.open("what-ends-it", LESSON);
    await reader.choose("prediction", "for-good");
    for (const [fault, failed] of [
      [1, 1],
      [3, 2],
    ]) {
      await reader.run();
      await reader.atLeast("requests", failed);
      await reader.page.locator(`#lab-fault-${fault}`).click();
      await reader.page.locator("#lab-fault-4").click();
      await reader.atLeast("failed", failed);
      await reader.page.locator(`#lab-fault-${fault}`).click();
      await reader.page.locator("button.run").click();
    }
    await reader.done();
    await reader.explain("an-answer");
  });

  test("silence and comments", async ({ reader }) => {
    test.setTimeout(120_000);
    await reader.open("silence-and-comments", LESSON);
    await reader.choose("prediction", "again-and-again");
    await reader.run();
    await reader.atLeast("reconnects", 2);
    await expect(reader.goal).toHaveAttribute("data-done", "false");
    await reader.page.locator("#lab-fault-2").click();
    await reader.done();
    await reader.explain("bytes-move");
  });
});

test("six doors", async ({ reader }) => {
  await reader.open("six-doors", LESSON);
  await reader.choose("prediction", "six");
  await reader.run();
  // Over HTTP/1.1 Chromium opens six connections to one host: the seventh request is not even on the wire.
  await expect.poll(() => reader.number("connections")).toBe(6);
  expect(await reader.number("requests")).toBe(7);
  await reader.publish();
  await expect.poll(() => reader.number("delivered_by_hand")).toBe(1);
  expect(await reader.number("connections")).toBe(6);
  await reader.page.locator("#lab-leave").click();
  await expect.poll(() => reader.number("connections")).toBe(7);
  await reader.done();
  await reader.choose("reason", "browser-waits");
});
