import fc from "fast-check"
import { expect, it } from "vitest"
import { readStdinLines } from "../src/lib/scripted/stdin-lines.ts"

const line = fc.oneof(
  fc.record({ type: fc.string({ unit: "binary" }), id: fc.string() }).map((frame) => JSON.stringify(frame)),
  fc.constantFrom("", "  ", "no JSON", "[1]", '{"a":1}{"b":2}', "\r", '{"text":"ä\u2028€😀"}')
)

const read = (chunks: ReadonlyArray<Uint8Array>) => {
  const frames: Array<unknown> = []
  const lines = readStdinLines((frame) => void frames.push(frame))
  for (const chunk of chunks) lines.push(chunk)
  lines.end()
  return { frames, counts: lines.counts }
}

it("whole lines, bad lines and frames do not depend on how the bytes were cut", () => {
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(200)), fc.boolean(), (texts, cuts, isUnfinished) => {
      const bytes = Buffer.from(texts.map((text) => `${text}\n`).join("") + (isUnfinished ? '{"cut' : ""))
      const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length]
      const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end))
      expect(read(pieces)).toEqual(read([bytes]))
    })
  )
})

it("tells frames, blank lines and bad lines apart", () => {
  const { frames, counts } = read([Buffer.from('{"a":1}\n\n \nno\n[1]\n{"a":1}{"b":2}\n{"half":')])
  expect(frames).toEqual([{ a: 1 }])
  expect(counts).toMatchObject({ lines: 1, badLines: 4 })
})
