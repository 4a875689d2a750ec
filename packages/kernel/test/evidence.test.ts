import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { evidenceText, keepLine, makeEvidenceRing } from "../src/lib/evidence.ts"

describe("an evidence ring", () => {
  it("keeps the last lines that fit and lets the oldest go [W0-14]", () => {
    const ring = makeEvidenceRing(11)
    for (const line of ["first", "second", "third", "4th"]) keepLine(ring, line)
    expect(evidenceText(ring)).toBe("third\n4th")
  })

  it("keeps the end of a line that is longer than all of it [W0-14]", () => {
    const ring = makeEvidenceRing(5)
    keepLine(ring, "before")
    keepLine(ring, "0123456789")
    expect(evidenceText(ring)).toBe("56789")
  })

  it("the text is the end of all lines and never longer than the limit, however many there were [W0-14]", () => {
    const lines = fc.array(fc.string({ maxLength: 12 }), { maxLength: 200 })
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 64 }), (all, limit) => {
        const ring = makeEvidenceRing(limit)
        for (const line of all) keepLine(ring, line)
        const text = evidenceText(ring)
        expect(text.length).toBeLessThanOrEqual(limit)
        expect(all.join("\n").endsWith(text)).toBe(true)
      })
    )
  })

  it("holds no more than the limit after a flood", () => {
    const ring = makeEvidenceRing(1024)
    for (let at = 0; at < 100_000; at++) keepLine(ring, "x".repeat(at % 40))
    expect(ring.lines.length).toBeLessThan(6000)
    expect(evidenceText(ring).length).toBeLessThanOrEqual(1024)
  })
})
