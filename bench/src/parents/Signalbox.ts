// Ours: a real child under the kernel's own runner; an event counts when the run's sink is called, or when its recorder
// has taken it.
import { tmpdir } from "node:os"
import { randomUUID } from "node:crypto"
import { type Agent, stdioAgent } from "@signalbox/agents"
import { makeRunner, Processes, type RunOrder, type RunSink } from "@signalbox/kernel"
import { RunnerConfig } from "@signalbox/protocol/config"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Ending } from "@signalbox/machine"
import { idOfRun, type MuxOrder } from "../flood-order.ts"
import { floodCommand } from "./flooding-child.ts"
import type { Meter } from "./meter.ts"

/** Carries all runs to their ends over one runner; `sinkOf` says who hears the events of a run. */
export const carryRuns = (order: MuxOrder, meter: Meter, sinkOf: (id: string) => Pick<RunSink, "event" | "end">) =>
  Effect.scoped(
    Effect.gen(function* () {
      const runner = yield* makeRunner({
        agent: runnableHere(stdioAgent(floodCommand(order))),
        config: RunnerConfig.parse({ permits: order.runs }),
        generation: 1,
        hooks: { retired: () => undefined, proved: () => undefined }
      })
      const ended = Deferred.makeUnsafe<void, Error>()
      let open = order.runs
      const endedRun = (id: string, ending: Ending) => {
        if (ending.outcome !== "completed")
          Deferred.doneUnsafe(ended, Exit.fail(new Error(`${id} ended ${JSON.stringify(ending)}`)))
        if (--open === 0) Deferred.doneUnsafe(ended, Exit.void)
      }
      for (let run = 0; run < order.runs; run++) {
        const id = idOfRun(run)
        const fault = runner.open(runOrder(id, sinkOf(id), endedRun))
        if (fault !== undefined) return yield* Effect.die(fault)
      }
      yield* Effect.raceFirst(
        Effect.promise(() => meter.finished),
        Deferred.await(ended)
      )
      yield* Deferred.await(ended)
    })
  )

/** The hands, as an app has them. */
export const processesHere = Processes.layer({
  environment: process.env,
  temporaryFolder: tmpdir(),
  token: `bench-${randomUUID()}`,
  watchdog: true
})

/** An agent that needs nothing of its surroundings. */
export function runnableHere(agent: Agent) {
  const context = { nodePath: process.execPath, playbookEntry: undefined, find: () => undefined, settings: {} }
  return { name: agent.name, lifetime: agent.lifetime, dialect: agent.dialect, launch: () => agent.launch(context) }
}

function runOrder(
  id: string,
  sink: Pick<RunSink, "event" | "end">,
  endedRun: (id: string, ending: Ending) => void
): RunOrder {
  return {
    id,
    params: { prompt: "go" },
    released: () => undefined,
    sink: {
      event: sink.event,
      ask: () => undefined,
      diag: (_level, _source, message) => console.error(`${id}: ${message}`),
      end: (ending) => {
        sink.end(ending)
        endedRun(id, ending)
      }
    }
  }
}
