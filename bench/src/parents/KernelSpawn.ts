// The smallest program as the kernel spawns it, until its exit is told; and until nothing of it is left.
import { Processes } from "@signalbox/kernel"
import * as Effect from "effect/Effect"
import { orderOf, report } from "../measure-in-process.ts"
import type { SpawnOrder } from "../start-order.ts"
import { repeat } from "./repeat.ts"
import { processesHere } from "./Signalbox.ts"

const order = orderOf<SpawnOrder>()
const limits = { stopGraceMs: 5_000, termGraceMs: 5_000, drainMs: 2_000, writeDeadlineMs: 10_000 }
const goneMs: Array<number> = []

const measured = Effect.gen(function* () {
  const processes = yield* Processes
  const spawn = (told: () => void) =>
    Effect.scoped(
      Effect.gen(function* () {
        const hooks = { stdout: ignore, stderr: ignore, exited: told, leaving: ignore, stuck: ignore }
        const process = yield* processes.spawn({ command: { file: "sh", args: ["-c", ":"] }, ...limits, hooks })
        yield* process.gone
      })
    )
  const batch = async () => {
    const began = performance.now()
    const told = Array.from({ length: order.atOnce }, () => Promise.withResolvers<void>())
    const gone = told.map(({ resolve }) => Effect.runPromise(spawn(resolve)))
    await Promise.all(told.map(({ promise }) => promise))
    return { began, gone }
  }
  return yield* Effect.promise(async () => {
    const ms = await repeat(order.times, batch)
    for (let time = 0; time < order.times; time++) {
      const { began, gone } = await batch()
      await Promise.all(gone)
      goneMs.push(performance.now() - began)
    }
    return ms
  })
})
const ms = await Effect.runPromise(measured.pipe(Effect.provide(processesHere)))
await report({ ms, goneMs })

function ignore(): void {}
