import { symlinkSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { report } from "../guard.ts"
import { guards } from "../guards.mjs"
import { runGuards } from "../run-guards.mjs"
import { checkSchema } from "../schema.ts"
import { projectRoot } from "../workspace.ts"
import { borrow, lines, project, run } from "./fixture.ts"

describe("the runner of the guards", () => {
  const guard = (name: string, ...command: [string, ...Array<string>]) => ({
    name,
    keeps: `the rule ${name}`,
    command,
    mend: `mend ${name}`
  })
  const printed = async (...table: ReadonlyArray<ReturnType<typeof guard>>) => {
    const texts: Array<string> = []
    const broken = await runGuards(table, { write: false, print: (text) => texts.push(text) })
    return { broken, text: texts.join("\n") }
  }

  it("says of a broken guard what it saw, which rule it keeps and how to mend it, and goes on", async () => {
    const bad = guard("bad", "node", "-e", "console.log('file.ts:1 is wrong'); process.exit(3)")
    const { broken, text } = await printed(guard("first", "true"), bad, guard("last", "true"))
    expect(broken).toEqual(["bad"])
    for (const part of [
      "ok     first",
      "BROKEN bad",
      "file.ts:1 is wrong",
      "rule:  the rule bad",
      "mend:  mend bad",
      "ok     last"
    ])
      expect(text).toContain(part)
  })

  it.each([
    ["a program that does not exist", guard("gone", "no-such-program")],
    ["a program that a signal ends", guard("killed", "bash", "-c", "kill -9 $$")]
  ])("calls %s broken", async (_what, bad) => {
    expect((await printed(bad)).broken).toEqual([bad.name])
  })

  it("gives the remedy once for all findings that share it", () => {
    const text = report([
      { where: "a.ts:1", what: "is wrong", mend: "do this" },
      { where: "b.ts:2", what: "is wrong", mend: "do this" }
    ])
    expect(text).toBe("a.ts:1: is wrong\nb.ts:2: is wrong\n  mend: do this")
  })

  it("refuses the name of a guard that does not exist", () => {
    const { code, output } = run(projectRoot, ["node", "scripts/check.mjs", "nonsense"])
    expect(code).toBe(2)
    expect(output).toContain(`The guards: ${guards.map((one) => one.name).join(", ")}.`)
  })
})

describe("the guard against unused code", () => {
  const manifest = { name: "@signalbox/kernel", exports: { ".": "./src/index.ts" } }
  const house = (files: Readonly<Record<string, string | object>>) => {
    const root = project({
      "package.json": { name: "house", private: true },
      "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
      "packages/kernel/package.json": manifest,
      "packages/kernel/src/index.ts": 'export { limit } from "./lib/limit.ts"\n',
      "packages/kernel/src/lib/limit.ts": "export const limit = 1\n",
      ...files
    })
    borrow(root, "knip.jsonc")
    return run(root, ["knip", "--no-progress", "--no-config-hints"])
  }

  it("finds nothing where everything is used", () => {
    expect(house({})).toMatchObject({ code: 0 })
  })

  it.each([
    ["file", { "packages/kernel/src/lib/lonely.ts": "export const lonely = 1\n" }, "lib/lonely.ts"],
    ["export", { "packages/kernel/src/lib/limit.ts": "export const limit = 1\nexport const unheard = 2\n" }, "unheard"],
    ["dependency", { "packages/kernel/package.json": { ...manifest, dependencies: { ms: "1.0.0" } } }, "ms"],
    [
      "dependency that is not declared",
      { "packages/kernel/src/lib/limit.ts": 'import ms from "ms"\nexport const limit = ms\n' },
      "ms"
    ]
  ])("finds an unused %s, or one that is missing", (_what, files, says) => {
    const { code, output } = house(files)
    expect(output).toContain(says)
    expect(code).toBe(1)
  })
})

describe("the guard of the schemas", () => {
  const generator = "packages/protocol/scripts/schema.ts"
  const kept = "process.exit(process.argv.includes('--check') ? 0 : 1)\n"

  it("asks the generator, and repeats what it says", () => {
    const files = { [generator]: kept, "packages/protocol/schema/run.json": {} }
    expect(lines(checkSchema(project(files), { write: false }))).toEqual([])
    const bad = { ...files, [generator]: "console.log('run.json differs'); process.exit(1)\n" }
    expect(lines(checkSchema(project(bad), { write: false }))).toEqual([`${generator}: it says:\nrun.json differs`])
  })

  it("is broken without a generator and without schemas", () => {
    expect(lines(checkSchema(project({}), { write: false }))[0]).toContain("no generator")
    expect(lines(checkSchema(project({ [generator]: kept }), { write: false }))).toEqual([
      `${generator}: it wrote no schema`
    ])
  })
})

describe("the report of a test run", () => {
  const house = (test: string) => {
    const root = project({ "a.test.ts": `import { expect, it } from "vitest"\n${test}\n` })
    symlinkSync(join(projectRoot, "node_modules"), join(root, "node_modules"))
    const reporter = join(projectRoot, "scripts/test-report.ts")
    return (extra: Readonly<Record<string, string>>) =>
      run(root, ["vitest", "run", "--reporter=default", `--reporter=${reporter}`], {
        SIGNALBOX_REQUIRE: "",
        SIGNALBOX_TEST_REPORT: "",
        ...extra
      })
  }
  const skipping =
    'it("stands", () => expect(1).toBe(1))\nit.skip("runs the example (skipped: needs python9)", () => expect(1).toBe(2))'

  it("names every skipped test with its reason in the last lines, and passes", () => {
    const { code, output } = house(skipping)({})
    expect(code).toBe(0)
    expect(output.trimEnd().split("\n").slice(-2).join("\n")).toMatch(
      /1 skipped test:\n {2}needs python9: .*a\.test\.ts > runs the example$/
    )
  })

  it("fails when something was skipped although SIGNALBOX_REQUIRE forbids it", () => {
    const { code, output } = house(skipping)({ SIGNALBOX_REQUIRE: "all" })
    expect(output).toContain("forbids skipped tests")
    expect(code).toBe(1)
  })

  it("passes under SIGNALBOX_REQUIRE when nothing was skipped", () => {
    expect(house('it("stands", () => expect(1).toBe(1))')({ SIGNALBOX_REQUIRE: "all" })).toMatchObject({ code: 0 })
  })

  it("writes what each test came to, where it is asked to", () => {
    const path = join(project({}), "report.json")
    house(skipping)({ SIGNALBOX_TEST_REPORT: path })
    const script = `console.log(JSON.parse(require("fs").readFileSync("${path}", "utf8")).tests.map((t) => t.state).join())`
    expect(run(projectRoot, ["node", "-e", script]).output.trim()).toBe("passed,skipped")
  })
})
