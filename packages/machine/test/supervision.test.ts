import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  type SupervisionConfig,
  type SupervisionInput,
  type SupervisionOutput,
  type SupervisionState,
  supervision,
  viewSupervision
} from "../src/index.ts"

const config: SupervisionConfig = {
  backoffMinMs: 200,
  backoffMaxMs: 30_000,
  breakerDeaths: 5,
  breakerPeriodMs: 60_000,
  breakerOpenMs: 30_000
}

/** Words to inputs: "died 100" is a death at 100 with the longest delay, "died 100 0" one with the shortest. */
function inputOf(words: string): SupervisionInput {
  const [type, at, rest] = words.split(" ")
  const now = Number(at)
  switch (type) {
    case "wanted":
    case "unwanted":
      return { type }
    case "stopped":
      return at === undefined ? { type } : { type, generation: now }
    case "died":
      return { type, now, chance: rest === undefined ? 1 : Number(rest) }
    case "started":
    case "start-failed":
    case "proved":
    case "tick":
      return rest === undefined ? { type, now } : ({ type, now, generation: Number(rest) } as SupervisionInput)
    default:
      throw new Error(`no input is called ${words}`)
  }
}

function wordOf(output: SupervisionOutput): string {
  if (output.type === "start") return `start ${output.generation}`
  return output.until === undefined ? `breaker ${output.state}` : `breaker ${output.state} until ${output.until}`
}

function step(state: SupervisionState, input: SupervisionInput): ReadonlyArray<string> {
  const out: Array<SupervisionOutput> = []
  supervision.step(state, input, out)
  return out.map(wordOf)
}

function run(story: ReadonlyArray<string>, overrides: Partial<SupervisionConfig> = {}) {
  const state = supervision.initial({ ...config, ...overrides })
  const orders = story.flatMap((words) => step(state, inputOf(words)))
  return { state, orders, view: viewSupervision(state) }
}

const fiveDeaths = ["wanted", "started 0", "died 10", "tick 210", "started 210", "died 220", "tick 620", "started 620"]
  .concat(["died 630", "tick 1430", "started 1430", "died 1440", "tick 3040", "started 3040"])
  .concat(["died 3050"])
const open = "breaker open until 33050"

describe("supervision, story by story", () => {
  it.each<[string, ReadonlyArray<string>, ReadonlyArray<string>, string]>([
    ["starts nothing before somebody needs a runner [S0-02]", ["tick 5", "unwanted"], [], "idle"],
    ["starts one runner for many wishes [S0-02]", ["wanted", "wanted", "wanted"], ["start 1"], "starting"],
    ["starts no second one while it is up [S0-02]", ["wanted", "started 0", "wanted"], ["start 1"], "up"],
    ["does not call a start back", ["wanted", "unwanted", "started 0"], ["start 1"], "up"],
    ["waits for the next wish after a failed start [S0-03]", ["wanted", "start-failed 5"], ["start 1"], "idle"],
    [
      "tries again at once at the next wish, however often it failed [S0-03]",
      ["wanted", "start-failed 1", "wanted", "start-failed 2", "wanted", "start-failed 3", "wanted"],
      ["start 1", "start 2", "start 3", "start 4"],
      "starting"
    ],
    ["waits after a death [W0-10]", ["wanted", "started 0", "died 10", "tick 209"], ["start 1"], "backing-off"],
    [
      "starts the next generation after the delay when it is still wanted [W0-10]",
      ["wanted", "started 0", "died 10", "tick 210"],
      ["start 1", "start 2"],
      "starting"
    ],
    [
      "waits for a wish after the delay when it is wanted no more",
      ["wanted", "started 0", "unwanted", "died 10", "tick 210"],
      ["start 1"],
      "idle"
    ],
    [
      "does not start before the delay is over, whoever asks [W0-10]",
      ["wanted", "started 0", "died 10", "wanted", "unwanted", "wanted", "tick 209"],
      ["start 1"],
      "backing-off"
    ],
    ["counts a death before the runner was up", ["wanted", "died 10", "tick 209"], ["start 1"], "backing-off"],
    [
      "doubles the delay with each death in the period [W0-10]",
      ["wanted", "started 0", "died 10", "tick 210", "started 210", "died 220", "tick 619"],
      ["start 1", "start 2"],
      "backing-off"
    ],
    [
      "forgets deaths that are older than the period",
      ["wanted", "started 0", "died 10", "tick 210", "started 210", "died 60010", "tick 60210"],
      ["start 1", "start 2", "start 3"],
      "starting"
    ],
    [
      "keeps half of the delay, however chance falls",
      ["wanted", "started 0", "died 10 0", "tick 109"],
      ["start 1"],
      "backing-off"
    ],
    [
      "takes no more than half of the delay away",
      ["wanted", "started 0", "died 10 0", "tick 110"],
      ["start 1", "start 2"],
      "starting"
    ],
    [
      "takes a wanted end for no death",
      ["wanted", "started 0", "unwanted", "stopped", "wanted"],
      ["start 1", "start 2"],
      "starting"
    ],
    [
      "replaces a runner that was stopped while it is wanted",
      ["wanted", "started 0", "stopped"],
      ["start 1", "start 2"],
      "starting"
    ],
    [
      "passes over facts about an earlier generation",
      ["wanted", "started 0 1", "stopped 1", "started 9 1", "stopped 1", "start-failed 9 1"],
      ["start 1", "start 2"],
      "starting"
    ],
    ["passes over deaths of nobody", ["died 1", "died 2", "died 3", "died 4", "died 5", "stopped"], [], "idle"],
    [
      "opens the breaker at the fifth death in the period [W0-10]",
      fiveDeaths,
      ["start 1", "start 2", "start 3", "start 4", "start 5", open],
      "open"
    ],
    [
      "refuses every start while the breaker is open [W0-10]",
      [...fiveDeaths, "wanted", "tick 33049"],
      ["start 1", "start 2", "start 3", "start 4", "start 5", open],
      "open"
    ]
  ])("%s", (_, story, orders, phase) => {
    const told = run(story)
    expect(told.orders).toEqual(orders)
    expect(told.view.phase).toBe(phase)
  })

  it.each<[string, ReadonlyArray<string>, ReadonlyArray<string>, string, string]>([
    ["lets one start through [W0-10]", ["tick 33050"], ["breaker half-open", "start 6"], "starting", "half-open"],
    [
      "waits for a wish when nobody wants a runner",
      ["unwanted", "tick 33050"],
      ["breaker half-open"],
      "half-open",
      "half-open"
    ],
    [
      "starts at the wish that comes later",
      ["unwanted", "tick 33050", "wanted", "wanted"],
      ["breaker half-open", "start 6"],
      "starting",
      "half-open"
    ],
    [
      "stays half-open when the start fails, and tries at the next wish",
      ["tick 33050", "start-failed 33060", "wanted"],
      ["breaker half-open", "start 6", "start 7"],
      "starting",
      "half-open"
    ],
    [
      "opens again at the next death [W0-10]",
      ["tick 33050", "started 33050", "died 40000"],
      ["breaker half-open", "start 6", "breaker open until 70000"],
      "open",
      "open"
    ],
    [
      "closes when the runner ended a run well",
      ["tick 33050", "started 33050", "proved 34000"],
      ["breaker half-open", "start 6", "breaker closed"],
      "up",
      "closed"
    ],
    [
      "forgets the deaths of before when it closes",
      ["tick 33050", "started 33050", "proved 34000", "died 34010", "tick 34210"],
      ["breaker half-open", "start 6", "breaker closed", "start 7"],
      "starting",
      "closed"
    ],
    [
      "closes when the runner lived for a whole period",
      ["tick 33050", "started 33050", "tick 93049", "tick 93050"],
      ["breaker half-open", "start 6", "breaker closed"],
      "up",
      "closed"
    ],
    [
      "stays half-open when the runner was stopped unproved",
      ["tick 33050", "started 33050", "unwanted", "stopped"],
      ["breaker half-open", "start 6"],
      "half-open",
      "half-open"
    ]
  ])("after the open time the breaker %s", (_, story, orders, phase, breaker) => {
    const told = run([...fiveDeaths, ...story])
    expect(told.orders.slice(6)).toEqual(orders)
    expect(told.view).toMatchObject({ phase, breaker })
  })

  it("does not take a run that ended well for a reason to forget deaths while the breaker is closed [W0-10]", () => {
    const proving = fiveDeaths.flatMap((words) => {
      const [type, at] = words.split(" ")
      return type === "died" ? [`proved ${at}`, words] : [words]
    })
    expect(run(proving).view.breaker).toBe("open")
  })

  it("opens again at one death behind a half-open breaker, also when the others are forgotten [W0-10]", () => {
    const short = { breakerDeaths: 2, breakerPeriodMs: 1_000 }
    const opened = ["wanted", "started 0", "died 10", "tick 210", "started 210", "died 220"]
    const told = run([...opened, "tick 30220", "started 30220", "died 30230"], short)
    expect(told.orders.slice(3)).toEqual(["breaker half-open", "start 3", "breaker open until 60230"])
  })

  it("caps the delay", () => {
    const told = run([...fiveDeaths], { breakerDeaths: 100, backoffMaxMs: 1_000 })
    expect(supervision.deadline?.(told.state)).toBe(3_050 + 1_000)
  })
})

describe("supervision under a clock that is set back", () => {
  it.each<[string, ReadonlyArray<string>, number]>([
    [
      "waits the rest of a delay, not the hour",
      ["wanted", "started 9000000", "died 9000000", "tick 5400000"],
      5_400_200
    ],
    [
      "waits the rest of an open breaker, not the hour",
      ["wanted", "started 9000000", "died 9000000", "tick 5400000"],
      5_430_000
    ]
  ])("%s", (_, story, deadline) => {
    const { state } = run(story, deadline === 5_430_000 ? { breakerDeaths: 1 } : {})
    expect(supervision.deadline?.(state)).toBe(deadline)
    expect(viewSupervision(state).until).toBe(deadline)
  })
})

const anyInput: fc.Arbitrary<SupervisionInput> = fc.oneof(
  fc.constantFrom<SupervisionInput>({ type: "wanted" }, { type: "unwanted" }, { type: "stopped" }),
  fc
    .tuple(fc.constantFrom("started", "start-failed", "proved", "tick", "tick"), fc.nat({ max: 100_000 }))
    .map(([type, now]) => ({ type, now }) as SupervisionInput),
  fc
    .tuple(fc.nat({ max: 100_000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }))
    .map(([now, chance]) => ({ type: "died", now, chance }) as const)
)

describe("supervision, whatever arrives in whatever order", () => {
  it("has at most one runner, in generations that only grow [S0-02]", () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 80 }), (inputs) => {
        const state = supervision.initial(config)
        let generation = 0
        let living = false
        for (const input of inputs) {
          if (input.type === "start-failed" ? state.phase === "starting" : input.type === "died") living = false
          if (input.type === "stopped") living = false
          const out: Array<SupervisionOutput> = []
          supervision.step(state, input, out)
          for (const order of out) {
            if (order.type !== "start") continue
            expect(living).toBe(false)
            expect(order.generation).toBe(generation + 1)
            generation = order.generation
            living = true
          }
        }
      })
    )
  })

  it("starts nothing that nobody wanted, and nothing while it backs off or the breaker is open [S0-02 W0-10]", () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 80 }), (inputs) => {
        const state = supervision.initial(config)
        let wanted = false
        const early: Array<SupervisionInput> = []
        for (const input of inputs) {
          const waiting = state.phase === "backing-off" || state.phase === "open"
          if (input.type === "wanted") wanted = true
          if (input.type === "unwanted" || (input.type === "start-failed" && state.phase === "starting")) wanted = false
          const starts = step(state, input).some((word) => word.startsWith("start"))
          if (starts && (!wanted || (waiting && input.type !== "tick"))) early.push(input)
        }
        expect(early).toEqual([])
      })
    )
  })

  it("comes out of every wait when its deadlines are kept, and starts what is wanted", () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 80 }), (inputs) => {
        const state = supervision.initial(config)
        for (const input of inputs) step(state, input)
        step(state, { type: "wanted" })
        for (let ticks = 0; ticks < 3; ticks++) {
          const now = supervision.deadline?.(state)
          if (now === undefined) break
          step(state, { type: "tick", now })
        }
        expect(["starting", "up"]).toContain(state.phase)
      })
    )
  })

  it("never waits longer than the configuration says, however the clock jumps", () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 80 }), (inputs) => {
        const state = supervision.initial(config)
        const longest = Math.max(config.backoffMaxMs, config.breakerOpenMs, config.breakerPeriodMs)
        for (const input of inputs) {
          step(state, input)
          const deadline = supervision.deadline?.(state)
          if (deadline === undefined) continue
          expect(deadline - (state.clock.last ?? 0)).toBeLessThanOrEqual(longest)
        }
      })
    )
  })

  it("can be saved and replayed: the same inputs give the same state, also after a copy through JSON", () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 40 }), fc.nat({ max: 40 }), (inputs, at) => {
        const whole = supervision.initial(config)
        let copied = supervision.initial(config)
        inputs.forEach((input, index) => {
          if (index === at) copied = JSON.parse(JSON.stringify(copied)) as SupervisionState
          expect(step(copied, input)).toEqual(step(whole, input))
        })
        expect(copied).toEqual(whole)
      })
    )
  })
})
