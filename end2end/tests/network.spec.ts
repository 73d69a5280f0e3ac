// Lesson 7: every patient is found out and cured by what a reader does, on live traffic.
import { expect, test } from "../support/test";
import type { Reader } from "../support/reader";

const LESSON = "network";

test.use({ breaks: true });
test.beforeEach(() => test.setTimeout(120_000));

/** Opens a patient: nothing tells its illness. */
async function open(reader: Reader, patient: string, suspicion: string) {
  await reader.open(patient, LESSON);
  await expect(reader.lab.locator("#lab-faults")).toBeHidden();
  await expect(reader.lab.getByText(reader.said("lab.secret"))).toBeVisible();
  await reader.choose("prediction", suspicion);
  await reader.run();
}

/** Names it: only then the lab tells what it was. */
async function name(reader: Reader, reason: string) {
  await reader.explain(reason);
  await expect(reader.lab.getByText(reader.said("lab.secret"))).toBeHidden();
}

test("the field guide", async ({ reader }) => {
  await reader.open("field-guide", LESSON);
  await reader.choose("prediction", "askers");
  await reader.run();
  await expect.poll(() => reader.cell(3, 1), { timeout: 30_000 }).toBeGreaterThanOrEqual(2);
  await reader.page.locator("#lab-faults").evaluate((faults: HTMLDetailsElement) => (faults.open = true));
  await reader.page.locator("#lab-fault-4").click();
  await reader.done();
  await reader.explain("bytes-to-carry");
});

test("patient A", async ({ reader }) => {
  await open(reader, "patient-a", "time-limit");
  await reader.atLeast("held", 2);
  await reader.set("hold", "2000");
  for (let update = 0; update < 3; update++) {
    const before = await reader.number("delivered");
    await reader.publishAtOnce(1);
    await reader.atLeast("delivered", before + 1);
  }
  await reader.done();
  await name(reader, "same-age");
});

test("patient B", async ({ reader }) => {
  await open(reader, "patient-b", "stale-cache");
  await reader.atLeast("delivered", 3);
  await reader.set("ask", "board");
  await reader.done();
  await name(reader, "never-arrived");
});

test("patient C", async ({ reader }) => {
  await open(reader, "patient-c", "buffering");
  await reader.atLeast("delivered", 3);
  expect(await reader.number("delay_max")).toBeGreaterThan(1);
  await reader.set("technique", "long");
  await reader.done();
  await name(reader, "same-size");
});

test("patient D", async ({ reader }) => {
  await open(reader, "patient-d", "forgotten");
  await reader.page.locator("#lab-reset").click();
  await reader.set("beat", "1000");
  await reader.run();
  await reader.done();
  await name(reader, "after-silence");
});

test("patient E", async ({ reader }) => {
  await open(reader, "patient-e", "restart");
  await reader.set("reconnect", "jitter");
  await reader.done();
  await name(reader, "in-the-middle");
});

test("patient F", async ({ reader }) => {
  await open(reader, "patient-f", "stripped");
  await reader.set("technique", "sse");
  await reader.done();
  await name(reader, "ordinary-answer");
});

test("patient G", async ({ reader }) => {
  await open(reader, "patient-g", "slow-reader");
  await reader.atLeast("delivered", 10);
  await reader.page.locator("#lab-reset").click();
  await reader.set("binary", "binary");
  await reader.run();
  await reader.done();
  await name(reader, "grows");
});
