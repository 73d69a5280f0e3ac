// Lesson 3: every step's goal is reached by what a reader does, on live traffic; the claims hold for that run.
import { expect, test } from "../support/test";

test("hold and answer", async ({ reader }) => {
  test.setTimeout(120_000);
  await reader.open("hold-and-answer", "long-polling");
  await reader.choose("prediction", "one-way");
  await reader.run();
  await reader.atLeast("held", 1);
  await expect(reader.goal, "waiting alone does not reach it").toHaveAttribute("data-done", "false");
  await reader.publish();
  await reader.atLeast("held", 2);
  await reader.publish();
  await reader.done();
  expect(await reader.number("delay_median"), "hardly more than one transit, and far from half a second").toBeLessThan(400);
  await reader.explain("waits-for-answer");
});

test("between two holds", async ({ reader }) => {
  test.setTimeout(120_000);
  await reader.open("between-two-holds", "long-polling");
  await reader.choose("prediction", "two");
  await reader.run();
  const three = async (held: number) => {
    await reader.whole("held", held);
    // The second comes when the first has ended the hold and the next has not begun: within a round trip.
    await reader.publishTwice(40);
    await reader.whole("held", held + 1);
    await reader.publish();
  };
  await three(1);
  await reader.atLeast("lost", 1);
  expect(await reader.number("lost")).toBeLessThanOrEqual(2);
  const held = await reader.number("held");
  await reader.set("cursor", "yes");
  const lost = await reader.number("lost");
  await reader.whole("held", held + 1);
  for (let update = 0; update < 3; update++) await reader.publish();
  await reader.done();
  expect(await reader.number("lost"), "with a cursor none").toBe(lost);
  await reader.explain("nobody-asked");
});

test("every hold ends", async ({ reader }) => {
  test.setTimeout(120_000);
  await reader.open("every-hold-ends", "long-polling");
  await reader.choose("prediction", "empty-answer");
  await reader.run();
  await reader.atLeast("empty", 2);
  const held = await reader.whole("held", 1);
  await reader.set("hold", "20000");
  await reader.whole("held", held + 1);
  await reader.publish();
  await reader.done();
  await reader.explain("timeouts");
});

test("giving up", async ({ reader }) => {
  await reader.open("giving-up", "long-polling");
  await reader.choose("prediction", "lets-go");
  await reader.run();
  await reader.whole("held", 1);
  await reader.page.locator("button.run").click();
  await reader.atLeast("freed", 1);
  await reader.run();
  await reader.whole("held", 2);
  await reader.publish();
  await reader.done();
  await reader.explain("connection-closed");
});

test("a burst", async ({ reader }) => {
  test.setTimeout(120_000);
  await reader.open("a-burst", "long-polling");
  await reader.choose("prediction", "four-round-trips");
  await reader.run();
  await reader.atLeast("answers", 5);
  await reader.set("batch", "yes");
  await reader.done();
  await reader.explain("exchange-each");
});

test("what holding costs", async ({ reader, page }) => {
  test.setTimeout(120_000);
  await reader.open("what-holding-costs", "long-polling");
  await reader.choose("prediction", "long");
  const panel = page.locator("#lab-crowd");
  const shows = (figure: string) => async () =>
    Number(await panel.locator(`[data-figure="figure.${figure}"] strong`).textContent());
  const call = page.locator("#lab-crowd-call");
  // A hundred, twenty times: a thousand would take the processor from the tests beside this one.
  await page.locator("#lab-crowd-size select").selectOption("100");
  await page.locator("#lab-crowd-technique select").selectOption("short");
  await call.click();
  await expect.poll(shows("crowd_requests"), { timeout: 60_000 }).toBeGreaterThanOrEqual(2000);
  expect(await shows("crowd_held")(), "polls are answered at once").toBeLessThan(50);
  await call.click();
  await page.locator("#lab-crowd-technique select").selectOption("long");
  await call.click();
  await expect.poll(shows("crowd_held"), { timeout: 30_000 }).toBe(100);
  expect(await shows("crowd_requests")(), "a request each, and no more").toBeLessThanOrEqual(200);
  await reader.run();
  await reader.publishAtOnce(10);
  await reader.done();
  await reader.explain("stays");
});
