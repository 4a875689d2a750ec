import { mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { commandAgent } from "@signalbox/agents"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@signalbox/proof"
import * as Effect from "effect/Effect"
import { makeOneShot, Processes } from "../src/index.ts"
import { ended, runnerConfig } from "./harness.ts"
import { listen, told } from "./heard.ts"

describe("the folder of the pipes", () => {
  it.live("is made again when a cleaner of temporary folders has taken it away [W0-10]", () => {
    const folder = temporaryFolder()
    return onPipesIn(folder, (run) =>
      Effect.gen(function* () {
        for (const id of ["a", "b", "c"]) {
          assert.deepStrictEqual(yield* run(id), ["completed", "pipe"])
          for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true })
        }
      })
    ).pipe(Effect.andThen(Effect.sync(() => assert.deepStrictEqual(readdirSync(folder), []))))
  })

  it.live("is refused with its name and a remedy where it cannot be made [S0-06]", () =>
    Effect.gen(function* () {
      const missing = join(temporaryFolder(), "missing")
      const error = yield* Effect.flip(onPipesIn(missing, () => Effect.void))
      assert.strictEqual(error._tag, "TemporaryFolderFailed")
      assert.match(error.message, /temporary folder .*missing: ENOENT/)
      assert.match(error.remedy, /TMPDIR/)
      mkdirSync(missing)
      yield* onPipesIn(missing, () => Effect.void)
    })
  )
})

type Run = (id: string) => Effect.Effect<ReadonlyArray<unknown>>

/** Runs a program that says what its stdin and stdout are. */
const onPipesIn = (temporary: string, body: (run: Run) => Effect.Effect<void>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const script = "[ -p /dev/stdout ] && printf pipe || printf other"
      const command = { file: "/bin/sh", args: ["-c", script] }
      const { name, lifetime, dialect } = commandAgent(command)
      const agent = { name, lifetime, dialect, launch: () => ({ ok: true, command }) as const }
      const desk = yield* makeOneShot({ agent, config: runnerConfig() })
      yield* body((id) =>
        Effect.gen(function* () {
          const heard = listen(id)
          yield* Effect.orDie(desk.open({ id, params: { prompt: "some input" }, sink: heard.sink }))
          const outcome = told(yield* ended(heard))
          return [
            outcome,
            heard.events
              .map((event) => event["delta"] ?? "")
              .join("")
              .trimEnd()
          ]
        })
      )
    })
  ).pipe(
    Effect.provide(
      Processes.layer({
        environment: process.env,
        temporaryFolder: temporary,
        token: "pipes-of-a-test-0001",
        watchdog: false
      })
    )
  )
