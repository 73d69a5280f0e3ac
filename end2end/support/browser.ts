// Debian's Chromium; Playwright's own cannot be downloaded everywhere.
export const chromium = {
  browserName: "chromium",
  launchOptions: {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  },
} as const;

/** Widths of a projector or desk, a small laptop, a phone. */
export const WIDTHS = [
  [1440, 900],
  [1024, 768],
  [390, 844],
] as const;
