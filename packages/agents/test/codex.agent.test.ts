import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { RunEvent } from "@signalbox/protocol"
import { isAlive, pidsWithCookie, rounds, until } from "@signalbox/proof"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { type CodexHouse, openCodexHouse } from "./codex-program.ts"

// The real Codex, driven by the dialect alone, with the model stub. Each test has a Codex, a home and a stub of its own.

let house: CodexHouse

beforeEach(async () => {
  house = await openCodexHouse()
})

afterEach(async () => {
  await house.close()
  expect(isAlive(house.codex.pid)).toBe(false)
  expect(pidsWithCookie(house.root)).toEqual([])
  expect(house.codex.strays).toEqual([])
})

const start = (id: string, prompt: string, params: Readonly<Record<string, unknown>> = {}) =>
  house.codex.send({ type: "run", id, params: { prompt, cwd: house.work, ...params } })

const endOf = (id: string, prompt: string, params?: Readonly<Record<string, unknown>>) => {
  start(id, prompt, params)
  return house.codex.end(id)
}

const texts = (events: ReadonlyArray<RunEvent>) => completed(events, "agent_message").map((item) => item["text"])

function completed(events: ReadonlyArray<RunEvent>, type: string): ReadonlyArray<Readonly<Record<string, unknown>>> {
  return events.flatMap((event) => {
    const item = event["item"] as Readonly<Record<string, unknown>> | undefined
    return event.type === "item.completed" && item?.["type"] === type ? [item] : []
  })
}

describe("the real Codex", () => {
  it("does a text turn", async () => {
    expect(await endOf("a", "[[text]]")).toEqual({ type: "end", id: "a", status: "ok" })
    expect(texts(house.codex.eventsOf("a"))).toEqual(["Hello from the stub. Grüße, 你好 🎉"])
    expect(house.codex.frames[0]).toMatchObject({ type: "hello", agent: "codex", version: "0.169.0" })
  })

  it("runs a command in the run's folder and gives its output and exit code", async () => {
    await endOf("a", "[[shell:echo made > here.txt; echo out; exit 4]]")
    const [item] = completed(house.codex.eventsOf("a"), "command_execution")
    expect(item).toMatchObject({ aggregated_output: "out\n", exit_code: 4, status: "failed" })
    expect(readFileSync(join(house.work, "here.txt"), "utf8")).toBe("made\n")
  })

  it("gives the run the sandbox that it asks for", async () => {
    // Codex shows no item of a command that its sandbox stops at once, so the file has to tell.
    await endOf("a", "[[shell:touch here.txt]]", { sandbox: "read-only" })
    expect(existsSync(join(house.work, "here.txt"))).toBe(false)
    await endOf("b", "[[shell:touch here.txt]]")
    expect(existsSync(join(house.work, "here.txt"))).toBe(true)
  })

  it("carries eight runs at once in one process and mixes nothing up", async () => {
    const ids = ["a", "b", "c", "d", "e", "f", "g", "h"]
    const ends = await Promise.all(ids.map((id, index) => endOf(id, `[[slow:${index + 3}]]`)))
    expect(ends.map(({ status }) => status)).toEqual(ids.map(() => "ok"))
    ids.forEach((id, index) => {
      const words = Array.from({ length: index + 3 }, (_word, at) => `word${at + 1} `).join("")
      expect(texts(house.codex.eventsOf(id))).toEqual([words])
    })
    expect(new Set(ids.map((id) => house.codex.eventsOf(id)[0]?.["thread_id"])).size).toBe(ids.length)
  })

  it("stops a run in the middle: at its end the command's processes are gone, and others go on [W0-05]", async () => {
    start("a", "[[shell:trap '' TERM HUP; sleep 31415 & sleep 31415]]")
    start("b", "[[slow:40]]")
    await until("the command runs", () => sleepers().length >= 2)
    const pids = sleepers()
    house.codex.send({ type: "cancel", id: "a" })
    expect(await house.codex.end("a")).toMatchObject({ status: "cancelled" })
    await until("the command's processes are gone", () => !pids.some(isAlive), 2_000)
    expect(await house.codex.end("b")).toMatchObject({ status: "ok" })
  })

  it("stops a run whose turn has only just been asked for, whenever that is [W0-05]", async () => {
    for (let round = 0; round < rounds(200, 10); round++) {
      const id = `r${round}`
      start(id, "[[slow:600]]")
      await house.codex.event(id, "a thread", ({ type }) => type === "thread.started")
      // Not to wait for something, but to hit another moment each time.
      await new Promise((resolve) => setTimeout(resolve, round % 10))
      house.codex.send({ type: "cancel", id })
      expect(await house.codex.end(id)).toMatchObject({ status: "cancelled" })
    }
  })

  it.each([401, 500])("ends a run with an error when the model answers %i", async (status) => {
    const end = await endOf("a", `[[status:${status}]]`)
    expect(end).toMatchObject({ status: "error", codex_error_info: expect.anything() })
    const types = house.codex.eventsOf("a").map(({ type }) => type)
    expect(types.slice(-3)).toEqual(["model.retry", "error", "turn.failed"])
  })

  it("ends a run with an error when the model's stream is torn", async () => {
    expect(await endOf("a", "[[cut]]")).toMatchObject({ status: "error" })
  })

  it("asks when the run wants it, and does what the answer allows", async () => {
    start("a", "[[ask:touch ../allowed.txt]]", { approval_policy: "on-request" })
    const asked = () => house.codex.frames.find((frame) => frame.type === "ask")
    await until("the question", () => asked() !== undefined)
    house.codex.send({ type: "answer", id: "a", request: String(asked()?.["request"]), value: "accept" })
    expect(await house.codex.end("a")).toMatchObject({ status: "ok" })
    expect(existsSync(join(house.root, "allowed.txt"))).toBe(true)
  })

  it("goes on with a thread right after its last run", async () => {
    await endOf("a", "[[text]]")
    const resume = house.codex.eventsOf("a")[0]?.["thread_id"]
    // Nothing is waited for: the thread is still on its way through the archive.
    expect(await endOf("b", "[[text]]", { resume })).toMatchObject({ status: "ok" })
    const usage = house.codex.eventsOf("b").at(-1)?.["usage"]
    expect(usage).toMatchObject({ input_tokens: 100 })
  })

  it("does not grow with the runs that it has carried", async () => {
    const batch = async (name: string) => {
      await Promise.all(Array.from({ length: 20 }, (_run, index) => endOf(`${name}${index}`, "[[text]]")))
    }
    await batch("warm-up")
    await batch("first")
    const before = residentKib(house.codex.pid)
    for (let round = 0; round < 4; round++) await batch(`round${round}-`)
    // Without putting threads away it is 80 MiB and more.
    expect(residentKib(house.codex.pid) - before).toBeLessThan(40 * 1024)
  })
})

/** The pids of the `sleep 31415` that this test's command started. */
function sleepers(): ReadonlyArray<number> {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isAlive(pid) && commandLine(pid) === "sleep\0" + "31415\0")
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1")
  } catch {
    return ""
  }
}

function residentKib(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1])
}
