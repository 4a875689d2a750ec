import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { TraceLine } from "../src/lib/trace-line.ts"
import { linesFrom, makeWindow, pushLine } from "../src/lib/window.ts"

const anyConfig = fc.record({ records: fc.integer({ min: 1, max: 70 }), bytes: fc.integer({ min: 1, max: 400 }) })
const anySizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 600 })), {
  maxLength: 200
})

describe("the window", () => {
  it("never holds more records or bytes than it may, whatever is pushed [W0-01]", () => {
    fc.assert(
      fc.property(anyConfig, anySizes, (config, sizes) => {
        const window = makeWindow(config)
        sizes.forEach((bytes, index) => {
          pushLine(window, line(index + 1, bytes))
          const held = window.slots.filter((slot) => slot !== undefined)
          expect(held.length).toBeLessThanOrEqual(config.records)
          expect(window.slots.length).toBeLessThanOrEqual(config.records)
          expect(total(held)).toBeLessThanOrEqual(config.bytes)
          expect(window.bytes).toBe(total(held))
        })
      })
    )
  })

  it("holds after every push the longest run of newest lines that fits both bounds", () => {
    fc.assert(
      fc.property(anyConfig, anySizes, (config, sizes) => {
        const window = makeWindow(config)
        const all = sizes.map((bytes, index) => line(index + 1, bytes))
        all.forEach((pushed, index) => {
          pushLine(window, pushed)
          expect(linesFrom(window, window.first)).toEqual(newestThatFit(all.slice(0, index + 1), config))
        })
      })
    )
  })

  it("gives the lines from a seq on, none for one that has left and none for one to come", () => {
    const window = makeWindow({ records: 3, bytes: 100 })
    for (let seq = 1; seq <= 5; seq++) pushLine(window, line(seq, 10))
    expect([1, 2, 3, 4, 5, 6, 9].map((seq) => linesFrom(window, seq).map((held) => held.seq))).toEqual([
      [],
      [],
      [3, 4, 5],
      [4, 5],
      [5],
      [],
      []
    ])
  })

  it("gives readers with the same cursor the same array until the next push", () => {
    const window = makeWindow({ records: 8, bytes: 100 })
    pushLine(window, line(1, 10))
    pushLine(window, line(2, 10))
    const first = linesFrom(window, 1)
    expect(linesFrom(window, 1)).toBe(first)
    pushLine(window, line(3, 10))
    expect(first).toHaveLength(2)
    expect(linesFrom(window, 1)).toHaveLength(3)
  })
})

function newestThatFit(lines: ReadonlyArray<TraceLine>, config: { records: number; bytes: number }) {
  let fitting: ReadonlyArray<TraceLine> = []
  for (let count = 1; count <= Math.min(lines.length, config.records); count++) {
    const newest = lines.slice(-count)
    if (total(newest) > config.bytes) break
    fitting = newest
  }
  return fitting
}

function total(lines: ReadonlyArray<TraceLine>): number {
  return lines.reduce((sum, { bytes }) => sum + bytes, 0)
}

function line(seq: number, bytes: number): TraceLine {
  return { seq, status: "in_progress", text: `line ${seq}`, bytes }
}
