import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { isAlive, pidsWithCookie, rounds, temporaryFolder, until } from "@signalbox/proof"
import * as Effect from "effect/Effect"
import { event, fact, inHouse, runnerPid } from "./harness.ts"
import { told } from "./heard.ts"

const long = 20_000

describe("a host that is killed with SIGKILL", () => {
  it("leaves no process of its runners' groups or with its cookie, and no watchdog [S0-07 W0-15]", async () => {
    for (let round = 0; round < rounds(20, 1); round++) await assertNothingIsLeft([])
  }, 600_000)

  it("leaves none either when its watchdog had been killed and replaced before [W0-15]", async () => {
    await assertNothingIsLeft(["kill-watchdog"])
  }, 60_000)

  it("leaves no child that hides either, although its parent leaves before the first signal [W0-15]", async () => {
    await assertNothingIsLeft(["hide"], 2)
  }, 60_000)
})

describe("a watchdog", () => {
  it.live("is ready before the first child, outlives none of it in order, and kills nothing then [W0-15]", () =>
    Effect.gen(function* () {
      const pids = yield* inHouse({ watchdog: true }, (house) =>
        Effect.gen(function* () {
          const watchdog = house.watchdogPid()
          assert.isDefined(watchdog)
          assert.isTrue(isAlive(Number(watchdog)))
          assert.strictEqual(told((yield* house.run("a", "say hello")).endings[0]), "completed")
          return [Number(watchdog), runnerPid(house)]
        })
      )
      yield* fact("the watchdog has left", () => !pids.some(isAlive))
    })
  )

  it.live("that dies is replaced, and the runners do not notice [W0-15]", () =>
    inHouse({ watchdog: true }, (house) =>
      Effect.gen(function* () {
        const run = yield* house.open("a", "say ready\nwait-for end-of-input")
        yield* event(run, "item.completed")
        const first = Number(house.watchdogPid())
        process.kill(first, "SIGKILL")
        yield* fact("there is another", () => house.watchdogPid() !== first && isAlive(Number(house.watchdogPid())))
        assert.deepStrictEqual([run.endings, isAlive(runnerPid(house))], [[], true])
      })
    )
  )
})

describe("watchdogs that are killed again and again", () => {
  it.live("are replaced each time: the house is never without one for good [W0-15]", () =>
    inHouse({ watchdog: true }, (house) =>
      Effect.gen(function* () {
        for (let kill = 0; kill < 6; kill++) {
          const pid = Number(house.watchdogPid())
          process.kill(pid, "SIGKILL")
          const next = () => house.watchdogPid()
          yield* fact("there is another", () => next() !== pid && next() !== undefined && isAlive(Number(next())))
        }
      })
    )
  )
})

async function assertNothingIsLeft(options: ReadonlyArray<string>, count = 6): Promise<void> {
  const token = `watched-${randomUUID()}`
  const folder = temporaryFolder()
  const host = startHost(token, options, folder)
  const { pids, watchdog } = JSON.parse(await firstLine(host)) as { pids: ReadonlyArray<number>; watchdog: number }
  assert.lengthOf(pids, count)
  assert.isTrue([...pids, watchdog].every(isAlive))
  host.kill("SIGKILL")
  await until("all of them are gone", () => ![...pids, watchdog].some(isAlive), long)
  assert.deepStrictEqual(pidsWithCookie(token), [])
  assert.deepStrictEqual(readdirSync(folder), [], "the folder of the pipes is gone")
}

function startHost(token: string, options: ReadonlyArray<string>, folder: string): ChildProcess {
  const program = fileURLToPath(new URL("programs/host-to-kill.ts", import.meta.url))
  return spawn(process.execPath, [program, token, ...options], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TMPDIR: folder }
  })
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = ""
  const exited = once(child, "exit").then(([code]) => Promise.reject(new Error(`the host exited with ${code}`)))
  exited.catch(() => undefined)
  child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString()))
  await Promise.race([until("the host is ready", () => text.includes("\n"), long), exited])
  return text
}
