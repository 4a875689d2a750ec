import { fileURLToPath } from "node:url"
import { needs } from "@signalbox/proof"
import { describe, expect, it } from "vitest"
import { runCli } from "./cli-process.ts"

// The runners that this repository ships keep every rule of the wire: the default agent and both examples.

const place = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const quoted = (path: string) => `'${place(path)}'`

/** Judges a runner by all rules and gives back what the last line counts. */
async function conform(runner: string, ...more: ReadonlyArray<string>) {
  const { code, stdout } = await runCli(["conformance", "--json", "--runner", runner, ...more])
  const { ok, results } = JSON.parse(stdout) as {
    readonly ok: boolean
    readonly results: ReadonlyArray<{ readonly id: string; readonly status: string; readonly seen?: string }>
  }
  return { code, ok, failed: results.filter(({ status }) => status === "failed"), results }
}

const step = "```sh\nsleep 1\n```\n"

describe("signalbox conformance", { timeout: 120_000 }, () => {
  it("passes the playbook [WX-04]", async () => {
    const runner = `${process.execPath} ${quoted("apps/playbook/src/main.ts")}`
    const report = await conform(runner, "--prompt", "hello", "--long-prompt", step)
    expect(report.failed).toEqual([])
    expect([report.ok, report.code]).toEqual([true, 0])
    expect(report.results.every(({ status }) => status === "passed")).toBe(true)
  })

  it("passes the example in TypeScript [WX-04]", async () => {
    const runner = `${process.execPath} ${quoted("examples/typescript/runner.ts")}`
    const report = await conform(runner, "--prompt", place("LICENSE"), "--long-prompt", place("LICENSE"))
    expect(report.failed).toEqual([])
    expect([report.ok, report.code]).toEqual([true, 0])
  })

  needs("python3")("passes the example in Python [WX-04]", async () => {
    const report = await conform(`python3 ${quoted("examples/python/runner.py")}`)
    expect(report.failed).toEqual([])
    expect([report.ok, report.code]).toEqual([true, 0])
  })
})
