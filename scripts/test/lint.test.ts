import { describe, expect, it } from "vitest"
import { borrow, project, run } from "./fixture.ts"

// Each row breaks one rule of .oxlintrc.json in a copy of the configuration: a linter that says nothing here is blind.
const machine = "packages/machine/src/lib/bad.ts"
const kernel = "packages/kernel/src/lib/Bad.ts"
const plain = "packages/agents/src/lib/bad.ts"
const test = "packages/agents/test/bad.test.ts"
const inTest = (line: string) => `import { describe, expect, it } from "vitest"\n${line}\n`
const longFunction = `export const long = (sum: number) => {\n${"  sum += 1\n".repeat(61)}  return sum\n}\n`

const rows: ReadonlyArray<[rule: string, path: string, text: string, says: string]> = [
  ["a clock in a machine", machine, "export const now = Date.now()\n", "Time is an input of a machine"],
  ["a promise in a machine", machine, "export const later = Promise.resolve(1)\n", "A machine is synchronous"],
  ["a timer in a machine", machine, "setTimeout(() => undefined, 1)\n", "use deadline"],
  ["chance in a machine", machine, "export const chance = Math.random()\n", "Math.random"],
  ["a process in a machine", machine, "export const pid = process.pid\n", "A machine reaches nothing"],
  [
    "a value of protocol in a machine",
    machine,
    'import { decode } from "@signalbox/protocol"\nexport const all = [decode]\n',
    "@signalbox/protocol"
  ],
  [
    "Effect in a kebab-case file",
    plain,
    'import { Effect } from "effect"\nexport const all = [Effect]\n',
    "kebab-case"
  ],
  [
    "Effect's modules there",
    plain,
    'import * as Scope from "effect/Scope"\nexport const all = [Scope]\n',
    "kebab-case"
  ],
  ["Node in a kebab-case file", plain, 'import { join } from "node:path"\nexport const all = [join]\n', "without Node"],
  ["zod in an ordinary file", plain, 'import * as z from "zod"\nexport const all = [z]\n', "zod belongs"],
  ["zod in an Effect module", kernel, 'import * as z from "zod"\nexport const all = [z]\n', "zod belongs"],
  ["chance in an Effect package", kernel, "export const chance = Math.random()\n", "Math.random"],
  ["a print in a package", plain, 'console.log("here")\n', "no-console"],
  ["a default export", plain, "export default 1\n", "no-default-export"],
  ["a file that is too long", plain, `${"export {}\n".repeat(401)}`, "max-lines"],
  ["a function that is too long", plain, longFunction, "max-lines-per-function"],
  [
    "too many parameters",
    plain,
    "export const add = (a: number, b: number, c: number, d: number, e: number) => a + b + c + d + e\n",
    "max-params"
  ],
  ["an any", plain, "export const all: any = 1\n", "no-explicit-any"],
  ["a silenced compiler", plain, "// @ts-ignore\nexport const one: number = 1\n", "ban-ts-comment"],
  ["an open end", plain, "// TODO finish\nexport const one = 1\n", "no-warning-comments"],
  ["a skipped test", test, inTest('it.skip("is asleep", () => expect(1).toBe(1))'), "no-disabled-tests"],
  [
    "a skipped suite",
    test,
    inTest('describe.skip("x", () => { it("y", () => expect(1).toBe(1)) })'),
    "no-disabled-tests"
  ],
  ["a test that hides the others", test, inTest('it.only("is alone", () => expect(1).toBe(1))'), "no-focused-tests"],
  ["a test to be written", test, inTest('it.todo("comes later")'), "warn-todo"],
  ["a test that cannot fail", test, inTest('it("says yes", () => { Math.abs(1) })'), "expect-expect"]
]

const timers: typeof rows = [
  ["a raw timer in an Effect package", kernel, "setTimeout(() => undefined, 1)\n", "cannot be held by a test clock"],
  ["a raw interval there", kernel, "setInterval(() => undefined, 1)\n", "cannot be held by a test clock"],
  ["the raw clock there", kernel, "export const now = Date.now()\n", "Date.now"],
  ["the other raw clock there", kernel, "export const now = performance.now()\n", "performance.now"]
]

describe("the linter", () => {
  it.each(rows)("refuses %s", (_rule, path, text, says) => {
    expect(linted(path, text)).toMatchObject({ code: 1, output: expect.stringContaining(says) })
  })

  it.each(timers)("refuses %s [WX-03]", (_rule, path, text, says) => {
    expect(linted(path, text)).toMatchObject({ code: 1, output: expect.stringContaining(says) })
  })

  it("refuses a cycle of imports", () => {
    const root = project({
      "packages/agents/src/lib/a.ts": 'import { b } from "./b.ts"\nexport const a = (): number => b()\n',
      "packages/agents/src/lib/b.ts": 'import { a } from "./a.ts"\nexport const b = (): number => a()\n'
    })
    borrow(root, ".oxlintrc.json")
    expect(run(root, ["oxlint", "--quiet"])).toMatchObject({ code: 1, output: expect.stringContaining("no-cycle") })
  })

  it("accepts the named exceptions", () => {
    const root = project({
      "packages/runner/src/node.ts": 'import { stdin } from "node:process"\nexport const input = stdin\n',
      "packages/agents/src/lib/codex/wire.ts": 'import * as z from "zod"\nexport const Line = z.string()\n',
      "packages/kernel/src/lib/Good.ts": 'import { spawn } from "node:child_process"\nexport const hands = spawn\n',
      "packages/machine/src/lib/good.ts": 'import type { RunId } from "@signalbox/protocol"\nexport type Id = RunId\n',
      "apps/cli/src/main.ts": 'console.log("here")\n'
    })
    borrow(root, ".oxlintrc.json")
    expect(run(root, ["oxlint", "--quiet"])).toMatchObject({ code: 0 })
  })
})

describe("the formatter", () => {
  it("refuses a file that is not formatted, and accepts one that is", () => {
    const root = project({ "good.ts": "export const one = 1\n" })
    borrow(root, "biome.json", ".gitignore")
    expect(run(root, ["biome", "format", "."]).code).toBe(0)
    const bad = project({ "bad.ts": "export const one = 'a';\n" })
    borrow(bad, "biome.json", ".gitignore")
    expect(run(bad, ["biome", "format", "."])).toMatchObject({ code: 1, output: expect.stringContaining("bad.ts") })
  })
})

function linted(path: string, text: string) {
  const root = project({ [path]: text })
  borrow(root, ".oxlintrc.json")
  return run(root, ["oxlint", "--quiet"])
}
