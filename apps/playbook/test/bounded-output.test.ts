import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { firstBytes, makeBoundedOutput } from "../src/bounded-output.ts"

function fill(limit: number, texts: ReadonlyArray<string>) {
  const output = makeBoundedOutput(limit)
  for (const text of texts) output.append(text)
  return output.result()
}

const texts = fc.array(fc.string({ unit: "grapheme", maxLength: 30 }), { maxLength: 40 })
const limit = fc.integer({ min: 16, max: 200 })
const note = /\n\[\.\.\. (\d+) bytes left out \.\.\.\]\n/

describe("bounded output", () => {
  it("keeps the beginning and the end and says how much is missing", () => {
    expect(fill(16, ["abcd", "efghijklmnopqrstuvw", "xyz"])).toEqual({
      text: "abcd\n[... 10 bytes left out ...]\nopqrstuvwxyz",
      truncated: true,
      bytes: 26
    })
  })

  it("keeps every text whole that is within the limit", () => {
    fc.assert(
      fc.property(texts, limit, (parts, most) => {
        const whole = parts.join("")
        const result = fill(most, parts)
        expect(result.truncated).toBe(Buffer.byteLength(whole) > most)
        if (!result.truncated) expect(result.text).toBe(whole)
      })
    )
  })

  it("is a beginning and an end of every text over the limit, with the missing bytes counted", () => {
    fc.assert(
      fc.property(texts, limit, (parts, most) => {
        const whole = parts.join("")
        const result = fill(most, parts)
        fc.pre(result.truncated)
        const [head = "", missing = "", tail = ""] = result.text.split(note)
        expect(whole.startsWith(head)).toBe(true)
        expect(whole.endsWith(tail)).toBe(true)
        expect(Buffer.byteLength(head) + Number(missing) + Buffer.byteLength(tail)).toBe(Buffer.byteLength(whole))
        expect(Buffer.byteLength(head) + Buffer.byteLength(tail)).toBeLessThanOrEqual(most)
      })
    )
  })

  it("takes very many small texts without getting slower and slower", () => {
    const output = makeBoundedOutput(1024 * 1024)
    const started = performance.now()
    for (let count = 0; count < 2_000_000; count++) output.append("x")
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(output.result()).toMatchObject({ truncated: true, bytes: 2_000_000 })
  })

  it("holds no more than the limit, however much is appended", () => {
    const output = makeBoundedOutput(1000)
    const before = process.memoryUsage().heapUsed
    for (let count = 0; count < 20_000; count++) output.append(`${count}`.padEnd(5_000, "x"))
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000)
    expect(output.result()).toMatchObject({ truncated: true, bytes: 100_000_000 })
  })
})

describe("firstBytes", () => {
  it("cuts no character", () => {
    expect(firstBytes("aöb", 2)).toBe("a\n[... 3 bytes left out ...]\n")
    expect(firstBytes("aöb", 3)).toBe("aö\n[... 1 bytes left out ...]\n")
    expect(firstBytes("aöb", 4)).toBe("aöb")
  })
})
