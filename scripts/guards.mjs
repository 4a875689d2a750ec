// The table of guards: what `npm run check` runs, in this order. `fast` guards also run in `npm run check:fast`.
// CONTRIBUTING.md says in words what each one means.

const plainTests = ["protocol", "machine", "agents", "runner", "interpreter"].map((name) => `packages/${name}`)

/**
 * One guard: a program whose exit code 0 means "kept".
 * @typedef {object} Guard
 * @property {string} name
 * @property {string} keeps  The rule, in one clause.
 * @property {readonly [string, ...string[]]} command
 * @property {string} mend  What to do when the program's own output does not say it.
 * @property {boolean} [fast]
 * @property {boolean} [writes]  Understands --write: brings its generated files up to date.
 */

/** @type {ReadonlyArray<Guard>} */
export const guards = [
  {
    name: "format",
    keeps: "every file is formatted by Biome",
    command: ["biome", "format", "--max-diagnostics=20", "."],
    mend: "npm run fix",
    fast: true
  },
  {
    name: "lint",
    keeps: "the rules of .oxlintrc.json: purity, sizes, cycles, exports, tests without skip or only",
    command: ["oxlint", "--quiet"],
    mend: "npm run fix mends some; the message of a rule says the rest; exceptions are named in .oxlintrc.json with a reason",
    fast: true
  },
  {
    name: "ladder",
    keeps: "imports go one way, as in scripts/ladder-table.ts",
    command: ["node", "scripts/ladder.ts"],
    mend: "see the line above",
    fast: true,
    writes: true
  },
  {
    name: "shape",
    keeps: "no drawer folders, one vocabulary, entries that only pass on explicit names",
    command: ["node", "scripts/shape.ts"],
    mend: "see the line above",
    fast: true
  },
  {
    name: "types",
    keeps: "sources, tests, examples, bench and scripts compile",
    command: ["turbo", "run", "typecheck", "--continue", "--output-logs=errors-only"],
    mend: "the compiler's message names file and line",
    fast: true
  },
  {
    name: "rules",
    keeps: "the tests of the plain packages and of the interpreter pass",
    command: ["vitest", "run", "--reporter=minimal", ...plainTests, "--exclude=**/*.process.test.ts"],
    mend: "run that test alone: npx vitest run FILE -t TITLE",
    fast: true
  },
  {
    name: "changesets",
    keeps: "every package has a changeset or was released",
    command: ["node", "scripts/changesets.ts"],
    mend: "npm run changeset",
    fast: true
  },
  {
    name: "build",
    keeps: "every package and app builds",
    command: ["turbo", "run", "build", "--output-logs=errors-only"],
    mend: "see the compiler's message"
  },
  {
    name: "tests",
    keeps: "every test passes",
    command: ["node", "scripts/test.mjs"],
    mend: "the failing test names what it expected"
  },
  {
    name: "requirements",
    keeps: "every requirement is cited by a test that passed, or was replaced by a promise that is",
    command: ["node", "scripts/requirements.ts"],
    mend: "cite the id at the end of the title of a test that verifies it",
    writes: true
  },
  {
    name: "unused",
    keeps: "no file, export or dependency that nothing uses",
    command: ["knip", "--no-progress"],
    mend: "delete it, or name it in knip.jsonc with a reason"
  },
  {
    name: "schema",
    keeps: "the JSON Schemas of the protocol are what its zod schemas say",
    command: ["node", "scripts/schema.ts"],
    mend: "npm run check -- schema --write",
    writes: true
  },
  {
    name: "docs",
    keeps: "the TypeScript examples of every README compile",
    command: ["node", "scripts/docs.ts"],
    mend: "see the line above"
  },
  {
    name: "surface",
    keeps: "the public surface is what packages/*/api/*.md say",
    command: ["node", "scripts/api.ts"],
    mend: "when the change is meant: npm run check -- surface --write, and a changeset",
    writes: true
  },
  {
    name: "purity",
    keeps: "what the plain packages ship names neither Node nor Effect",
    command: ["node", "scripts/purity.ts"],
    mend: "see the line above"
  },
  {
    name: "tarball",
    keeps: "the packed packages install, import, type-check and start outside the workspace",
    command: ["node", "scripts/tarball.ts"],
    mend: "see the line above"
  }
]
