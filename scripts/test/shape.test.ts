import { describe, expect, it } from "vitest"
import { checkShape } from "../shape.ts"
import { type Files, lines, project } from "./fixture.ts"

/** A package in which every rule holds, with other files in their place. */
function house(extra: Files = {}): string {
  return project({
    "packages/kernel/package.json": { name: "@signalbox/kernel", exports: { ".": "./src/index.ts" } },
    "packages/kernel/src/index.ts": 'export { makeRun, type Run } from "./lib/Runs.ts"\n',
    "packages/kernel/src/lib/Runs.ts": "export interface Run {}\nexport const makeRun = (ms: number) => new Date(ms)\n",
    ...extra
  })
}

const entry = "packages/kernel/src/index.ts"
const rows: ReadonlyArray<[rule: string, files: Files, finding: string]> = [
  [
    "a drawer folder",
    { "packages/kernel/src/lib/utils/a.ts": "export {}\n" },
    "packages/kernel/src/lib/utils/a.ts: stands in a drawer"
  ],
  [
    "a drawer file",
    { "packages/kernel/src/lib/types.ts": "export {}\n" },
    "packages/kernel/src/lib/types.ts: stands in a drawer"
  ],
  [
    "a drawer among the tests",
    { "packages/kernel/test/helpers.ts": "export {}\n" },
    "packages/kernel/test/helpers.ts: stands in a drawer"
  ],
  [
    "a file's name in another style",
    { "packages/kernel/src/lib/runMap.ts": "export {}\n" },
    "packages/kernel/src/lib/runMap.ts: the file's name is neither kebab-case nor PascalCase"
  ],
  ["everything passed on", { [entry]: 'export * from "./lib/Runs.ts"\n' }, `${entry}:1: export * from "./lib/Runs.ts"`],
  [
    "a name of another package",
    { [entry]: 'export { Effect } from "effect"\n' },
    `${entry}:1: Effect belongs to effect`
  ],
  ["an entry with a body", { [entry]: "export const one = 1\n" }, `${entry}: an entry declares something itself`],
  [
    "an entry that is missing",
    { "packages/kernel/package.json": { name: "@signalbox/kernel", exports: { "./x": "./src/x.ts" } } },
    "packages/kernel/src/x.ts: the entry of exports does not exist"
  ],
  [
    "the current time by new Date()",
    { "packages/kernel/src/lib/Runs.ts": "\nexport const makeRun = () => new Date()\nexport interface Run {}\n" },
    "packages/kernel/src/lib/Runs.ts:2: reads the clock by Date()"
  ]
]

describe("the shape", () => {
  it("finds nothing in a package that keeps it", () => {
    expect(lines(checkShape(house()))).toEqual([])
  })

  it.each(rows)("refuses %s", (_rule, files, finding) => {
    expect(lines(checkShape(house(files)))).toEqual([finding])
  })

  it.each([
    ["JobQueue", "job"],
    ["makeWorkers", "worker"],
    ["slots", "slot"],
    ["podOf", "pod"],
    ["TaskId", "task"],
    ["runOpts", "opts"]
  ])("refuses the public name %s for its word %s [WX-02]", (name, word) => {
    const root = house({ [entry]: `export { ${name} } from "./lib/Runs.ts"\n` })
    expect(lines(checkShape(root))).toEqual([`${entry}:1: the public name ${name} says "${word}"`])
  })

  it("reads words, not letters: a response may be a Result and a podium is no pod [WX-02]", () => {
    const root = house({ [entry]: 'export { podium, Result, required } from "./lib/Runs.ts"\n' })
    expect(lines(checkShape(root))).toEqual([])
  })
})
