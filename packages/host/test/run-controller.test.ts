import type { Ending, StopWish } from "@signalbox/machine"
import type { EndedBody, Fault, RecordBody } from "@signalbox/protocol"
import { fakeClock } from "@signalbox/proof"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makeRunController, type RunController } from "../src/lib/run-controller.ts"

const cancelled: StopWish = { outcome: "cancelled", fault: { code: "cancelled", message: "asked for" } }
const tooLong: StopWish = { outcome: "timed_out", fault: { code: "run_timeout", message: "too long" } }
const failed: Ending = { outcome: "failed", error: { code: "agent_failed", message: "broken" } }
const refusedBy: Ending = { outcome: "failed", error: { code: "spawn_failed", message: "no such program" } }
const diskFull: Fault = { code: "journal_failed", message: "the disk is full" }
const question = { type: "ask", id: "a", request: "q", kind: "question" } as const

type Story = readonly [sentence: string, tell: (told: Told) => void, words: ReadonlyArray<string>]

describe("the controller of a run", () => {
  it.each<Story>([
    [
      "records an ordinary life in order, and nothing after its end [S0-29 S0-30]",
      ({ run, open }) => {
        run.granted(open)
        run.event({ type: "said" })
        run.diag("info", "runner", "note")
        run.end({ outcome: "completed" })
        run.end(failed)
        run.refused(refusedBy)
        run.stop(cancelled)
        run.waiting("queued")
      },
      ["state running", "event said", "diag note", "ended completed", "over"]
    ],
    [
      "ends a run that was refused before it was handed over [S0-46]",
      ({ run }) => {
        run.waiting("queued")
        run.refused(refusedBy)
      },
      ["state queued", "ended failed spawn_failed", "over"]
    ],
    [
      "leaves the line when it is stopped while it waits, and says why it was stopped [W0-05]",
      ({ run }) => {
        run.waiting("queued")
        run.stop(cancelled)
        run.refused(refusedBy)
      },
      ["state queued", "leave the line", "ended cancelled cancelled", "over"]
    ],
    [
      "passes the first wish on, once, and leaves the ending to the runner [W0-05]",
      ({ run, open }) => {
        run.granted(open)
        run.stop(cancelled)
        run.stop(tooLong)
        run.end({ outcome: "completed" })
      },
      ["state running", "stop cancelled", "ended completed", "over"]
    ],
    [
      "passes a wish on that met the permit [W0-05]",
      ({ run, open }) => {
        run.stop(cancelled)
        run.granted(open)
        run.refused(refusedBy)
      },
      ["leave the line", "state running", "stop cancelled"]
    ],
    [
      "waits for an answer as long as one is missing, and takes each once",
      ({ run, open }) => {
        run.granted(open)
        run.ask(question)
        run.ask({ ...question, request: "r" })
        run.answer("q", true)
        run.answer("q", false)
        run.answer("unknown", 1)
        run.answer("r", "no")
      },
      [
        "state running",
        "event permission.requested",
        "state waiting",
        "event permission.requested",
        "answer q true",
        "answer r no",
        "state running"
      ]
    ],
    [
      "stops a run whose trace broke, and calls it failed whatever the runner says",
      ({ run, open }) => {
        run.granted(open)
        run.traceFailed(diskFull)
        run.traceFailed({ ...diskFull, message: "again" })
        run.end({ outcome: "completed" })
      },
      ["state running", "stop cancelled", "ended failed journal_failed", "over"]
    ],
    [
      "ends a run whose trace broke while it waited",
      ({ run }) => {
        run.waiting("queued")
        run.traceFailed(diskFull)
        run.refused(refusedBy)
      },
      ["state queued", "leave the line", "ended failed journal_failed", "over"]
    ]
  ])("%s", (_sentence, tell, words) => {
    const told = begin()
    tell(told)
    expect(told.words).toEqual(words)
  })

  it("counts, measures and adds the usage that the agent told last", () => {
    const { run, open, clock, bodies } = begin()
    clock.advance(30)
    run.granted(open)
    run.event({ type: "usage", usage: { input_tokens: 1 } })
    run.event({ type: "turn.completed", usage: { input_tokens: 5, output_tokens: 7 } })
    run.diag("info", "runner", "note")
    clock.advance(70)
    run.end({ outcome: "completed" })
    expect(bodies.at(-1)).toEqual({
      type: "ended",
      outcome: "completed",
      usage: { input_tokens: 5, output_tokens: 7 },
      stats: { events: 2, diags: 1, wait_ms: 30, duration_ms: 100 }
    })
  })

  it("tells the first thing that went wrong with a trace, and not what followed from it", () => {
    const { run, bodies } = begin()
    run.traceFailed(diskFull)
    run.traceFailed({ ...diskFull, message: "and then" })
    run.refused(refusedBy)
    expect(bodies.at(-1)).toMatchObject({ outcome: "failed", error: diskFull })
  })

  it("stops a run that is handed over after its end: its permit is not its own any more [W0-07]", () => {
    const { run, open, words } = begin()
    run.refused(refusedBy)
    run.granted(open)
    expect(words).toEqual(["ended failed spawn_failed", "over", "stop cancelled"])
  })

  it("tells when the agent was heard last, and by what it waits", () => {
    const { run, open, clock } = begin()
    const begun = clock.now()
    run.granted(open)
    clock.advance(5)
    run.event({ type: "said" })
    clock.advance(5)
    run.ask(question)
    clock.advance(5)
    expect(run.facts()).toMatchObject({ state: "waiting", grantedAt: begun, heardAt: begun + 10 })
    run.answer("q", 1)
    expect(run.facts()).toMatchObject({ state: "running", heardAt: begun + 15 })
  })
})

const deed = fc.constantFrom<(told: Told) => void>(
  ({ run }) => run.event({ type: "said" }),
  ({ run }) => run.ask(question),
  ({ run }) => run.answer("q", 1),
  ({ run }) => run.diag("info", "runner", "note"),
  ({ run }) => run.waiting("queued"),
  ({ run }) => run.waiting("starting"),
  ({ run, open }) => run.granted(open),
  ({ run }) => run.stop(cancelled),
  ({ run }) => run.stop(tooLong),
  ({ run }) => run.refused(refusedBy),
  ({ run }) => run.end({ outcome: "completed" }),
  ({ run }) => run.end(failed),
  ({ run }) => run.traceFailed(diskFull),
  ({ clock }) => clock.advance(10)
)

describe("every accepted run", () => {
  it("has exactly one terminal record, its last, whatever happens in whatever order [S0-30 W0-07]", () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 40 }), (deeds) => {
        const told = begin()
        for (const one of [...deeds, lastly]) one(told)
        expect(told.words.filter((word) => word === "over")).toHaveLength(1)
        expect(told.bodies.filter((body) => body.type === "ended")).toHaveLength(1)
        expect(told.bodies.at(-1)).toMatchObject({ type: "ended" })
        expect(told.run.facts().state).toBe("ended")
      })
    )
  })
})

/** Whoever is left over: handed over, its runner ends it; not handed over, it is refused. */
function lastly({ run }: Told): void {
  run.refused(refusedBy)
  run.end({ outcome: "lost" })
}

interface Told {
  readonly run: RunController
  readonly open: { readonly stop: (wish: StopWish) => void; readonly answer: (request: string, value: unknown) => void }
  readonly words: Array<string>
  readonly bodies: Array<RecordBody>
  readonly clock: ReturnType<typeof fakeClock>
}

function begin(): Told {
  const words: Array<string> = []
  const bodies: Array<RecordBody> = []
  const clock = fakeClock()
  const run = makeRunController({
    now: clock.now,
    append: (body) => {
      bodies.push(body)
      words.push(inWords(body))
      return true
    },
    leaveLine: () => void words.push("leave the line"),
    over: () => void words.push("over")
  })
  const open = {
    stop: (wish: StopWish) => void words.push(`stop ${wish.outcome}`),
    answer: (request: string, value: unknown) => void words.push(`answer ${request} ${String(value)}`)
  }
  return { run, open, words, bodies, clock }
}

function inWords(body: RecordBody): string {
  if (body.type === "event") return `event ${(body.event as { type: string }).type}`
  if (body.type === "state") return `state ${String(body["state"])}`
  if (body.type === "diag") return `diag ${String(body["message"])}`
  const { outcome, error } = body as EndedBody
  return `${body.type} ${outcome}${error === undefined ? "" : ` ${error.code}`}`
}
