import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { isAlive, needs, rounds, temporaryFolder } from "@signalbox/proof"
import { Effect, Stream } from "effect"
import { describe, expect, it } from "vitest"
import { readTrace, SegmentJournal } from "../src/index.ts"

// What only a process of its own can show: its death, its memory, a disk that is really full.

const megabyte = 1024 * 1024
// V8 lets garbage lie while there is room: with its standard limits memory grows by about 200 MB for a flood of 200 MB
// and of 800 MB alike, which would hide a flood that is held. Under these limits what is held cannot hide.
const smallHeap = ["--expose-gc", "--max-old-space-size=96", "--max-semi-space-size=4"]
const mounting = ["-Urm", "sh", "-c", 'mount -t tmpfs -o size=1m tmpfs "$1" && shift && exec "$@"', "sh"]

describe("a process that records", () => {
  it("leaves in the file everything that a reader has seen, when it is killed with SIGKILL at any moment", async () => {
    for (let round = 0; round < rounds(200); round++) {
      const folder = temporaryFolder()
      const child = start("append-until-killed.ts", folder)
      const seen = await readUntil(child, 1 + ((round * 104_729) % (2 * megabyte)))
      const kept = readFileSync(join(folder, "runs", "run_a.ndjson"), "utf8").split("\n")
      expect(seen.length).toBeGreaterThan(0)
      expect(kept.slice(0, seen.length)).toEqual(seen)
      const read = await Effect.runPromise(
        Stream.runCollect(readTrace("run_a")).pipe(Effect.provide(SegmentJournal.layer({ folder })))
      )
      expect(read.map((line) => line.text)).toEqual(kept.slice(0, -1))
      expect(isAlive(child.pid ?? 0)).toBe(false)
    }
  }, 300_000)

  it("lets nine runs finish beside one that records 200 MB for a reader who sleeps, in bounded memory [W0-01 S0-34]", async () => {
    const child = start("flood-beside-nine.ts", temporaryFolder(), smallHeap)
    const report = JSON.parse(await output(child)) as Record<string, number>
    expect(report).toMatchObject({ counts: Array.from({ length: 9 }, () => 1002) })
    expect(report["flooded"]).toBeGreaterThanOrEqual(200 * megabyte)
    expect(report["floodedWhenNineWereRead"]).toBeLessThan(100 * megabyte)
    expect(report["rssGrowth"]).toBeLessThan(80 * megabyte)
    expect(report["heldGrowth"]).toBeLessThan(16 * megabyte)
    expect(isAlive(child.pid ?? 0)).toBe(false)
  }, 60_000)

  const canMount = spawnSync("unshare", [...mounting, temporaryMount(), "true"]).status === 0
  needs(canMount ? "unshare" : "permission to mount")(
    "ends the run as failed on a disk that is really full, and leaves whole records that can all be read",
    async () => {
      const folder = join(temporaryFolder(), "disk")
      mkdirSync(folder)
      const child = spawn("unshare", [...mounting, folder, process.execPath, program("fill-the-disk.ts"), folder])
      const report = JSON.parse(await output(child))
      expect(report.faults).toMatchObject([
        { code: "journal_failed", reason: expect.stringContaining("ENOSPC"), remedy: expect.stringContaining("Free") }
      ])
      expect(report.refused).toMatchObject({ ok: false, fault: { kind: "journal_failed" } })
      expect(report.seqs).toEqual(report.seqs.map((_: number, index: number) => index + 1))
      // At most one write is lost, of 256 KiB; the rest of the disk is used, but for its own book-keeping.
      expect(report.metrics.bytes).toBeGreaterThan(megabyte - (256 + 32) * 1024)
      expect(report.last).toMatchObject({
        status: "failed",
        record: { type: "ended", error: { code: "journal_failed" } }
      })
      expect(report).toMatchObject({ keptEqualsLive: true, fileEqualsLive: true, torn: 0, metrics: { faults: 1 } })
      expect(isAlive(child.pid ?? 0)).toBe(false)
    },
    60_000
  )
})

function temporaryMount(): string {
  return fileURLToPath(new URL(".", import.meta.url))
}

function program(name: string): string {
  return fileURLToPath(new URL(`programs/${name}`, import.meta.url))
}

function start(name: string, folder: string, flags: ReadonlyArray<string> = []): ChildProcess {
  return spawn(process.execPath, [...flags, program(name), folder], { stdio: ["ignore", "pipe", "inherit"] })
}

async function output(child: ChildProcess): Promise<string> {
  let text = ""
  child.stdout?.on("data", (chunk) => (text += chunk))
  child.stderr?.pipe(process.stderr)
  const [code] = await once(child, "close")
  expect(code).toBe(0)
  return text
}

/** Kills the child as soon as it has printed so many bytes, and gives all whole lines that it has printed. */
async function readUntil(child: ChildProcess, bytes: number): Promise<ReadonlyArray<string>> {
  const chunks: Array<Buffer> = []
  let length = 0
  child.stdout?.on("data", (chunk: Buffer) => {
    chunks.push(chunk)
    length += chunk.length
    if (length >= bytes) child.kill("SIGKILL")
  })
  const [, signal] = await once(child, "close")
  expect(signal).toBe("SIGKILL")
  return Buffer.concat(chunks).toString().split("\n").slice(0, -1)
}
