import { execFile } from "node:child_process"
import type { Agent, AgentProbe, LaunchContext } from "@signalbox/agents"

// What is installed of the agents.

export interface AgentFinding {
  readonly name: string
  readonly title: string
  readonly lifetime: "shared" | "once"
  /** Whether a run could be started. */
  readonly available: boolean
  /** The program that would be started. */
  readonly path?: string
  readonly version?: string
  /** The version that the agent was last tested with. */
  readonly tested_version?: string
  /** Why no run could be started. */
  readonly problem?: string
  /** What to do or to know; empty when there is nothing. */
  readonly advice: string
}

type Context = Omit<LaunchContext, "run">

export function findAgents(agents: ReadonlyArray<Agent>, context: Context): Promise<ReadonlyArray<AgentFinding>> {
  return Promise.all(agents.map((agent) => findOne(agent, context)))
}

async function findOne(agent: Agent, context: Context): Promise<AgentFinding> {
  const { name, title, lifetime, probe } = agent
  const launch = agent.launch(context)
  const tested = probe === undefined ? {} : { tested_version: probe.testedVersion }
  if (!launch.ok) {
    const { message: problem, remedy: advice } = launch.fault
    return { name, title, lifetime, available: false, ...tested, problem, advice }
  }
  const { file, args } = launch.command
  const path = file === context.nodePath ? (args[0] ?? file) : file
  if (probe === undefined) return { name, title, lifetime, available: true, path, advice: "" }
  const version = await versionOf(file, probe)
  const found = { name, title, lifetime, available: true, path, ...tested }
  if (version === undefined)
    return { ...found, advice: `${file} does not tell its version: start it by hand and look.` }
  const advice = version === probe.testedVersion ? "" : `tested with ${probe.testedVersion}; this version may differ`
  return { ...found, version, advice }
}

/** Long enough for a program that is started from a cold disk. */
const versionMs = 10_000

function versionOf(file: string, { versionArgs, readVersion }: AgentProbe): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { timeout: versionMs, killSignal: "SIGKILL", maxBuffer: 64 * 1024 } as const
    execFile(file, [...versionArgs], options, (error, stdout, stderr) => {
      resolve(error === null ? readVersion(`${stdout}\n${stderr}`) : undefined)
    }).stdin?.end()
  })
}
