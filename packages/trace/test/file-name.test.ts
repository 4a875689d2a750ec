import { createHash } from "node:crypto"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { fileNameOf, runIdOf } from "../src/lib/file-name.ts"

const digest = (text: string) => createHash("sha256").update(text).digest("hex")
const nameOf = (runId: string) => fileNameOf(runId, digest)

const anyId = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ unit: fc.constantFrom("a", "A", ".", "/", "%", "=", "\\", "0", "é", "e\u0301", "\ud800", "\ufffd") })
)

describe("names of segment files", () => {
  it.each([
    ["a minted id stays readable", "run_01hx3m8k", "run_01hx3m8k.ndjson"],
    ["capitals are escaped", "Run", "%0052un.ndjson"],
    ["dots and slashes are escaped", "../a", "%002e%002e%002fa.ndjson"],
    ["the escape sign is escaped", "%0052un", "%00250052un.ndjson"],
    ["the sign of a digest is escaped", "=ab", "%003dab.ndjson"]
  ])("%s", (_, runId, name) => {
    expect(nameOf(runId)).toBe(name)
    expect(runIdOf(name)).toEqual({ runId })
  })

  it("no id leaves the folder, and every name is short, plain and of one case", () => {
    fc.assert(
      fc.property(anyId, (runId) => {
        expect(nameOf(runId)).toMatch(/^[a-z0-9_%=-]{0,200}\.ndjson$/)
      })
    )
  })

  it("no two ids share a name, not even where case does not count", () => {
    fc.assert(
      fc.property(anyId, anyId, (one, other) => {
        fc.pre(one !== other)
        expect(nameOf(one).toLowerCase()).not.toBe(nameOf(other).toLowerCase())
      })
    )
  })

  it("every name leads back to its id, or says that the id stands in the file", () => {
    fc.assert(
      fc.property(anyId, (runId) => {
        const back = runIdOf(nameOf(runId))
        expect(back === "digested" ? nameOf(runId).length : back).toEqual(
          back === "digested" ? "=.ndjson".length + 64 : { runId }
        )
      })
    )
  })

  it.each(["notes.txt", "Run.ndjson", "a.b.ndjson", "%0061.ndjson", "%00.ndjson"])("%s is no name of ours", (name) => {
    expect(runIdOf(name)).toBeUndefined()
  })
})
