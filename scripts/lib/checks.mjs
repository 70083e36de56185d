/** What is formatted: everything that people write by hand. */
export const FORMATTED = [
  "src",
  "views",
  "test",
  "scripts",
  "docs",
  "public/css",
  "public/js",
  "package.json",
  "tsconfig.json",
  ".oxlintrc.json",
  "README.md",
];

/** What is linted, with types. */
export const LINTED = ["src", "views", "test"];
