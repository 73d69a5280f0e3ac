// Keeps the run of a step as the recording that the course ships: `make recordings` does it for every core step, at the
// moment at which its goal is reached.
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { expect, type Page } from "@playwright/test";
import { still } from "./reader";

const LESSONS = new URL("../../lessons/", import.meta.url);

/** Where the recording of a step is, if it is a core step. */
function place(lesson: string, step: string): URL | undefined {
  const folder = readdirSync(LESSONS).find((name) => name.replace(/^\d\d-/, "") === lesson && existsSync(new URL(`${name}/lesson.toml`, LESSONS)));
  if (!folder) throw new Error(`there is no lesson ${lesson}`);
  const manifest = readFileSync(new URL(`${folder}/lesson.toml`, LESSONS), "utf8");
  const found = manifest.split("[[step]]").find((part) => part.includes(`id = "${step}"`));
  if (!found) throw new Error(`${lesson} has no step ${step}`);
  return /^core = true$/m.test(found) ? new URL(`${folder}/recordings/${step}.jsonl`, LESSONS) : undefined;
}

/** Saves the run of the step that the page shows, by the button that a reader uses. */
export async function record(page: Page) {
  const [, lesson, step] = /lessons\/([^/]+)\/([^/#?]+)/.exec(page.url()) ?? [];
  const file = place(lesson, step);
  if (!file) return;
  // The last answers are still on their way, and belong into the picture.
  await expect(page.locator("#lab-save")).toBeEnabled();
  const run = page.locator("button.run");
  if ((await run.getAttribute("aria-pressed")) === "true") await run.click();
  await still(page);
  const download = page.waitForEvent("download");
  await page.locator("#lab-save").click();
  mkdirSync(new URL(".", file), { recursive: true });
  await (await download).saveAs(file.pathname);
}
