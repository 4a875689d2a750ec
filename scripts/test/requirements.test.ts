import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { checkRequirements, citedIds } from "../requirements.ts"
import type { ReportedTest } from "../test-report.ts"
import { addFiles, type Files, lines, project } from "./fixture.ts"

const file = "packages/kernel/test/mux.test.ts"
const passed = (title: string): ReportedTest => ({ file, title, state: "passed" })

/** Two requirements and one promise; S0-02 is replaced by W0-01. */
function house(tests: ReadonlyArray<ReportedTest>, extra: Files = {}): string {
  const group = (...ids: ReadonlyArray<string>) => ({
    title: "Rules",
    source: "from somewhere",
    requirements: ids.map((id) => ({ id, summary: `It is ${id}.` }))
  })
  const root = project({
    "docs/requirements/s0.json": group("S0-01", "S0-02"),
    "docs/requirements/w0.json": group("W0-01"),
    "docs/requirements/wx.json": group(),
    "docs/requirements/replaced.json": [{ id: "S0-02", by: "W0-01", because: "It is better." }],
    [file]: "",
    ".cache/test-report.json": { at: new Date(Date.now() + 60_000).toISOString(), tier: "quick", tests },
    ...extra
  })
  checkRequirements(root, { write: true })
  return root
}

describe("the requirements", () => {
  it("are satisfied when each is cited by a passed test or replaced by a promise that is", () => {
    const root = house([passed("a > starts [S0-01]"), passed("a > restarts [W0-01]")])
    expect(lines(checkRequirements(root))).toEqual([])
    const table = readFileSync(join(root, "docs/requirements/README.md"), "utf8")
    expect(table).toContain(`| S0-01 | It is S0-01. | \`${file}\` |`)
    expect(table).toContain("| S0-02 | It is S0-02. | replaced by W0-01: It is better. |")
  })

  it("are broken by an id that no test cites", () => {
    expect(lines(checkRequirements(house([passed("restarts [W0-01]")])))).toEqual([
      "S0-01: no passed test cites it: It is S0-01."
    ])
  })

  it("are broken by an id that only failed or skipped tests cite", () => {
    const tests: ReadonlyArray<ReportedTest> = [
      passed("restarts [W0-01]"),
      { file, title: "starts [S0-01]", state: "failed" },
      { file, title: "starts [S0-01] (skipped: needs python3)", state: "skipped" }
    ]
    expect(lines(checkRequirements(house(tests)))).toEqual(["S0-01: no passed test cites it: It is S0-01."])
  })

  it("are broken when the promise that replaces one is not cited", () => {
    expect(lines(checkRequirements(house([passed("starts [S0-01]")])))).toEqual([
      "S0-02: no passed test cites it (nor W0-01, which replaces it): It is S0-02.",
      "W0-01: no passed test cites it: It is W0-01."
    ])
  })

  it("are broken by an unknown id, and by an id in the wrong place", () => {
    const root = house([
      passed("starts [S0-01 S0-99]"),
      passed("restarts [W0-01]"),
      passed("[S0-01] begins"),
      passed("ends (S0-02)")
    ])
    expect(lines(checkRequirements(root))).toEqual([
      `${file} > starts [S0-01 S0-99]: cites S0-99, which is no requirement`,
      `${file} > [S0-01] begins: mentions S0-01 outside the brackets at its end`,
      `${file} > ends (S0-02): mentions S0-02 outside the brackets at its end`
    ])
  })

  it("are broken by a replacement that leads nowhere", () => {
    const tests = [passed("starts [S0-01]"), passed("restarts [W0-01]"), passed("goes on [S0-02]")]
    const replaced = [{ id: "S0-02", by: "W0-77", because: "" }]
    expect(lines(checkRequirements(house(tests, { "docs/requirements/replaced.json": replaced })))).toEqual([
      "docs/requirements/replaced.json: there is no W0-77",
      "docs/requirements/replaced.json: S0-02 is replaced without a reason"
    ])
  })

  it("cannot be judged without a report, with an old one, or with one that missed a file", () => {
    const tests = [passed("starts [S0-01]"), passed("restarts [W0-01]")]
    expect(lines(checkRequirements(project({})))).toEqual([".cache/test-report.json: no report of a full test run"])
    const old = house(tests)
    addFiles(old, { ".cache/test-report.json": { at: "2020-01-01T00:00:00Z", tier: "quick", tests } })
    expect(lines(checkRequirements(old))).toEqual([`${file}: the file is newer than the last full run`])
    const missed = house(tests, { "packages/kernel/test/other.test.ts": "" })
    expect(lines(checkRequirements(missed))).toEqual([
      "packages/kernel/test/other.test.ts: the last full run has no test of this file"
    ])
  })

  it("are broken by a table that is out of date", () => {
    const root = house([passed("starts [S0-01]"), passed("restarts [W0-01]")])
    addFiles(root, { "docs/requirements/README.md": "# Requirements\n" })
    expect(checkRequirements(root)[0]).toMatchObject({
      where: "docs/requirements/README.md",
      what: expect.stringContaining("out of date")
    })
  })

  // The rows stand in no title: they would count as citations of this very test.
  it.each([
    ["starts [S0-01]", ["S0-01"]],
    ["starts [S0-01 W0-02 WX-03]", ["S0-01", "W0-02", "WX-03"]],
    ["starts [S0-01] (skipped: needs git)", ["S0-01"]],
    ["starts [S0-01, W0-02]", []],
    ["starts [S0-01] twice", []],
    ["keeps [1, 2] in order", []]
  ])("are read from the end of a title, case %#", (title, ids) => {
    expect(citedIds(title)).toEqual(ids)
  })
})
