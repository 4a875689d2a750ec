import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { Connect } from "../src/index.ts"
import type { RunnerCommand } from "../src/scripted-runner-command.ts"

/** Starts a runner as a real child process; `pids` collects who has to be gone afterwards. */
export function spawned(command: RunnerCommand, pids: Array<number> = []): Connect {
  return async () => {
    const child = spawn(command.file, [...command.args], { stdio: "pipe" })
    await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject))
    if (child.pid !== undefined) pids.push(child.pid)
    child.stdin.on("error", () => undefined)
    const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }))
    })
    return {
      stdout: child.stdout,
      stderr: child.stderr,
      exited,
      write: (bytes) =>
        new Promise((resolve, reject) => void child.stdin.write(bytes, (error) => (error ? reject(error) : resolve()))),
      endInput: () => new Promise((resolve) => void child.stdin.end(resolve)),
      kill: async () => {
        child.kill("SIGKILL")
        await exited
        // A grandchild may hold the pipes; nobody listens any more.
        child.stdout.destroy()
        child.stderr.destroy()
      }
    }
  }
}

/** The tiny runner of `broken/`, correct or with one fault. */
export function tinyRunner(...args: ReadonlyArray<string>): RunnerCommand {
  const path = fileURLToPath(new URL("broken/tiny-runner.ts", import.meta.url))
  return { file: process.execPath, args: [path, ...args] }
}
