import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  type StagedStopConfig,
  type StagedStopInput,
  type StagedStopOutput,
  type StagedStopState,
  stagedStop
} from "../src/index.ts"

const config: StagedStopConfig = { stopGraceMs: 5_000, termGraceMs: 5_000, drainMs: 2_000 }

/** Words to inputs: "stop 0", "stop 0 urgent", "swept 10 2" (two found), "swept 10 2 1" (one of them fresh). */
function inputOf(words: string): StagedStopInput {
  const [type, at, third, fourth] = words.split(" ")
  const now = Number(at)
  switch (type) {
    case "stop":
      return third === "urgent" ? { type, now, urgent: true } : { type, now }
    case "swept":
      return { type, now, found: Number(third), ...(fourth === undefined ? {} : { fresh: Number(fourth) }) }
    case "exited":
    case "drained":
    case "tick":
      return { type, now }
    default:
      throw new Error(`no input is called ${words}`)
  }
}

function wordOf(output: StagedStopOutput): string {
  if (output.type === "signal") return output.signal
  if (output.type !== "done") return output.type
  const { forced, swept, left, drained } = output
  return ["done", forced && "forced", swept > 0 && `swept ${swept}`, left > 0 && `left ${left}`, drained && "drained"]
    .filter((word) => word !== false)
    .join(" ")
}

function step(state: StagedStopState, input: StagedStopInput): ReadonlyArray<string> {
  const out: Array<StagedStopOutput> = []
  stagedStop.step(state, input, out)
  return out.map(wordOf)
}

function run(story: ReadonlyArray<string>, overrides: Partial<StagedStopConfig> = {}) {
  const state = stagedStop.initial({ ...config, ...overrides })
  return { state, orders: story.flatMap((words) => step(state, inputOf(words))) }
}

const killed = ["stop 0", "tick 5000", "tick 10000"]
const killOrders = ["close-input", "SIGTERM", "SIGKILL"]

describe("the staged stop, story by story", () => {
  it.each<[string, ReadonlyArray<string>, ReadonlyArray<string>]>([
    ["closes stdin first and waits [S0-09 W0-15]", ["stop 0", "tick 4999"], ["close-input"]],
    ["is asked once, however often it is asked", ["stop 0", "stop 1", "stop 4000", "tick 4999"], ["close-input"]],
    [
      "sends SIGTERM to the group after the grace [W0-15]",
      ["stop 0", "tick 5000", "tick 9999"],
      ["close-input", "SIGTERM"]
    ],
    ["sends SIGKILL to the group after the second grace [S0-09 W0-15]", killed, killOrders],
    ["sweeps a moment after SIGKILL", [...killed, "tick 10049", "tick 10050"], [...killOrders, "sweep"]],
    [
      "leaves a runner in peace that ends at the end of its input [S0-09]",
      ["stop 0", "drained 40", "exited 50", "swept 51 0", "tick 101", "swept 102 0"],
      ["close-input", "sweep", "sweep", "done drained"]
    ],
    [
      "sweeps behind a program that ended by itself [W0-15]",
      ["exited 50", "drained 50", "swept 51 0", "tick 101", "swept 102 0"],
      ["sweep", "sweep", "done drained"]
    ],
    [
      "sweeps until two sweeps in a row find nothing, and says how many it had to end [W0-15]",
      ["exited 0", "drained 0", "swept 1 2", "tick 51", "swept 52 0", "tick 102", "swept 103 1"].concat([
        "tick 153",
        "swept 154 0",
        "tick 204",
        "swept 205 0"
      ]),
      ["sweep", "sweep", "sweep", "sweep", "sweep", "done swept 3 drained"]
    ],
    [
      "counts a process once that two sweeps find",
      ["exited 0", "drained 0", "swept 1 1 1", "tick 51", "swept 52 1 0", "tick 102", "swept 103 0"].concat([
        "tick 153",
        "swept 154 0"
      ]),
      ["sweep", "sweep", "sweep", "sweep", "done swept 1 drained"]
    ],
    [
      "abandons pipes that something else holds after the drain limit [W0-02]",
      ["exited 0", "swept 1 0", "tick 51", "swept 52 0", "tick 1999", "tick 2000"],
      ["sweep", "sweep", "abandon-pipes", "done"]
    ],
    [
      "waits for pipes that end within the limit [W0-02]",
      ["exited 0", "swept 1 0", "tick 51", "swept 52 0", "drained 1999"],
      ["sweep", "sweep", "done drained"]
    ],
    [
      "does not take pipes for drained that end because they were abandoned",
      ["exited 0", "tick 2000", "drained 2001", "tick 2001", "swept 2002 0", "tick 2052", "swept 2053 0"],
      ["sweep", "abandon-pipes", "sweep", "sweep", "done"]
    ],
    ["goes to SIGTERM at once when it is urgent", ["stop 0 urgent"], ["close-input", "SIGTERM"]],
    ["goes to SIGTERM at the second, urgent wish", ["stop 0", "stop 10 urgent"], ["close-input", "SIGTERM"]],
    ["goes to SIGKILL at the third", ["stop 0", "stop 10 urgent", "stop 20 urgent"], killOrders],
    [
      "gives SIGTERM its whole grace after an urgent wish",
      ["stop 0", "stop 10 urgent", "tick 5009", "tick 5010"],
      killOrders
    ],
    [
      "sends no signal after the exit",
      ["stop 0", "exited 1", "stop 2 urgent", "stop 3 urgent"],
      ["close-input", "sweep"]
    ],
    [
      "says that it was forced",
      [...killed, "exited 10010", "drained 10010", "tick 10050", "swept 10051 0", "tick 10101", "swept 10102 0"],
      [...killOrders, "sweep", "sweep", "done forced drained"]
    ],
    [
      "keeps to its sweep when the leader exits meanwhile",
      [...killed, "tick 10050", "exited 10051", "tick 10052"],
      [...killOrders, "sweep"]
    ],
    [
      "hears the exit once: saying it again gives the pipes no more time",
      ["exited 0", "swept 1 0", "tick 51", "swept 52 0", "exited 1999", "tick 2000"],
      ["sweep", "sweep", "abandon-pipes", "done"]
    ],
    [
      "asks again when a sweep is not answered",
      ["exited 0", "drained 0", "tick 999", "tick 1000", "swept 1001 0", "tick 1051", "swept 1052 0"],
      ["sweep", "sweep", "sweep", "done drained"]
    ],
    [
      "passes over answers that nobody asked for",
      ["swept 0 0", "swept 0 0", "exited 1", "drained 1", "swept 2 0", "swept 2 0", "swept 2 0"],
      ["sweep"]
    ],
    [
      "says nothing after it was done",
      ["exited 0", "drained 0", "swept 1 0", "tick 51", "swept 52 0", "stop 53 urgent", "stop 54 urgent", "tick 9999"],
      ["sweep", "sweep", "done drained"]
    ]
  ])("%s", (_, story, orders) => {
    expect(run(story).orders).toEqual(orders)
  })

  it("gives up after the most sweeps, and says what is left, when something can neither be killed nor waited for", () => {
    const sweeps = ["tick 10050", "swept 10051 1 0", "tick 10101", "swept 10102 1 0", "tick 12000"]
    const orders = [...killOrders, "sweep", "sweep", "abandon-pipes", "done forced left 1"]
    expect(run([...killed, ...sweeps], { mostSweeps: 2 }).orders).toEqual(orders)
  })

  it("asks for no timer while nothing is asked of it, and for none when it is done", () => {
    expect(stagedStop.deadline?.(run([]).state)).toBeUndefined()
    const done = run(["exited 0", "drained 0", "swept 1 0", "tick 51", "swept 52 0"])
    expect(done.state.phase).toBe("done")
    expect(stagedStop.deadline?.(done.state)).toBeUndefined()
  })

  it("waits the rest of a grace when the clock is set back, not the hour", () => {
    const { state } = run(["stop 9000000", "tick 5400000"])
    expect(stagedStop.deadline?.(state)).toBe(5_405_000)
  })
})

const anyInput: fc.Arbitrary<StagedStopInput> = fc
  .record({
    type: fc.constantFrom("stop", "exited", "drained", "swept", "tick"),
    now: fc.nat({ max: 40_000 }),
    urgent: fc.constantFrom(false, false, false, true),
    found: fc.nat({ max: 3 })
  })
  .map(({ type, now, urgent, found }): StagedStopInput => {
    if (type === "stop") return { type, now, urgent }
    return type === "swept" ? { type, now, found } : ({ type, now } as StagedStopInput)
  })

const anyInputs = fc.array(anyInput, { maxLength: 60 })

/** A clock that only advances: the jumps have their own property. */
function inOrder(inputs: ReadonlyArray<StagedStopInput>): ReadonlyArray<StagedStopInput> {
  const times = inputs.map(({ now }) => now).toSorted((left, right) => left - right)
  return inputs.map((input, at) => ({ ...input, now: times[at] ?? 0 }))
}

describe("the staged stop, whatever arrives in whatever order", () => {
  it("ends when its deadlines are kept, though nobody ever answers, and says nothing after that [W0-15]", () => {
    fc.assert(
      fc.property(anyInputs, anyInputs, (inputs, late) => {
        const state = stagedStop.initial(config)
        const words = inputs.flatMap((input) => step(state, input))
        words.push(...step(state, { type: "stop", now: 40_000 }))
        for (let ticks = 0; ticks < 400 && state.phase !== "done"; ticks++) {
          words.push(...step(state, { type: "tick", now: stagedStop.deadline?.(state) ?? Number.NaN }))
        }
        words.push(...late.flatMap((input) => step(state, input)))
        expect(words.filter((word) => word.startsWith("done"))).toHaveLength(1)
        expect(words.at(-1)).toMatch(/^done/)
      })
    )
  })

  it("sends no signal after the exit", () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        const state = stagedStop.initial(config)
        const exit = inputs.findIndex(({ type }) => type === "exited")
        const words = inputs.map((input) => step(state, input))
        const after = exit < 0 ? [] : words.slice(exit).flat()
        expect(after.filter((word) => word.startsWith("SIG"))).toEqual([])
      })
    )
  })

  it("closes stdin before SIGTERM before SIGKILL, each at most once [S0-09 W0-15]", () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        const state = stagedStop.initial(config)
        const rungs = inputs.flatMap((input) => step(state, input)).filter((word) => killOrders.includes(word))
        expect(rungs).toEqual(killOrders.slice(0, rungs.length))
      })
    )
  })

  it("sends SIGKILL only after both graces, unless it is urgent [W0-15]", () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        const state = stagedStop.initial(config)
        const stoppedAt = inOrder(inputs).find(({ type }) => type === "stop")?.now ?? 0
        const waits: Readonly<Record<string, number>> = { SIGTERM: 5_000, SIGKILL: 10_000 }
        const early: Array<string> = []
        for (const input of inOrder(inputs)) {
          const words = step(state, input.type === "stop" ? { ...input, urgent: false } : input)
          early.push(...words.filter((word) => word in waits && input.now - stoppedAt < (waits[word] ?? 0)))
        }
        expect(early).toEqual([])
      })
    )
  })

  it("has one sweep under way at a time, and a bounded number of them", () => {
    fc.assert(
      fc.property(anyInputs, fc.nat({ max: 3 }), (inputs, found) => {
        const state = stagedStop.initial({ ...config, mostSweeps: 10 })
        step(state, { type: "exited", now: 0 })
        step(state, { type: "drained", now: 0 })
        let sweeps = 1
        for (const input of inputs) sweeps += step(state, input).filter((word) => word === "sweep").length
        for (let answers = 0; answers < 30; answers++) {
          sweeps += step(state, { type: "swept", now: 50_000, found }).filter((word) => word === "sweep").length
          const now = stagedStop.deadline?.(state)
          if (now === undefined) break
          sweeps += step(state, { type: "tick", now }).filter((word) => word === "sweep").length
        }
        expect(sweeps).toBeLessThanOrEqual(10)
        expect(state.phase).toBe("done")
      })
    )
  })
})
