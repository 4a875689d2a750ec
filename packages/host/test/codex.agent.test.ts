import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { isAlive, until } from "@signalbox/proof"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { argumentsOf, type CodexHost, type HeardRun, openCodexHost } from "./codex-host.ts"

// The real Codex in the whole house: a request goes into the host, a trace comes out. Each test has a host, a home and a
// model stub of its own.

const permits = 8

let codex: CodexHost
let runs: Array<HeardRun>

beforeEach(async () => {
  codex = await openCodexHost(permits)
  runs = []
})

afterEach(async () => {
  try {
    await codex.closeHost()
    await expectNothingLeft()
    for (const run of runs) await expectWholeTrace(run)
  } finally {
    // Also a test that finds something left leaves nothing.
    for (const pid of codex.pids()) process.kill(pid, "SIGKILL")
    await codex.home.close()
  }
})

const start = async (prompt: string, more?: Readonly<Record<string, unknown>>) => {
  const run = await codex.start(prompt, more)
  runs.push(run)
  return run
}

/** Runs whose commands are all at work, each until `letGo`. */
async function startHeld(names: ReadonlyArray<string>): Promise<ReadonlyArray<HeardRun>> {
  const held = await Promise.all(names.map((name) => start(heldCommand(name))))
  await until("every command is at work", () => names.every((name) => existsSync(inWork(`begun-${name}`))), 30_000)
  return held
}

const heldCommand = (name: string) =>
  `[[shell:touch begun-${name}; until [ -e go ]; do sleep 0.02; done; echo done by ${name}]]`

const letGo = () => writeFileSync(inWork("go"), "")

const inWork = (name: string) => join(codex.home.work, name)

const completed = (run: HeardRun, type: string) =>
  run.events().flatMap((event) => {
    const item = event["item"] as Readonly<Record<string, unknown>> | undefined
    return event.type === "item.completed" && item?.["type"] === type ? [item] : []
  })

const runners = () => codex.view().agents.flatMap((agent) => agent.runners)

/**
 * A command that does not go when it is asked to, and its child, which has left the command's process group. Without
 * Codex's sandbox nothing but the host ends them when Codex dies.
 */
async function startStubborn(child: "sleep 31415" | "setsid sleep 31415"): Promise<HeardRun> {
  const unconfined = { params: { sandbox: "danger-full-access" } }
  const run = await start(`[[shell:trap '' TERM HUP; ${child} & sleep 31415]]`, unconfined)
  await until("the stubborn command is at work", () => sleepers().length === 2, 30_000)
  return run
}

const sleepers = () => codex.pids().filter((pid) => argumentsOf(pid)[1] === "31415")

async function expectNothingLeft(): Promise<void> {
  expect(codex.pids()).toEqual([])
  await until("the watchdog has left", () => codex.watchdogs().length === 0)
}

/** `seq` without a hole, `started` first, one terminal and nothing behind it. */
async function expectWholeTrace({ end, records }: HeardRun): Promise<void> {
  await end()
  expect(records.map(({ seq }) => seq)).toEqual(records.map((_record, index) => index + 1))
  const types = records.map(({ record }) => record.type)
  expect([types[0], types.indexOf("ended")]).toEqual(["started", types.length - 1])
}

describe("the real Codex in a host", () => {
  it("completes a text turn and says what it used", async () => {
    const run = await start("[[text]]")
    const usage = { input_tokens: 100, cached_input_tokens: 40, output_tokens: 20, reasoning_output_tokens: 5 }
    const end = await run.end()
    expect(end).toMatchObject({ outcome: "completed", usage })
    expect(end).not.toHaveProperty("error")
    expect(completed(run, "agent_message").map(({ text }) => text)).toEqual(["Hello from the stub. Grüße, 你好 🎉"])
    expect(run.records[0]).toMatchObject({ record: { agent: "codex", cwd: codex.home.work } })
  })

  it("records a command with its output and its exit code", async () => {
    const run = await start("[[shell:echo out; echo err >&2; exit 4]]")
    expect(await run.end()).toMatchObject({ outcome: "completed", usage: { input_tokens: 200 } })
    const [item] = completed(run, "command_execution")
    expect(item).toMatchObject({ aggregated_output: "out\nerr\n", exit_code: 4, status: "failed" })
  })

  it("carries eight first runs at once over one process and mixes nothing up [S0-01 S0-02]", async () => {
    const names = ["a", "b", "c", "d", "e", "f", "g", "h"]
    const held = await startHeld(names)
    expect(codex.servers()).toEqual(runners().map(({ pid }) => pid))
    expect(runners()).toMatchObject([{ generation: 1, runs: names.length, agent: "codex", version: "0.169.0" }])
    letGo()
    const ends = await Promise.all(held.map((run) => run.end()))
    expect(ends.map(({ outcome }) => outcome)).toEqual(names.map(() => "completed"))
    const outputs = held.map((run) => completed(run, "command_execution").map((item) => item["aggregated_output"]))
    expect(outputs).toEqual(names.map((name) => [`done by ${name}\n`]))
    const counters = { starts: 1, accepted: names.length }
    expect(codex.view().agents).toMatchObject([{ active: 0, counters }])
  })

  it("cancels a run in the middle of its command: the command's processes go, other runs stay [W0-05]", async () => {
    const [other] = await startHeld(["other"])
    const run = await startStubborn("sleep 31415")
    const tools = sleepers()
    run.run.cancel("enough")
    run.run.cancel("again")
    expect(await run.end()).toMatchObject({ outcome: "cancelled", error: { code: "cancelled", message: "enough" } })
    await until("the command's processes are gone", () => !tools.some(isAlive), 2_000)
    expect(other?.records.at(-1)?.status).toBe("in_progress")
    letGo()
    expect(await other?.end()).toMatchObject({ outcome: "completed" })
    expect(runners()).toMatchObject([{ generation: 1 }])
  })

  it.each([
    [401, /the stub refuses.* \(httpConnectionFailed 401\)$/],
    // Codex has words of its own for it.
    [500, / \(internalServerError\)$/]
  ])("fails a run with the agent's words when the model answers %i", async (status, message) => {
    const run = await start(`[[status:${status}]]`)
    const error = { code: "agent_failed", message: expect.stringMatching(message) }
    expect(await run.end()).toMatchObject({ outcome: "failed", error })
    expect(run.events().map(({ type }) => type)).toContain("model.retry")
    expect(await (await start("[[text]]")).end()).toMatchObject({ outcome: "completed" })
    expect(runners()).toMatchObject([{ generation: 1 }])
  })

  it("loses every open run once when Codex is killed, and serves who waits by the next generation [W0-10]", async () => {
    const held = await startHeld(["a", "b", "c", "d", "e", "f", "g"])
    const open = [...held, await startStubborn("setsid sleep 31415")]
    const waiting = await start("[[text]]")
    const [server] = codex.servers()
    expect(codex.view().agents).toMatchObject([{ active: permits, waiting: 1 }])
    process.kill(server as number, "SIGKILL")
    const exit = { exit_code: null, signal: "SIGKILL" }
    for (const run of open) {
      const end = await run.end()
      expect(end).toMatchObject({ outcome: "lost", error: { code: "runner_exited" }, exit })
      expect(end.exit?.swept).toBeGreaterThanOrEqual(2)
    }
    expect(await waiting.end()).toMatchObject({ outcome: "completed" })
    await until("nothing of the first generation is left", () => runners().length === 1 && sleepers().length === 0)
    expect(runners()).toMatchObject([{ generation: 2 }])
    expect(codex.servers()).toEqual(runners().map(({ pid }) => pid))
    expect(await (await start("[[text]]")).end()).toMatchObject({ outcome: "completed" })
    expect(codex.view().agents).toMatchObject([{ counters: { starts: 2, ended: { lost: permits, completed: 2 } } }])
  })

  it("leaves no process when the host is closed in the middle of commands, and every run has its end", async () => {
    await startHeld(["a", "b"])
    await startStubborn("setsid sleep 31415")
    const pids = codex.pids()
    expect(pids).toEqual(expect.arrayContaining([...codex.servers(), ...sleepers()]))
    expect(codex.watchdogs()).toHaveLength(1)
    await codex.closeHost()
    await expectNothingLeft()
    expect(pids.filter(isAlive)).toEqual([])
    for (const run of runs) expect(run.records.at(-1)?.record.type).toBe("ended")
  })
})
