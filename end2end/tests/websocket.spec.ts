// Lesson 5: every step's goal is reached by what a reader does, on live traffic; the claims hold for that run.
import { expect, test } from "../support/test";
import type { Reader } from "../support/reader";

const LESSON = "websocket";

/** Publishes until one more has arrived. */
async function deliver(reader: Reader) {
  const before = await reader.number("delivered");
  await reader.publish();
  await reader.atLeast("delivered", before + 1);
}

test("the handshake", async ({ reader }) => {
  await reader.open("the-handshake", LESSON);
  await reader.choose("prediction", "switch");
  await reader.run();
  await reader.atLeast("messages", 1);
  await expect(reader.goal, "waiting alone does not reach it").toHaveAttribute("data-done", "false");
  await reader.publish();
  await reader.publish();
  await reader.done();
  expect(await reader.number("requests")).toBe(1);
  await reader.pickLast();
  await expect(reader.lab.locator(".pc-sheet")).toContainText(/Sec-WebSocket-Accept/i);
  await reader.explain("changed");
});

test("both at once", async ({ reader }) => {
  await reader.open("both-at-once", LESSON);
  await reader.choose("prediction", "transit");
  await reader.run();
  await reader.atLeast("sent", 1);
  await reader.publish();
  await reader.atLeast("sent", 2);
  await reader.publish();
  await reader.done();
  const delay = await reader.number("delay_median");
  expect(delay, "one transit of half a second, beats or not").toBeLessThan(800);
  await reader.explain("two-directions");
});

test("what a message costs", async ({ reader }) => {
  test.setTimeout(120_000);
  await reader.open("what-a-message-costs", LESSON);
  await reader.choose("prediction", "falling");
  await reader.run();
  const price: number[] = [];
  for (const [row, technique] of ["short", "long", "sse", "socket"].entries()) {
    if (row > 0) await reader.set("technique", technique);
    const cells = reader.lab.locator(".compare tbody tr").nth(row).locator("td");
    const cell = async (column: number) => Number.parseFloat((await cells.nth(column).textContent()) ?? "");
    await expect.poll(() => cell(1), { timeout: 30_000 }).toBeGreaterThanOrEqual(3);
    price.push(await cell(3));
  }
  await reader.done();
  expect(price, "each costs less than the one before").toEqual([...price].sort((a, b) => b - a));
  await reader.explain("once");
});

test("bit by bit", async ({ reader }) => {
  await reader.open("bit-by-bit", LESSON);
  await reader.choose("prediction", "two-more");
  await reader.run();
  for (let update = 0; update < 3; update++) await deliver(reader);
  await reader.done();
  expect(await reader.number("bytes_per_update"), "eleven bytes, and two of the frame").toBe(13);
  await reader.explain("client-only");
});

test("fragments", async ({ reader }) => {
  await reader.open("fragments", LESSON);
  await reader.choose("prediction", "once");
  await reader.run();
  await deliver(reader);
  await deliver(reader);
  await reader.done();
  expect(await reader.number("messages"), "the page got messages, not pieces").toBe(2);
  await reader.explain("browser");
});

test.describe("with a network that breaks", () => {
  test.use({ breaks: true });

  test("what is not included", async ({ reader }) => {
    test.setTimeout(120_000);
    await reader.open("what-is-not-included", LESSON);
    await reader.choose("prediction", "stays-away");
    await reader.run();
    await deliver(reader);
    const cut = reader.page.locator("#lab-fault-1");
    await cut.click();
    await expect(reader.page.locator(".fault[data-on=true]")).toHaveCount(1);
    await expect(reader.page.locator(".fault[data-on=true]")).toHaveCount(0);
    expect(await reader.number("reconnects"), "nobody comes back by itself").toBe(0);
    await reader.set("reconnect", "fixed");
    await deliver(reader);
    await reader.untilDone(async () => {
      const before = await reader.number("reconnects");
      await cut.click();
      await reader.atLeast("reconnects", before + 1);
      await reader.publishAtOnce(2);
    });
    expect(await reader.number("lost")).toBe(0);
    await reader.explain("not-in-protocol");
  });

  test("closing", async ({ reader }) => {
    await reader.open("closing", LESSON);
    await reader.choose("prediction", "abnormal");
    await reader.run();
    await deliver(reader);
    await reader.page.locator("#lab-fault-1").click();
    await reader.done();
    await reader.lab.getByRole("button", { name: reader.said("picture.fit") }).click();
    await reader.pick("picture.shut");
    await expect(reader.lab.locator(".pc-sheet")).toContainText("1006");
    await reader.explain("nobody-sent");
  });
});

test("a shared pad", async ({ reader, page }) => {
  await reader.open("shared-pad", LESSON);
  await reader.choose("prediction", "post-each");
  const pads = page.locator("#lab-pad svg");
  /** Draws on the first surface, and waits until all of it is on the second. */
  async function draw(row: number, y: number) {
    await reader.run();
    await expect.poll(() => reader.cell(row, 0), "both are connected").toBeGreaterThanOrEqual(2);
    const pieces = (path: string | null) => (path ?? "").split("M").length - 1;
    const theirs = pads.nth(1).locator("path.theirs");
    const before = pieces(await theirs.getAttribute("d"));
    await pads.nth(0).scrollIntoViewIfNeeded();
    const box = await pads.nth(0).boundingBox();
    if (!box) throw new Error("the pad is not in sight");
    await page.mouse.move(box.x + 10, box.y + y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 10, box.y + y + 10, { steps: 14 });
    await page.mouse.up();
    await expect.poll(async () => pieces(await theirs.getAttribute("d"))).toBeGreaterThanOrEqual(before + 10);
    await page.locator("button.run").click();
  }
  await draw(3, 20);
  await expect.poll(() => reader.number("sent")).toBeGreaterThanOrEqual(10);
  const requests = await reader.number("requests");
  expect(requests, "no request for what is drawn").toBe(2);
  await reader.set("technique", "sse");
  await draw(2, 60);
  await reader.done();
  // The keyboard draws, too.
  await reader.run();
  await pads.nth(1).focus();
  for (const key of ["ArrowRight", "ArrowDown"]) await page.keyboard.press(key);
  await expect(pads.nth(0).locator("path.theirs")).toHaveAttribute("d", /M500 250L540 250/);
  await reader.choose("reason", "one-way");
});
