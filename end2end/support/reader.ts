// A reader at a step of a lesson, doing what it asks.
import { expect, type Locator, type Page } from "@playwright/test";
import { record } from "./recordings";
import { said, type Locale } from "./words";

/** Waits until the figures stand still: nothing comes any more. */
export async function still(page: Page) {
  const ledger = page.locator("#lab-ledger");
  let before = "";
  const same = async () => {
    const now = (await ledger.textContent()) ?? "";
    const stands = now === before;
    before = now;
    return stands;
  };
  await expect.poll(same, { intervals: [500] }).toBe(true);
}

export class Reader {
  constructor(
    readonly page: Page,
    readonly locale: Locale = "en",
  ) {}

  async open(step: string, lesson = "short-polling") {
    await this.page.goto(`/${this.locale}/lessons/${lesson}/${step}`);
    await expect(this.page.locator(".choice[data-which=prediction]")).toHaveAttribute("data-hydrated", "true");
    await expect(this.lab).toHaveAttribute("data-hydrated", "true");
  }

  get lab(): Locator {
    return this.page.locator("section.lab");
  }

  get goal(): Locator {
    return this.page.locator("section.goal");
  }

  figure(name: string): Locator {
    return this.lab.locator(`[data-figure="figure.${name}"] strong`).first();
  }

  async number(name: string): Promise<number> {
    const text = (await this.figure(name).textContent()) ?? "";
    return Number.parseFloat(text.replace("–", "NaN"));
  }

  async choose(which: "prediction" | "reason", option: string) {
    const choice = this.page.locator(`.choice[data-which=${which}]`);
    await choice.locator(`[data-option="${option}"] input`).check();
    await choice.locator("button.lock").click();
    await expect(choice.locator("button.lock")).toBeHidden();
  }

  async run() {
    const run = this.page.locator("button.run");
    await expect(run).toBeEnabled();
    await run.click();
    await expect(run).toHaveAttribute("aria-pressed", "true");
  }

  async publish() {
    await this.page.locator("#lab-publish").click();
  }

  /** Publishes several in one go: they belong into a short time, and a busy machine clicks slowly. */
  async publishAtOnce(count: number) {
    const button = this.page.locator("#lab-publish");
    await expect(button).toBeEnabled();
    await button.evaluate((button: HTMLButtonElement, count) => {
      for (let n = 0; n < count; n++) button.click();
    }, count);
  }

  /** Publishes twice, so many milliseconds apart: the page's own clock is quicker than a click from here. */
  async publishTwice(apart: number) {
    const button = this.page.locator("#lab-publish");
    await expect(button).toBeEnabled();
    await button.evaluate(async (button: HTMLButtonElement, apart) => {
      button.click();
      await new Promise((later) => setTimeout(later, apart));
      button.click();
    }, apart);
  }

  async set(control: string, value: string) {
    await this.page.locator(`#lab-${control} select`).selectOption(value);
  }

  /** What the page says in the reader's language. */
  said(name: string): RegExp {
    return said(this.locale, name);
  }

  /** Picks the newest exchange in the picture whose name says this. */
  async pick(words: string) {
    const name = this.said(words);
    // In one go: the picture goes on, and what was the newest a moment ago is another arrow now.
    const click = (lab: Element, source: string) => {
      const arrows = [...lab.querySelectorAll("[data-x][aria-label]")].filter((arrow) => arrow.checkVisibility());
      const named = (arrow: Element) => new RegExp(source).test(arrow.getAttribute("aria-label") ?? "");
      const found = arrows.findLast(named);
      found?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      return found !== undefined;
    };
    await expect.poll(() => this.lab.evaluate(click, name.source), { timeout: 30_000 }).toBe(true);
  }

  /** Picks the newest exchange in the picture. */
  async pickLast() {
    await this.lab.evaluate((lab) => {
      const arrows = [...lab.querySelectorAll("[data-x][aria-label]")].filter((arrow) => arrow.checkVisibility());
      arrows.at(-1)?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    });
    await expect(this.lab.locator(".pc-sheet")).toBeVisible();
  }

  async still() {
    await still(this.page);
  }

  async done() {
    await expect(this.goal).toHaveAttribute("data-done", "true", { timeout: 60_000 });
    if (process.env.RECORD) await record(this.page);
  }

  /** Does it, and does it again until the goal is met: on a busy machine an outage can be over before anybody publishes. */
  async untilDone(act: () => Promise<void>) {
    await expect(async () => {
      await act();
      await expect(this.goal).toHaveAttribute("data-done", "true", { timeout: 10_000 });
    }).toPass({ timeout: 80_000 });
    await this.done();
  }

  async atLeast(figure: string, value: number) {
    await expect.poll(() => this.number(figure), { timeout: 60_000 }).toBeGreaterThanOrEqual(value);
  }

  /** Waits for a figure of the fold-out or the strip to reach a number, and gives it. */
  async whole(figure: string, value: number): Promise<number> {
    await this.atLeast(figure, value);
    return this.number(figure);
  }

  /** The cells of a technique in the table that compares them: requests, delivered, median delay, bytes per update. */
  row(technique: number): Locator {
    return this.lab.locator(".compare tbody tr").nth(technique).locator("td");
  }

  async cell(technique: number, column: number): Promise<number> {
    return Number.parseFloat((await this.row(technique).nth(column).textContent()) ?? "");
  }

  /** The median delays of the four techniques, in milliseconds. */
  async delays(): Promise<number[]> {
    const texts = await Promise.all([0, 1, 2, 3].map((row) => this.row(row).nth(2).textContent()));
    return texts.map((text) => Number.parseFloat(text ?? "") * (/\bms$/.test(text ?? "") ? 1 : 1000));
  }

  /** Chooses the reason; the explanation opens with prediction and measurement side by side. */
  async explain(reason: string) {
    await this.choose("reason", reason);
    await expect(this.page.locator("section.explain")).toHaveAttribute("data-open", "true");
    await expect(this.page.locator("section.explain .against")).toBeVisible();
  }
}
