import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { initialMux, type MuxInput, type MuxOutput, stepMux, viewMux } from "../src/index.ts"
import {
  at,
  cancel,
  diag,
  event,
  exited,
  failed,
  fatal,
  gaveUp,
  hello,
  leaving,
  mute,
  ok,
  open,
  settled,
  standardConfig,
  stray,
  timeOut
} from "./mux-story.ts"

const ids = ["a", "b", "c", "d"] as const
const anyId = fc.constantFrom(...ids)

/** What can arrive, in any order: asks of the host, frames of an adversarial runner, time. */
const anyInput: fc.Arbitrary<MuxInput<string>> = fc.oneof(
  { weight: 6, arbitrary: anyId.map((id) => open(id)) },
  { weight: 6, arbitrary: anyId.map((id) => event(id)) },
  { weight: 3, arbitrary: anyId.map((id) => ok(id)) },
  { weight: 1, arbitrary: anyId.map((id) => failed(id)) },
  { weight: 1, arbitrary: anyId.map((id) => gaveUp(id)) },
  { weight: 3, arbitrary: anyId.map((id) => cancel(id)) },
  { weight: 1, arbitrary: anyId.map((id) => timeOut(id)) },
  { weight: 1, arbitrary: anyId.map((id) => cancel(id, 500)) },
  { weight: 3, arbitrary: fc.constant(settled) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(hello("cooperative"), hello("none"), hello("kill"), hello("cooperative", 2))
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<MuxInput<string>>(fatal("why"), { type: "stuck" }, { type: "retire" }, leaving, mute)
  },
  { weight: 2, arbitrary: anyId.map((id) => diag("note", id)) },
  { weight: 1, arbitrary: fc.constant(stray("junk")) },
  { weight: 2, arbitrary: fc.nat(5_000).map((now) => at(now)) }
)

interface Life {
  ended: boolean
  released: boolean
}

/** Runs a whole story with a fresh owner per open, the exit at its end, and hands each step to a check. */
function play(inputs: ReadonlyArray<MuxInput<string>>, deathOutcome: "lost" | "failed") {
  const state = initialMux<string>({ ...standardConfig, deathOutcome })
  const lives = new Map<string, Life>()
  const refused: Array<string> = []
  const afterEnd: Array<string> = []
  let asked = 0
  for (const given of [...inputs, exited(null, "SIGKILL"), open("late")]) {
    const input = given.type === "open" ? { ...given, owner: `${given.id}#${asked++}` } : given
    const out: Array<MuxOutput<string>> = []
    stepMux(state, input, out)
    for (const output of out) note(output, { lives, refused, afterEnd })
  }
  return { state, lives, refused, afterEnd, asked }
}

function note(
  output: MuxOutput<string>,
  seen: { readonly lives: Map<string, Life>; readonly refused: Array<string>; readonly afterEnd: Array<string> }
): void {
  if (!("owner" in output)) return
  const life = seen.lives.get(output.owner)
  if (output.type === "accept") seen.lives.set(output.owner, { ended: false, released: false })
  else if (output.type === "refuse") seen.refused.push(output.owner)
  else if (life === undefined) seen.afterEnd.push(`${output.type} before accept`)
  else if (output.type === "release") {
    if (life.released || !life.ended) seen.afterEnd.push("release twice or before the end")
    life.released = true
  } else {
    if (life.ended) seen.afterEnd.push(`${output.type} after the end`)
    if (output.type === "end") life.ended = true
  }
}

const story = fc.tuple(fc.array(anyInput, { maxLength: 80 }), fc.constantFrom<"lost" | "failed">("lost", "failed"))

describe("mux", () => {
  it("ends every accepted run exactly once, whatever arrives in whatever order [S0-30 S0-43 W0-07]", () => {
    fc.assert(
      fc.property(story, ([inputs, deathOutcome]) => {
        const { lives, refused, afterEnd, asked } = play(inputs, deathOutcome)
        expect(afterEnd).toEqual([])
        expect([...lives.values()].every((life) => life.ended && life.released)).toBe(true)
        expect(lives.size + refused.length).toBe(asked)
      })
    )
  })

  it("holds nothing of any run after the exit, whatever arrived before [S0-42 W0-08]", () => {
    fc.assert(
      fc.property(story, ([inputs, deathOutcome]) => {
        const { state } = play(inputs, deathOutcome)
        expect(viewMux(state)).toMatchObject({ phase: "closed", runs: 0, abandoned: 0 })
        expect(state.stopping.size).toBe(0)
        expect(state.live).toBe(0)
      })
    )
  })

  it("never lets one id stand for two open runs, whatever arrives [S0-19 W0-06]", () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 80 }), (inputs) => {
        const { lives, afterEnd } = play(inputs, "lost")
        expect(afterEnd).toEqual([])
        expect(new Set(lives.keys()).size).toBe(lives.size)
      })
    )
  })

  it("keeps counting in step: live and abandoned runs are exactly the registered ones, at every step", () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 80 }), (inputs) => {
        const state = initialMux<string>(standardConfig)
        for (const input of inputs) {
          stepMux(state, input, [])
          const runs = [...state.runs.values()]
          expect(state.live).toBe(runs.filter((run) => !run.abandoned).length)
          expect(state.hung).toBe(runs.filter((run) => run.hung).length)
          expect(runs.filter((run) => run.hung && !run.abandoned)).toEqual([])
          expect([...state.overdue].every((run) => run.abandoned && !run.hung && state.runs.get(run.id) === run)).toBe(
            true
          )
        }
      })
    )
  })
})
