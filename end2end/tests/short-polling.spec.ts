// Lesson 2: every step's goal is reached by what a reader does, on live traffic; the claims hold for that run.
// Each language is walked for itself (playwright.config.ts), since its pages are others: the words are, and what they link.
import { expect, test } from "../support/test";

test("most answers are empty", async ({ reader }) => {
  await reader.open("mostly-empty");
  await expect(reader.page.locator("#lab-run"), "the prediction comes first").toBeDisabled();
  await reader.choose("prediction", "eighty");
  await reader.run();
  await reader.atLeast("answers", 3);
  await expect(reader.goal, "waiting alone does not reach it").toHaveAttribute("data-done", "false");
  await reader.publish();
  await reader.done();
  expect(await reader.number("empty_share")).toBeGreaterThan(40);
  await reader.explain("by-the-clock");
});

test("what an empty envelope costs", async ({ reader }) => {
  await reader.open("empty-envelope");
  await reader.choose("prediction", "above-twenty");
  await reader.run();
  await reader.publish();
  await reader.atLeast("wasted_bytes", 1);
  await reader.pick("picture.nothing_new");
  const details = reader.page.locator(".pc-details");
  await expect(details).toContainText("GET /l/");
  await expect(details).toContainText("HTTP/1.1 200 OK");
  await reader.done();
  expect(await reader.number("head_per_payload"), "more envelope than letter, many times over").toBeGreaterThan(5);
  await reader.explain("whole-message");
});

test("an old answer wins", async ({ reader }) => {
  await reader.open("out-of-order");
  await reader.choose("prediction", "older");
  await expect(reader.lab.locator(".fault")).toHaveAttribute("data-on", "true");
  await reader.run();
  await reader.atLeast("turned_back", 1);
  await reader.pick("picture.goes_back");
  await reader.done();
  await expect(reader.page.locator(".pc-details")).toContainText(reader.said("picture.happened_back"));
  await reader.explain("two-connections");
});

test("three cures", async ({ reader }) => {
  test.setTimeout(180_000);
  await reader.open("three-cures");
  await reader.choose("prediction", "no-overlap");
  await reader.run();
  for (const [cure, figure] of [
    ["sequence", "ignored"],
    ["abort", "aborted"],
    ["no_overlap", "skipped"],
  ] as const) {
    await reader.set("cure", cure);
    const answers = await reader.number("answers");
    await reader.atLeast(figure, 1);
    await reader.atLeast("answers", answers + 6);
  }
  await reader.done();
  await reader.explain("never-older");
});

test("the job's result arrives once", async ({ reader }) => {
  await reader.open("the-job");
  await reader.choose("prediction", "sooner-known");
  await reader.set("interval", "500");
  await reader.run();
  await reader.atLeast("jobs_done", 1);
  await expect(reader.page.locator("button.run"), "it stops by itself").toHaveAttribute("aria-pressed", "false");
  await reader.set("interval", "2000");
  await reader.run();
  await reader.done();
  expect(await reader.number("job_results")).toBe(2);
  await reader.explain("only-answers");
});

test("the delay is half the interval", async ({ reader }) => {
  await reader.open("half-the-interval");
  await reader.choose("prediction", "half");
  await reader.run();
  for (const count of [1, 2, 3]) {
    await reader.publish();
    await reader.atLeast("delivered_by_hand", count);
  }
  await reader.done();
  const mean = await reader.page.evaluate(() => {
    const figure = document.querySelector('[data-figure="figure.delay_mean"]');
    const value = Number.parseFloat(figure?.querySelector("strong")?.textContent ?? "");
    return figure?.querySelector("em")?.textContent === "s" ? value * 1000 : value;
  });
  // Half of 2 s, and the distance once. The claim's 15% over 200 updates is asserted by the wire test.
  expect(mean).toBeGreaterThan(700);
  expect(mean).toBeLessThan(1700);
  await reader.explain("random-moment");
});

test("only if it changed", async ({ reader }) => {
  await reader.open("ask-conditionally");
  await reader.choose("prediction", "head-only");
  await reader.run();
  await reader.atLeast("answers", 5);
  await reader.set("ask", "board_if_changed");
  await reader.done();
  expect(await reader.number("not_modified")).toBeGreaterThanOrEqual(5);
  await reader.explain("cache-fills-in");
});

test("a step with the keyboard alone", async ({ reader, page, language }) => {
  await reader.open("mostly-empty");
  const press = async (selector: string, key = "Enter") => {
    const target = page.locator(selector);
    await expect(target).toBeEnabled();
    // Tab until it has the focus, as a reader without a mouse does.
    for (let tabs = 0; tabs < 120; tabs++) {
      if (await target.evaluate((element) => element === document.activeElement)) break;
      await page.keyboard.press("Tab");
    }
    await expect(target).toBeFocused();
    await page.keyboard.press(key);
  };
  // A group of radio buttons is one stop; the arrows move inside it.
  await press(".choice[data-which=prediction] .option:first-child input, .choice[data-which=prediction] .option input >> nth=0", "Space");
  for (let down = 0; down < 3; down++) await page.keyboard.press("ArrowDown");
  await press(".choice[data-which=prediction] button.lock");
  await press("#lab-run");
  await reader.atLeast("answers", 2);
  await press("#lab-publish");
  await reader.done();
  await expect(page.locator("html")).toHaveAttribute("lang", language === "zh" ? "zh-Hans" : "en");
  await page.keyboard.press("Escape");
  await page.locator("h1").click();
  await page.keyboard.press("ArrowRight");
  await expect(page).toHaveURL(/empty-envelope/);
});
