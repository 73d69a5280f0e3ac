/** Every page but the steps, below the locale. */
export const PAGES = [
  "",
  "lessons/",
  "lessons/short-polling/recap",
  "lessons/short-polling/print",
  "lessons/short-polling/teach",
  "lessons/long-polling/recap",
  "lab",
  "glossary",
  "notes",
  "errata",
];

/** The steps of each lesson, in order, below the locale. */
export const STEPS = [
  "lessons/short-polling/mostly-empty",
  "lessons/short-polling/empty-envelope",
  "lessons/short-polling/out-of-order",
  "lessons/short-polling/three-cures",
  "lessons/short-polling/the-job",
  "lessons/short-polling/half-the-interval",
  "lessons/short-polling/ask-conditionally",
  "lessons/long-polling/hold-and-answer",
  "lessons/long-polling/between-two-holds",
  "lessons/long-polling/every-hold-ends",
  "lessons/long-polling/giving-up",
  "lessons/long-polling/a-burst",
];
