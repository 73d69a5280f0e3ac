// Every test fails on whatever the console complains of.
import { test as base, expect } from "@playwright/test";
import { Reader } from "./reader";
import type { Locale } from "./words";

export const test = base.extend<{ language: Locale; reader: Reader; console: string[] }>({
  language: ["en", { option: true }],
  console: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(String(error)));
      await use(complaints);
      expect(complaints, "the console stays clean").toEqual([]);
    },
    { auto: true },
  ],
  reader: async ({ page, language }, use) => use(new Reader(page, language)),
});

export { expect };
