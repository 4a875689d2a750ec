import { readFileSync } from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "@signalbox/proof"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { closeSync, ftruncateSync, writeSync } from "node:fs"
import { createSegment, type FileCalls } from "../src/lib/SegmentFile.ts"

// A disk in the test's hand: it takes so many bytes, and at most so many at once. The real full disk is in
// full-disk.process.test.ts.

describe("a segment on a bad disk", () => {
  it("holds exactly the acknowledged lines, however little the system takes at once and wherever it is full", () => {
    const folder = temporaryFolder()
    let file = 0
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 40 }), { maxLength: 12 }),
        fc.integer({ min: 1, max: 50 }),
        fc.nat({ max: 400 }),
        (texts, atOnce, room) => {
          const path = join(folder, `${file++}`)
          const writer = createSegment(path, disk({ atOnce, room }))
          const kept = texts.map((text) => `${JSON.stringify(text)}\n`).filter((line) => writer.write(line).ok)
          const found = kept.length === 0 ? "" : readFileSync(path, "utf8")
          writer.close()
          expect(found).toBe(kept.join(""))
        }
      )
    )
  })

  it("takes back half a write, says why and what to do, and can be tried again", () => {
    const path = join(temporaryFolder(), "a")
    const disc = disk({ atOnce: 100, room: 10 })
    const writer = createSegment(path, disc)
    expect(writer.write("first\n")).toEqual({ ok: true, value: undefined })
    expect(writer.write("too long\n")).toMatchObject({
      ok: false,
      fault: {
        _tag: "JournalFailed",
        code: "journal_failed",
        path,
        reason: expect.stringContaining("ENOSPC"),
        remedy: expect.stringContaining("Free space")
      }
    })
    expect(readFileSync(path, "utf8")).toBe("first\n")
    expect(writer.write("ok\n").ok).toBe(true)
    expect(readFileSync(path, "utf8")).toBe("first\nok\n")
    writer.close()
  })

  it("writes nothing behind half a write that it could not take back", () => {
    const path = join(temporaryFolder(), "a")
    const full = disk({ atOnce: 100, room: 10 })
    let mended = false
    const write: FileCalls["write"] = (fd, bytes, from) =>
      mended ? writeSync(fd, bytes, from) : full.write(fd, bytes, from)
    const writer = createSegment(path, { ...full, write, truncate: () => raise("EIO") })
    writer.write("first\n")
    expect(writer.write("too long\n").ok).toBe(false)
    mended = true
    expect(writer.write("ok\n")).toMatchObject({ ok: false, fault: { reason: expect.stringContaining("ENOSPC") } })
    expect(readFileSync(path, "utf8")).toBe("first\ntoo ")
    writer.close()
  })

  it("does not turn for ever when the system takes nothing", () => {
    const writer = createSegment(join(temporaryFolder(), "a"), { ...disk({ atOnce: 1, room: 1 }), write: () => 0 })
    expect(writer.write("x\n").ok).toBe(false)
    writer.close()
  })

  it("closes its descriptor once, also when closing fails, and refuses to write then", () => {
    let closes = 0
    const calls = disk({ atOnce: 100, room: 100 })
    const close = (fd: number) => {
      closes++
      calls.close(fd)
      raise("EIO")
    }
    const writer = createSegment(join(temporaryFolder(), "a"), { ...calls, close })
    writer.close()
    writer.close()
    expect(closes).toBe(1)
    expect(writer.write("x\n").ok).toBe(false)
  })
})

function disk({ atOnce, room }: { readonly atOnce: number; readonly room: number }): FileCalls {
  let used = 0
  return {
    write: (fd, bytes, from) => {
      const length = Math.min(atOnce, bytes.length - from, room - used)
      if (length <= 0) return raise("ENOSPC")
      const written = writeSync(fd, bytes, from, length)
      used += written
      return written
    },
    truncate: (fd, length) => {
      ftruncateSync(fd, length)
      used = length
    },
    close: closeSync
  }
}

function raise(code: string): never {
  throw Object.assign(new Error(`${code}: the test's disk`), { code })
}
