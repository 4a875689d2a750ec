import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

// Whether programs die with a host that is killed, tried in earnest: a `signalbox run` of a sleeping program is killed
// with SIGKILL, and the program has to be gone soon after.

export type WatchdogProbe =
  | { readonly ok: true; readonly ms: number }
  | { readonly ok: false; readonly problem: string }

const startMs = 20_000
/** The watchdog's own ladder takes about two seconds. */
const goneMs = 8_000
const lookEveryMs = 20

export async function probeWatchdog(): Promise<WatchdogProbe> {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-doctor-"))
  const args = ["run", "--json", "--data", folder, "--", "sh", "-c", "echo sleeper=$$; exec sleep 60"]
  const host = spawn(process.execPath, [process.argv[1] as string, ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    // What a killed host leaves in its temporary folder is removed with this one.
    env: { ...process.env, TMPDIR: folder }
  })
  let pid: number | undefined
  try {
    const output = { stdout: "", stderr: "" }
    host.stdout.on("data", (chunk: Buffer) => void (output.stdout += chunk.toString()))
    host.stderr.on("data", (chunk: Buffer) => void (output.stderr += chunk.toString()))
    let exited = false
    host.once("error", () => (exited = true))
    host.once("exit", () => (exited = true))
    await within(startMs, () => {
      pid = Number(/"sleeper=(\d+)/.exec(output.stdout)?.[1] ?? 0) || undefined
      return pid !== undefined || exited
    })
    if (pid === undefined) {
      return {
        ok: false,
        problem: `a run for the trial could not be started: ${output.stderr.trim().split("\n")[0] || "it said nothing"}`
      }
    }
    host.kill("SIGKILL")
    const killed = performance.now()
    const sleeper = pid
    if (await within(goneMs, () => !isAlive(sleeper))) return { ok: true, ms: performance.now() - killed }
    return { ok: false, problem: `a program was still there ${goneMs / 1_000} s after its host was killed` }
  } finally {
    host.kill("SIGKILL")
    if (pid !== undefined && isAlive(pid)) process.kill(pid, "SIGKILL")
    rmSync(folder, { recursive: true, force: true })
  }
}

async function within(ms: number, holds: () => boolean): Promise<boolean> {
  const end = performance.now() + ms
  while (!holds()) {
    if (performance.now() > end) return false
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
  }
  return true
}

/** A zombie is dead: in a container there may be nobody who buries it. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))
  } catch {
    return true
  }
}
