// vitest's reporter of this project: names every skipped test in the last lines of the run, writes the report that the
// guard "requirements" reads, and fails the run when a test was skipped although SIGNALBOX_REQUIRE forbids it.
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, relative } from "node:path"
import type { Reporter, TestCase, TestModule } from "vitest/node"
import { projectRoot } from "./workspace.ts"

export interface ReportedTest {
  readonly file: string
  /** The title with those of its describe blocks, joined by " > ". */
  readonly title: string
  readonly state: "passed" | "failed" | "skipped" | "pending"
}

export interface TestReport {
  readonly at: string
  readonly tier: string
  readonly tests: ReadonlyArray<ReportedTest>
}

export default class SignalboxReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()].map(reported))
    writeReport(tests)
    const skipped = tests.filter((test) => test.state === "skipped")
    for (const line of skippedLines(skipped)) console.log(line)
    if (skipped.length === 0 || !process.env["SIGNALBOX_REQUIRE"]) return
    console.log(`SIGNALBOX_REQUIRE=${process.env["SIGNALBOX_REQUIRE"]} forbids skipped tests: the run has failed.`)
    process.exitCode = 1
  }
}

/** What the last lines of a run say about skipped tests; the reason is what the title says behind "skipped:". */
export function skippedLines(skipped: ReadonlyArray<ReportedTest>): ReadonlyArray<string> {
  if (skipped.length === 0) return []
  const tests = skipped.map((test) => `  ${reasonOf(test.title)}: ${test.file} > ${withoutReason(test.title)}`)
  return [`\n${skipped.length} skipped test${skipped.length === 1 ? "" : "s"}:`, ...tests]
}

function reported(test: TestCase): ReportedTest {
  return { file: relative(projectRoot, test.module.moduleId), title: test.fullName, state: test.result().state }
}

function writeReport(tests: ReadonlyArray<ReportedTest>): void {
  const path = process.env["SIGNALBOX_TEST_REPORT"]
  if (!path) return
  const report: TestReport = { at: new Date().toISOString(), tier: process.env["SIGNALBOX_TIER"] ?? "quick", tests }
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(report, undefined, 1)}\n`)
}

const reason = / \(skipped: ([^)]*)\)$/

function reasonOf(title: string): string {
  return reason.exec(title)?.[1] ?? "no reason given"
}

function withoutReason(title: string): string {
  return title.replace(reason, "")
}
