import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { commandAgent } from "@signalbox/agents"
import { temporaryFolder } from "@signalbox/proof"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { makeOneShot, type RunnableAgent } from "../src/index.ts"
import { ended, fact, inHouse, refusal, runnerConfig } from "./harness.ts"
import { listen, told } from "./heard.ts"

// What is asked of a run while its process is still being started. The start is held open at its slowest step: pipes are
// made by `mkfifo`, here one that waits for a file.

describe("a run whose program is being started", () => {
  it.live("is not started when its asker leaves, and its permit is free again [W0-04 W0-08]", () =>
    inHouse({ agent: onceAgent() }, (house) =>
      Effect.gen(function* () {
        const gate = yield* holdPipes
        const asked = yield* house.ask("a", "")
        yield* fact("the start is under way", () => gate.entered())
        yield* Fiber.interrupt(asked.fiber)
        gate.open()
        yield* fact("the permit is free", () => house.supervisor.view().active === 0)
        assert.deepStrictEqual([asked.heard.words, asked.heard.run], [[], undefined])
        const { accepted, starts, failedStarts } = house.supervisor.view().counters
        assert.deepStrictEqual({ accepted, starts, failedStarts }, { accepted: 0, starts: 0, failedStarts: 0 })
      })
    )
  )

  it.live("is refused when the host kills what it runs, and its program never works [W0-15]", () =>
    inHouse({ agent: onceAgent() }, (house) =>
      Effect.gen(function* () {
        const gate = yield* holdPipes
        const asked = yield* house.ask("a", "")
        yield* fact("the start is under way", () => gate.entered())
        house.supervisor.kill(true)
        gate.open()
        assert.propertyVal(yield* refusal(asked), "_tag", "RunnerClosed")
        assert.deepStrictEqual(asked.heard.words, [])
        assert.strictEqual(house.supervisor.view().counters.starts, 0)
      })
    )
  )

  it.live("is told that the host shuts down when its scope is closed meanwhile [W0-07 S0-30]", () =>
    inHouse({}, () =>
      Effect.gen(function* () {
        const gate = yield* holdPipes
        const scope = yield* Scope.make()
        const desk = yield* Scope.provide(makeOneShot({ agent: onceAgent(), config: runnerConfig() }), scope)
        const heard = listen("a")
        const fiber = yield* Effect.forkDetach(desk.open({ id: "a", params: { prompt: "" }, sink: heard.sink }), {
          startImmediately: true
        })
        yield* fact("the start is under way", () => gate.entered())
        const closing = yield* Effect.forkDetach(Scope.close(scope, Exit.void), { startImmediately: true })
        gate.open()
        yield* Fiber.join(closing)
        assert.propertyVal(yield* refusal({ heard, fiber }), "_tag", "RunnerClosed")
        assert.deepStrictEqual(heard.words, [])
      })
    )
  )

  it.live("waits no longer for a permit: the clock of the wait ends when its turn has come [W0-13]", () =>
    inHouse({ agent: onceAgent(), config: { permits: 1, wait_ms: 40 } }, (house) =>
      Effect.gen(function* () {
        const gate = yield* holdPipes
        const asked = yield* house.ask("a", "")
        const late = yield* house.ask("b", "")
        yield* fact("the start is under way", () => gate.entered())
        assert.propertyVal(yield* refusal(late), "_tag", "WaitTimedOut")
        gate.open()
        assert.strictEqual(yield* refusal(asked), "handed over")
        assert.strictEqual(told(yield* ended(asked.heard)), "completed")
      })
    )
  )
})

describe("a shared runner that is being started", () => {
  it.live("hears a kill as soon as it is there, and who waits is served by the next one [W0-15 W0-10]", () =>
    inHouse({ restart: { backoff_min_ms: 1, backoff_max_ms: 1 } }, (house) =>
      Effect.gen(function* () {
        const gate = yield* holdPipes
        const asked = yield* house.ask("a", "say hello")
        yield* fact("the start is under way", () => gate.entered())
        house.supervisor.kill(true)
        gate.open()
        assert.strictEqual(yield* refusal(asked), "handed over")
        assert.strictEqual(told(yield* ended(asked.heard)), "completed")
        assert.strictEqual(asked.heard.run?.generation, 2)
      })
    )
  )
})

/** Makes every new house wait for its pipes until the gate is opened. */
const holdPipes = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = temporaryFolder()
    const [entered, opened] = [join(folder, "entered"), join(folder, "opened")]
    const { PATH } = process.env
    const script = `#!/bin/sh\nPATH="${PATH}"\n: > "${entered}"\nwhile [ ! -e "${opened}" ]; do sleep 0.01; done\nexec mkfifo "$@"\n`
    writeFileSync(join(folder, "mkfifo"), script, { mode: 0o700 })
    process.env["PATH"] = `${folder}:${PATH}`
    return { PATH, entered: () => existsSync(entered), open: () => writeFileSync(opened, "") }
  }),
  ({ PATH, open }) =>
    Effect.sync(() => {
      open()
      process.env["PATH"] = PATH
    })
)

/** A program of its own for each run, which ends well at once. */
function onceAgent(): RunnableAgent {
  const { name, lifetime, dialect } = commandAgent({ file: "/bin/true" })
  return { name, lifetime, dialect, launch: () => ({ ok: true, command: { file: "/bin/true", args: [] } }) }
}
