// Request to first event of ours: a warm runner behind a supervisor, permit and registration included.
import { fileURLToPath } from "node:url"
import { stdioAgent } from "@signalbox/agents"
import { makeSupervisor, type Supervisor } from "@signalbox/kernel"
import { RestartConfig, RunnerConfig } from "@signalbox/protocol/config"
import * as Effect from "effect/Effect"
import { orderOf, report } from "../measure-in-process.ts"
import type { FirstEventOrder } from "../start-order.ts"
import { repeat } from "./repeat.ts"
import { processesHere, runnableHere } from "./Signalbox.ts"

const order = orderOf<FirstEventOrder>()
const answer = fileURLToPath(new URL("../children/answer.ts", import.meta.url))
const agent = runnableHere(stdioAgent({ file: process.execPath, args: [answer] }))
let number = 0

const measured = Effect.scoped(
  Effect.gen(function* () {
    const config = { agent, runner: RunnerConfig.parse({}), restart: RestartConfig.parse({}) }
    const supervisor = yield* makeSupervisor(config)
    const all = () => Promise.all(Array.from({ length: order.atOnce }, () => firstEvent(supervisor)))
    return yield* Effect.promise(() => repeat(order.times, all))
  })
)
const ms = await Effect.runPromise(measured.pipe(Effect.provide(processesHere)))
await report({ ms })

function firstEvent(supervisor: Supervisor): Promise<void> {
  return new Promise((resolve, reject) => {
    const sink = {
      event: () => resolve(),
      ask: () => undefined,
      diag: (_level: string, _source: string, message: string) => console.error(message),
      end: () => undefined
    }
    const id = `run_${++number}`
    Effect.runPromise(supervisor.open({ id, params: { prompt: "go" }, sink })).catch(reject)
  })
}
