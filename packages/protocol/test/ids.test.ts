import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { isRunId, MAX_ID_LENGTH, mintRunId, RunId } from "../src/index.ts"

const anyTime = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const anyRandom = fc.uint8Array({ minLength: 10, maxLength: 10 })

describe("ids", () => {
  it("are minted from their seed alone", () => {
    const seed = { now: 1_763_668_800_000, random: Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 255]) }
    expect(mintRunId(seed)).toBe("run_01kahdmcg0000g40r40m30e27z")
    expect(mintRunId({ ...seed })).toBe(mintRunId(seed))
  })

  it("sort as the times at which they were minted [W0-06]", () => {
    fc.assert(
      fc.property(anyTime, anyTime, anyRandom, anyRandom, (first, second, random, other) => {
        fc.pre(first !== second)
        const ids = [mintRunId({ now: first, random }), mintRunId({ now: second, random: other })]
        expect((ids[0] ?? "") < (ids[1] ?? "")).toBe(first < second)
      })
    )
  })

  it("differ whenever their time or one random bit differs [W0-06]", () => {
    fc.assert(
      fc.property(anyTime, anyRandom, fc.nat({ max: 79 }), (now, random, bit) => {
        const flipped = Uint8Array.from(random, (byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
        const ids = [
          mintRunId({ now, random }),
          mintRunId({ now, random: flipped }),
          mintRunId({ now: now + 1, random })
        ]
        expect(new Set(ids).size).toBe(3)
      })
    )
  })

  it("always have the same safe form and pass as ids", () => {
    fc.assert(
      fc.property(anyTime, anyRandom, (now, random) => {
        expect(mintRunId({ now, random })).toMatch(/^run_[0-9a-hjkmnp-tv-z]{26}$/)
        expect(RunId.safeParse(mintRunId({ now, random })).success).toBe(true)
      })
    )
  })

  it.each([
    ["a time before 1970", -1],
    ["a fraction of a millisecond", 0.9]
  ])("take %s for the millisecond below", (_, now) => {
    const random = new Uint8Array(10)
    expect(mintRunId({ now, random })).toBe(mintRunId({ now: 0, random }))
  })

  it("are refused too few random bytes", () => {
    expect(() => mintRunId({ now: 0, random: new Uint8Array(9) })).toThrow("ten random bytes")
  })

  it.each<[string, unknown, boolean]>([
    ["one character", "a", true],
    ["a space", " ", true],
    ["something that looks like a path", "../x", true],
    ["the longest", "x".repeat(MAX_ID_LENGTH), true],
    ["the longest in code points", "\u{1f600}".repeat(MAX_ID_LENGTH), true],
    ["lone surrogates, one code point each", "\ud83d".repeat(MAX_ID_LENGTH), true],
    ["nothing", "", false],
    ["one character too many", "x".repeat(MAX_ID_LENGTH + 1), false],
    ["one code point too many", `x${"\u{1f600}".repeat(MAX_ID_LENGTH)}`, false],
    ["far too many", "x".repeat(1_000_000), false],
    ["a number", 7, false],
    ["a list of one", ["a"], false]
  ])("of others may be %s, or not, for the schema and for the quick check alike", (_, id, passes) => {
    expect([RunId.safeParse(id).success, isRunId(id)]).toEqual([passes, passes])
  })
})
