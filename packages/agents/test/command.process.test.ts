import { commandAgent } from "@signalbox/agents"
import { isAlive } from "@signalbox/proof"
import { describe, expect, it } from "vitest"
import { driveAgent } from "./driven-agent.ts"

// A real program behind the command dialect.

const start = (script: string, prompt: string) => {
  const agent = commandAgent({ file: "sh", args: ["-c", script] })
  const launch = agent.launch({ nodePath: "", playbookEntry: undefined, find: () => undefined, settings: {} })
  if (!launch.ok) throw new Error(launch.fault.message)
  const driven = driveAgent(launch.command, agent.dialect())
  driven.send({ type: "run", id: "a", params: { prompt } })
  return driven
}

describe("a real command", () => {
  it("reads the prompt to its end, and its output, stderr and exit code are told", async () => {
    const driven = start("cat; echo trouble >&2; exit 3", "zwei\nZeilen, 你好")
    const end = await driven.end("a")
    expect(end).toMatchObject({ status: "error", error: "exited with code 3", code: "exit_nonzero" })
    expect(driven.eventsOf("a").at(-1)).toMatchObject({
      item: { aggregated_output: "zwei\nZeilen, 你好\n", exit_code: 3, status: "failed" }
    })
    expect(driven.frames).toContainEqual({ type: "diag", id: "a", level: "info", message: "trouble" })
    await driven.stop()
    expect(isAlive(driven.pid)).toBe(false)
  })

  it("that is killed tells by which signal", async () => {
    const driven = start("kill -9 $$", "")
    expect(await driven.end("a")).toMatchObject({ status: "error", error: "killed by SIGKILL" })
    await driven.stop()
    expect(isAlive(driven.pid)).toBe(false)
  })
})
