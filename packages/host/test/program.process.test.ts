import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { isAlive, rounds, temporaryFolder } from "@signalbox/proof"
import { describe, expect, it } from "vitest"

// What only a process of its own can show: its memory, and a disk that takes no more.

const megabyte = 1024 * 1024
// V8 lets garbage lie while there is room: with a small heap what is held cannot hide.
const smallHeap = ["--expose-gc", "--max-old-space-size=64", "--max-semi-space-size=4"]

describe("a process that is a host", () => {
  it("lets nine runs finish beside one that says very much to a reader who sleeps, in bounded memory [W0-01 S0-34]", async () => {
    const megabytes = rounds(200, 20)
    const child = spawn(process.execPath, [
      ...smallHeap,
      program("flood-beside-nine"),
      temporaryFolder(),
      String(megabytes)
    ])
    const report = await reportOf(child)
    expect(report).toMatchObject({ outcome: "completed", events: Number(report["count"]) + 1 })
    expect(new Set(report["counts"] as ReadonlyArray<number>).size).toBe(1)
    expect((report["counts"] as ReadonlyArray<number>)[0]).toBeGreaterThan(102)
    expect(report["growth"]).toBeLessThan(12 * megabyte)
  }, 300_000)

  it("ends a run whose trace cannot be written any more as failed, and no other run", async () => {
    // 512 blocks of 512 or 1024 bytes, whatever the shell takes for one.
    const script = 'ulimit -f 512 && exec "$@"'
    const command = [process.execPath, program("run-out-of-disk"), temporaryFolder()]
    const child = spawn("/bin/sh", ["-c", script, "sh", ...command])
    const report = await reportOf(child)
    expect(report).toMatchObject({
      ended: { outcome: "failed", error: { code: "journal_failed" } },
      last: { status: "failed", record: { type: "ended", error: { code: "journal_failed" } } },
      small: { outcome: "completed" }
    })
    const seqs = report["seqs"] as ReadonlyArray<number>
    expect(seqs).toEqual(seqs.map((_, index) => index + 1))
    expect(seqs.length).toBeGreaterThan(20)
  }, 60_000)
})

function program(name: string): string {
  return fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url))
}

async function reportOf(child: ChildProcess): Promise<Readonly<Record<string, unknown>>> {
  let text = ""
  child.stdout?.on("data", (chunk) => (text += chunk))
  child.stderr?.pipe(process.stderr)
  const [code] = await once(child, "close")
  expect(code).toBe(0)
  expect(isAlive(child.pid ?? 0)).toBe(false)
  return JSON.parse(text) as Readonly<Record<string, unknown>>
}
