// Ours up to the synchronous callback of the run's sink.
import * as Effect from "effect/Effect"
import type { MuxOrder } from "../flood-order.ts"
import { orderOf, report } from "../measure-in-process.ts"
import { makeMeter } from "./meter.ts"
import { carryRuns, processesHere } from "./Signalbox.ts"

const order = orderOf<MuxOrder>()
const meter = makeMeter(order)
const sinkOf = (id: string) => ({
  event: (event: Parameters<typeof meter.hear>[1]) => meter.hear(id, event),
  end: () => undefined
})
await Effect.runPromise(carryRuns(order, meter, sinkOf).pipe(Effect.provide(processesHere)))
meter.judge()
await report(await meter.finished)
