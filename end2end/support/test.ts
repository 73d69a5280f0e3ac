// Every test fails on whatever the console complains of.
import { test as base, expect } from "@playwright/test";
import { Reader } from "./reader";
import type { Locale } from "./words";

/** What Chromium says of a connection that failed, or of an answer that it did not expect. */
const BROKEN = /net::ERR_|Failed to (load resource|fetch)|WebSocket connection to|EventSource's response/;

export const test = base.extend<{ language: Locale; reader: Reader; breaks: boolean; console: string[] }>({
  language: ["en", { option: true }],
  // Whether the test breaks the network on purpose: of that the browser may complain.
  breaks: [false, { option: true }],
  console: [
    async ({ page, breaks }, use) => {
      const complaints: string[] = [];
      page.on("console", (message) => {
        const excused = breaks && BROKEN.test(message.text());
        if (["error", "warning"].includes(message.type()) && !excused) complaints.push(message.text());
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
