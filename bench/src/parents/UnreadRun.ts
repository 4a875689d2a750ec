// One large run whose reader takes one batch and then never asks again: the run goes on at its own pace.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { stdioAgent } from "@signalbox/agents"
import { makeSupervisor } from "@signalbox/kernel"
import { RestartConfig, RunnerConfig } from "@signalbox/protocol/config"
import { Recorder, SegmentJournal } from "@signalbox/trace"
import * as Effect from "effect/Effect"
import { orderOf, report } from "../measure-in-process.ts"
import type { UnreadRunOrder } from "../memory-order.ts"
import { heapInUse } from "./heap.ts"
import { processesHere, runnableHere } from "./Signalbox.ts"

const eventBytes = 1024
const order = orderOf<UnreadRunOrder>()
const events = Math.ceil((order.megabytes * 1e6) / eventBytes)
const pour = fileURLToPath(new URL("../children/pour.ts", import.meta.url))
const agent = runnableHere(stdioAgent({ file: process.execPath, args: [pour] }))
const folder = mkdtempSync(join(tmpdir(), "signalbox-bench-"))

const measured = Effect.scoped(
  Effect.gen(function* () {
    const recorder = yield* Recorder.make({ runId: "run_1" })
    const config = { agent, runner: RunnerConfig.parse({}), restart: RestartConfig.parse({}) }
    const supervisor = yield* makeSupervisor(config)
    const prompt = { sha256: "", bytes: 0 }
    recorder.append({ type: "started", agent: "stdio", principal: "bench", attempt: 1, prompt }, Date.now())
    const reader = recorder.batches()[Symbol.asyncIterator]()
    yield* Effect.promise(() => reader.next())
    const watch = watchMemory()
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    let heard = 0
    const sink = {
      event: (event: { readonly type: string }) => {
        const taken = recorder.append({ type: "event", event }, Date.now())
        if (!taken.ok) throw new Error(taken.fault.message)
        if (++heard % 64 === 0) watch.look()
      },
      ask: () => undefined,
      diag: (_level: string, _source: string, message: string) => console.error(message),
      end: () => resolve()
    }
    yield* supervisor.open({ id: "run_1", params: { prompt: `${events} ${eventBytes}` }, sink })
    yield* Effect.promise(() => ended)
    recorder.flush()
    const heapAfter = heapInUse() - watch.first.heapUsed
    if (heard !== events) return yield* Effect.die(new Error(`${heard} events came instead of ${events}`))
    const result = { events: heard, journalBytes: recorder.metrics.bytes, ...watch.most(), heapAfter }
    yield* Effect.promise(async () => reader.return?.())
    return result
  })
)
try {
  const journal = SegmentJournal.layer({ folder })
  await report(await Effect.runPromise(measured.pipe(Effect.provide(processesHere), Effect.provide(journal))))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function watchMemory() {
  heapInUse()
  const first = process.memoryUsage()
  let [mostHeap, mostOutsideHeap, mostResident] = [0, 0, 0]
  return {
    first,
    look: () => {
      const now = process.memoryUsage()
      mostHeap = Math.max(mostHeap, now.heapUsed - first.heapUsed)
      mostOutsideHeap = Math.max(mostOutsideHeap, now.external - first.external)
      mostResident = Math.max(mostResident, now.rss - first.rss)
    },
    most: () => ({ mostHeap, mostOutsideHeap, mostResident })
  }
}
