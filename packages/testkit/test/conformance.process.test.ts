import { isAlive, tier, until } from "@signalbox/proof"
import { describe, expect, it } from "vitest"
import { conformance, type ConformanceOptions, type ConformanceReport, reportText } from "../src/index.ts"
import { rules } from "../src/lib/conformance/conformance.ts"
import { type RunnerCommand, scriptedRunnerCommand } from "../src/scripted-runner-command.ts"
import { mutants } from "./broken/mutants.ts"
import { spawned, tinyRunner } from "./spawned.ts"

/** Judges a runner, and sees to it that all its processes are gone. */
async function judge(command: RunnerCommand, options: Partial<ConformanceOptions> = {}): Promise<ConformanceReport> {
  const pids: Array<number> = []
  const limits = { answerMs: 5_000, runMs: 10_000, exitMs: 5_000 }
  const report = await conformance({ connect: spawned(command, pids), longPrompt: "wait 600", limits, ...options })
  await until("every runner is gone", () => !pids.some(isAlive))
  return report
}

const idsWith = (report: ConformanceReport, status: string) =>
  report.results.filter((result) => result.status === status).map((result) => result.id)

/** What a careful reader of a failing test wants to see. */
const told = (report: ConformanceReport) => report.results.filter((result) => result.status !== "passed")

describe("a correct runner", () => {
  it("passes every rule when it is the tiny runner [WX-04]", async () => {
    const report = await judge(tinyRunner())
    expect(told(report)).toEqual([])
    expect(report).toMatchObject({ ok: true, runner: { agent: "tiny", cancel: "cooperative", answer: true } })
    expect(report.results).toHaveLength(rules.length)
  })

  it("passes every rule when it is the scripted runner [S0-50 S0-52 S0-10 WX-04]", async () => {
    expect(told(await judge(scriptedRunnerCommand(), { longPrompt: "say at work\nwait 600" }))).toEqual([])
  })

  it("passes without a hello; the rules of what it does not announce are skipped and say why [W0-16]", async () => {
    const only = ["STDIO-12", "STDIO-19", "STDIO-31", "STDIO-32", "STDIO-33", "STDIO-34", "STDIO-36", "STDIO-38"]
    const report = await judge(tinyRunner("--break", "no-hello"), { only })
    expect(report.ok).toBe(true)
    expect(idsWith(report, "skipped")).toEqual(["STDIO-31", "STDIO-32", "STDIO-33", "STDIO-34", "STDIO-36"])
    expect(report.results.find(({ id }) => id === "STDIO-31")?.seen).toBe("the runner does not announce `cancel`")
  })

  it("passes without cancel when it announces that it has none [W0-05]", async () => {
    const only = ["STDIO-19", "STDIO-31", "STDIO-32", "STDIO-33", "STDIO-34", "STDIO-36"]
    const report = await judge(tinyRunner("--break", "announces-nothing"), { only })
    expect(report.ok).toBe(true)
    expect(idsWith(report, "skipped")).toEqual(["STDIO-31", "STDIO-32", "STDIO-33", "STDIO-34"])
  })

  it("skips rules that need a long run when the long prompt is over at once, and says so", async () => {
    const report = await judge(tinyRunner(), { longPrompt: "short", only: ["STDIO-27", "STDIO-28", "STDIO-31"] })
    expect(report.results.map(({ status }) => status)).toEqual(["skipped", "skipped", "skipped"])
    expect(report.results[0]?.seen).toContain("give a longer prompt")
  })
})

describe("a runner of the reference", () => {
  it("is served, and breaks the rule on ids in progress as documented [S0-51 W0-06]", async () => {
    const only = ["STDIO-12", "STDIO-19", "STDIO-24", "STDIO-25", "STDIO-27", "STDIO-38", "STDIO-39"]
    const params = { input: "say at work\nwait 400" }
    const report = await judge(scriptedRunnerCommand(["--s0"]), { only, params })
    expect(idsWith(report, "failed")).toEqual(["STDIO-27"])
    expect(report.results.find(({ id }) => id === "STDIO-27")?.seen).toContain("duplicate-id")
  })
})

describe.concurrent("a runner with one fault", () => {
  // The longer tiers run the whole suite against each mutant; the quick one only the rule that it was made for.
  it.each(mutants)(
    "$fault is caught by $breaks [WX-04]",
    { timeout: 120_000 },
    async ({ fault, breaks, mayAlsoBreak, spoilsOrdinary }) => {
      const patience = tier === "quick" ? 1 : 2
      const limits = { answerMs: 1_500 * patience, runMs: 2_000 * patience, exitMs: 1_500 * patience }
      const report = await judge(tinyRunner("--break", fault), { limits, ...(tier === "quick" && { only: [breaks] }) })
      const failed = idsWith(report, "failed")
      // A busy machine may put the first two lines into one chunk: then this fault spoils even the ordinary run.
      if (spoilsOrdinary && report.results.every(({ seen }) => seen?.includes("mend that first"))) {
        return expect(report.ok).toBe(false)
      }
      // The whole text stands in the message of a failure.
      expect(failed.includes(breaks) ? breaks : reportText(report)).toBe(breaks)
      expect(failed.filter((id) => id !== breaks && !mayAlsoBreak.includes(id))).toEqual([])
      expect(report.ok).toBe(false)
      const { seen, scenario } = report.results.find(({ id }) => id === breaks) ?? {}
      expect(seen).not.toBe("")
      expect(scenario).toBeDefined()
      expect(seen?.length).toBeLessThan(400)
    }
  )

  it("exists for every rule of the suite", () => {
    expect(new Set(mutants.map(({ breaks }) => breaks))).toEqual(new Set(rules.map(({ id }) => id)))
  })
})

describe("a runner that does not play along", () => {
  const limits = { answerMs: 300, runMs: 300, exitMs: 300 }
  const first = ["STDIO-19", "STDIO-39"]

  it("is judged in bounded time when it reads nothing [W0-09]", async () => {
    const report = await judge(scriptedRunnerCommand(["--never-read", "--ignore-eof", "--ignore-term"]), { limits })
    expect(idsWith(report, "failed")).toEqual(first)
    expect(report.results.find(({ id }) => id === "STDIO-19")?.seen).toBe(
      'waited in vain for the end of run "ordinary", for 300 ms'
    )
    expect(report.results.find(({ id }) => id === "STDIO-39")?.seen).toBe("it did not exit in time")
    expect(report.results.find(({ id }) => id === "STDIO-6")?.seen).toContain("mend that first")
  })

  it("does not pass because only other rules were asked for", async () => {
    const options = { limits, only: ["STDIO-6"] }
    const report = await judge(scriptedRunnerCommand(["--never-read", "--ignore-eof", "--ignore-term"]), options)
    expect(idsWith(report, "failed")).toEqual([])
    expect(report.ok).toBe(false)
  })

  it("is judged when it exits at once", async () => {
    const report = await judge(scriptedRunnerCommand(["--exit-at-once", "7"]), { only: first })
    expect(idsWith(report, "failed")).toEqual(first)
    expect(reportText(report)).toContain("exited with code 7")
  })

  it("is judged when it cannot be started", async () => {
    const report = await judge({ file: "no-such-program", args: [] }, { only: first })
    expect(report.results.find(({ id }) => id === "STDIO-19")?.seen).toMatch(/the start of the runner: .*ENOENT/)
  })

  it("is judged when its start never comes to an end", async () => {
    const report = await conformance({ connect: () => new Promise(() => undefined), limits, only: first })
    expect(report.results[0]?.seen).toContain("the start of the runner: it took longer than 300 ms")
  })
})

describe("the options", () => {
  it("refuse a rule that does not exist and name those that do", async () => {
    const judging = conformance({ connect: spawned(tinyRunner()), only: ["STDIO-99"] })
    await expect(judging).rejects.toThrow(/STDIO-99 is no rule of the suite; there are STDIO-1 /)
  })

  it("give every run the params of the caller", async () => {
    const params = { model: "small", nested: { kept: true } }
    const prompts: Array<string> = []
    const pids: Array<number> = []
    const report = await judge(tinyRunner(), {
      connect: async () => {
        const connection = await spawned(tinyRunner(), pids)()
        const write = (bytes: Uint8Array) => {
          prompts.push(new TextDecoder().decode(bytes))
          return connection.write(bytes)
        }
        return { ...connection, write }
      },
      prompt: "my words",
      params,
      only: ["STDIO-19"]
    })
    expect(report.ok).toBe(true)
    await until("every runner is gone", () => !pids.some(isAlive))
    expect(prompts.join("")).toContain(JSON.stringify({ ...params, prompt: "my words" }))
  })
})
