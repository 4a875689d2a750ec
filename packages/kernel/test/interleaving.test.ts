import { assert, describe, it } from "@effect/vitest"
import { rounds } from "@signalbox/proof"
import { RestartConfig } from "@signalbox/protocol/config"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import fc from "fast-check"
import { type KernelError, makeSupervisor, type SupervisorView } from "../src/index.ts"
import { end, type FakeFrame, type FakeProcess, fakeProcesses, hello, said, soon } from "./fake-processes.ts"
import { type Asked, fact, refusal, runnerConfig, scripted, upTo } from "./harness.ts"
import { type Heard, listen } from "./heard.ts"

// Interleavings that real processes are too slow for: the supervisor is the real one, the processes are functions.

const restart = RestartConfig.parse({ backoff_min_ms: 1, backoff_max_ms: 1, breaker_deaths: 1_000_000 })

describe("a supervisor, whatever happens in whatever order", () => {
  it.live(
    "gives every run one refusal or one terminal when it is closed in the midst [S0-30 W0-07]",
    () =>
      Effect.gen(function* () {
        const turns = fc.sample(fc.array(fc.nat(3), { minLength: 5, maxLength: 40 }), rounds(100_000, 2_000))
        for (const pauses of turns) {
          const { layer, all } = fakeProcesses(answerLater)
          const asked = yield* Effect.scoped(
            Effect.gen(function* () {
              const supervisor = yield* makeSupervisor({
                agent: scripted(),
                runner: runnerConfig({ permits: 3 }),
                restart
              })
              const asked: Array<Asked> = []
              for (const [index, pause] of pauses.entries()) {
                const heard = listen(`run-${index}`)
                const opening = supervisor.open({ id: heard.id, params: { prompt: "x" }, sink: heard.sink })
                asked.push({ heard, fiber: yield* Effect.forkDetach(opening, { startImmediately: true }) })
                for (let turn = 0; turn < pause; turn++) yield* Effect.yieldNow
              }
              return asked
            })
          ).pipe(Effect.provide(layer))
          const answers = yield* Effect.forEach(asked, refusal)
          for (const [index, { heard }] of asked.entries()) {
            const [answer, ends] = [tagOf(answers[index]), heard.endings.length]
            assert.isTrue(
              answer === "handed over" ? ends === 1 : answer === "RunnerClosed" && ends === 0,
              `${answer} ${ends}`
            )
            assert.strictEqual(heard.words.at(-1)?.startsWith("end") ?? false, ends === 1)
          }
          assert.isAtMost(all.length, 1)
        }
      }),
    600_000
  )

  it.live(
    "never writes half a line and loses no permit when askers are interrupted anywhere [W0-08 S0-16]",
    () =>
      Effect.gen(function* () {
        const { layer, all } = fakeProcesses(answerLater)
        const { heards, view } = yield* Effect.gen(function* () {
          const supervisor = yield* makeSupervisor({ agent: scripted(), runner: runnerConfig({ permits: 2 }), restart })
          const heards: Array<Heard> = []
          for (const n of upTo(rounds(100_000, 3_000))) {
            const heard = listen(`run-${n}`)
            const opening = supervisor.open({ id: heard.id, params: { prompt: "x" }, sink: heard.sink })
            const fiber = yield* Effect.forkDetach(opening, { startImmediately: n % 2 === 0 })
            heards.push(heard)
            for (let turn = 0; turn < n % 5; turn++) yield* n % 3 === 0 ? Effect.promise(nextTurn) : Effect.yieldNow
            yield* Fiber.interrupt(fiber)
          }
          yield* fact("all permits are free", () => supervisor.view().active === 0 && supervisor.view().waiting === 0)
          return { heards, view: supervisor.view() }
        }).pipe(Effect.scoped, Effect.provide(layer))
        const written = all.flatMap((process) => process.lines.map((line) => JSON.parse(line) as FakeFrame))
        const runs = written.filter((frame) => frame.type === "run").map((frame) => frame.id)
        assert.strictEqual(new Set(runs).size, runs.length)
        assert.isAbove(runs.length, 100)
        assert.isBelow(runs.length, heards.length)
        for (const heard of heards) assert.lengthOf(heard.endings, runs.includes(heard.id) ? 1 : 0)
        assert.strictEqual(view.runners[0]?.runs, 0)
      }),
    600_000
  )

  it.live(
    "delivers no late word of an old run to a new one, whatever a runner says [W0-06 S0-31]",
    () =>
      Effect.gen(function* () {
        const adversarial = fc.array(
          fc.record({ of: fc.nat(9), what: fc.constantFrom("event", "end", "error", "ask") })
        )
        for (const words of fc.sample(adversarial, rounds(2_000, 40))) {
          const opened: Array<string> = []
          const { layer } = fakeProcesses((process, { type, id }) => {
            if (type !== "run") return
            opened.push(id)
            soon(() => {
              process.say(said(id, { type: "mine", id }))
              for (const { of, what } of words) sayOld(process, opened.at(-1 - of), what)
              process.say(end(id))
            })
          })
          const { heards, view } = yield* Effect.gen(function* () {
            const supervisor = yield* makeSupervisor({
              agent: scripted(),
              runner: runnerConfig({ permits: 1 }),
              restart
            })
            const heards = upTo(10).map((n) => listen(`run-${n}`))
            for (const { id, sink } of heards) yield* supervisor.open({ id, params: { prompt: "x" }, sink })
            yield* fact("all have ended", () => heards.every((heard) => heard.endings.length === 1))
            yield* fact("all late words are read", () => supervisor.view().active === 0)
            return { heards, view: supervisor.view() }
          }).pipe(Effect.scoped, Effect.provide(layer))
          for (const heard of heards) {
            for (const event of heard.events) assert.strictEqual(event["id"], heard.id)
            assert.lengthOf(heard.endings, 1)
          }
          checkLate(view, words, opened)
        }
      }),
    120_000
  )
})

/** Says hello, an event and the end, in a later turn. */
function answerLater(process: FakeProcess, { type, id }: FakeFrame): void {
  if (type === "hello") soon(() => process.say(hello))
  if (type !== "run") return
  soon(() => {
    process.say(said(id, { type: "said" }))
    soon(() => process.say(end(id)))
  })
}

function sayOld(process: FakeProcess, id: string | undefined, what: string): void {
  if (id === undefined) return process.say(said("never", { type: "invented" }))
  if (what === "event") process.say(said(id, { type: "mine", id }))
  else if (what === "ask") process.say({ type: "ask", id, request: "q", kind: "question" })
  else process.say(what === "end" ? end(id) : { type: "end", id, status: "error", error: "late" })
}

/** Every word for an old id is counted as stale, every one for an invented id as unknown. */
function checkLate(
  view: SupervisorView,
  words: ReadonlyArray<{ of: number; what: string }>,
  opened: ReadonlyArray<string>
) {
  const counts = view.runners[0]?.counts
  let [stale, unknown] = [0, 0]
  for (const at of opened.keys()) {
    let over = false
    for (const { of, what } of words) {
      if (of > at) unknown++
      else if (of > 0 || over) stale++
      else over = what === "end" || what === "error"
    }
    if (over) stale++
  }
  assert.deepInclude(counts, { stale, unknown_id: unknown })
}

function tagOf(answer: KernelError | "handed over" | undefined): string {
  return typeof answer === "object" ? answer._tag : String(answer)
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))
