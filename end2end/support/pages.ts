/** Every page but the steps, below the locale. */
export const PAGES = [
  "",
  "lessons/",
  "lessons/short-polling/recap",
  "lessons/short-polling/print",
  "lessons/short-polling/teach",
  "lab",
  "glossary",
  "notes",
  "errata",
];

/** The steps of lesson 2, in order. */
export const STEPS = [
  "mostly-empty",
  "empty-envelope",
  "out-of-order",
  "three-cures",
  "the-job",
  "half-the-interval",
  "ask-conditionally",
];
