// Lesson 0: every step's goal is reached by what a reader does, on live traffic; the claims hold for that run.
import { expect, test } from "../support/test";

const LESSON = "four-ways";

test("one after another", async ({ reader }) => {
  await reader.open("one-after-another", LESSON);
  await reader.choose("prediction", "none");
  await reader.run();
  for (const [row, technique] of ["short", "long", "sse", "socket"].entries()) {
    if (row > 0) await reader.set("technique", technique);
    const delivered = reader.row(row).nth(1);
    await expect.poll(() => reader.cell(row, 0), "its request is out").toBeGreaterThanOrEqual(1);
    await reader.publish();
    await expect(delivered).toHaveText(/^1/);
  }
  await reader.done();
  await reader.choose("reason", "asked-before");
});

test("side by side", async ({ reader }) => {
  await reader.open("side-by-side", LESSON);
  await reader.choose("prediction", "short");
  await reader.run();
  for (let row = 0; row < 4; row++) {
    await expect.poll(() => reader.cell(row, 0), "each has asked").toBeGreaterThanOrEqual(1);
  }
  for (let update = 1; update <= 3; update++) {
    await reader.publish();
    for (let row = 0; row < 4; row++) {
      await expect.poll(() => reader.cell(row, 1), { timeout: 15_000 }).toBeGreaterThanOrEqual(update);
    }
  }
  await reader.done();
  await expect(reader.lab.locator(".pc-seat"), "a column each").toHaveCount(4);
  const delays = await reader.delays();
  expect(Math.max(...delays.slice(1)), "who asks by the clock has it last").toBeLessThan(delays[0]);
  await reader.choose("reason", "waits-for-question");
});
