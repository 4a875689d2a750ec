import { assert, describe, it } from "@effect/vitest"
import { until } from "@signalbox/proof"
import { makeLookout } from "../src/lib/Lookout.ts"
import type { Census } from "../src/lib/Sweep.ts"

describe("a lookout", () => {
  it("looks once for all who ask while it pauses, and never tells what it saw before [W0-15]", async () => {
    const { lookout, looks } = costing(1)
    const told: Array<number> = []
    const ask = () => lookout.next((census) => void told.push(looks.indexOf(census)))
    ask()
    assert.deepStrictEqual(told, [0], "the first is told at once")
    for (let asked = 0; asked < 50; asked++) ask()
    assert.lengthOf(told, 1)
    await until("all are told", () => told.length === 51)
    assert.deepStrictEqual(new Set(told.slice(1)), new Set([1]))
    assert.lengthOf(looks, 2)
  })

  it("pauses ten times as long as a look took, so that work goes on beside thousands of processes", async () => {
    const { lookout, looks } = costing(4)
    lookout.next(() => undefined)
    const start = performance.now()
    await new Promise<void>((resolve) => lookout.next(() => resolve()))
    assert.isAtLeast(performance.now() - start, 39)
    assert.lengthOf(looks, 2)
  })

  it("shares what it saw a moment ago with those who only signal", () => {
    const { lookout, looks, clock } = costing(0)
    assert.strictEqual(lookout.recent(), lookout.recent())
    assert.lengthOf(looks, 1)
    clock.now += 25
    assert.notStrictEqual(lookout.recent(), looks[0])
    assert.lengthOf(looks, 2)
  })
})

/** A lookout whose looks take so many milliseconds of a clock that stands still otherwise. */
function costing(cost: number) {
  const clock = { now: 1_000 }
  const looks: Array<Census> = []
  const look = (): Census => {
    const census = { all: [], environments: new Map<number, string>() }
    clock.now += cost
    looks.push(census)
    return census
  }
  const after = (ms: number, then: () => void) => void setTimeout(then, ms)
  return { lookout: makeLookout({ look, now: () => clock.now, after }), looks, clock }
}
