// Carries many runs through one warm runner and looks at the heap between two equal halves of the work.
import { fileURLToPath } from "node:url"
import { stdioAgent } from "@signalbox/agents"
import { makeSupervisor, type Supervisor } from "@signalbox/kernel"
import { RestartConfig, RunnerConfig } from "@signalbox/protocol/config"
import * as Effect from "effect/Effect"
import { orderOf, report } from "../measure-in-process.ts"
import type { ManyRunsOrder } from "../memory-order.ts"
import { heapInUse } from "./heap.ts"
import { processesHere, runnableHere } from "./Signalbox.ts"

const order = orderOf<ManyRunsOrder>()
const answer = fileURLToPath(new URL("../children/answer.ts", import.meta.url))
const agent = runnableHere(stdioAgent({ file: process.execPath, args: [answer] }))
let number = 0
let ended = 0

const measured = Effect.scoped(
  Effect.gen(function* () {
    const config = { agent, runner: RunnerConfig.parse({}), restart: RestartConfig.parse({}) }
    const supervisor = yield* makeSupervisor(config)
    return yield* Effect.promise(async () => {
      await carry(supervisor, order.runs)
      const before = heapInUse()
      await carry(supervisor, order.runs)
      return { before, after: heapInUse() }
    })
  })
)
const heap = await Effect.runPromise(measured.pipe(Effect.provide(processesHere)))
await report({ ...heap, ended })

/** As many at once as the runner has permits. */
async function carry(supervisor: Supervisor, runs: number): Promise<void> {
  let left = runs
  const one = async () => {
    while (left-- > 0) await carryOne(supervisor)
  }
  await Promise.all(Array.from({ length: 64 }, one))
}

function carryOne(supervisor: Supervisor): Promise<void> {
  return new Promise((resolve, reject) => {
    const sink = {
      event: () => undefined,
      ask: () => undefined,
      diag: (_level: string, _source: string, message: string) => console.error(message),
      end: () => {
        ended++
        resolve()
      }
    }
    const id = `run_${++number}`
    Effect.runPromise(supervisor.open({ id, params: { prompt: "go" }, sink })).catch(reject)
  })
}
