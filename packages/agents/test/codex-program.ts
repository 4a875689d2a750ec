import { codexAgent } from "@signalbox/agents"
import { type CodexHome, openCodexHome } from "@signalbox/proof/codex"
import { driveAgent, type DrivenAgent } from "./driven-agent.ts"

// The pinned Codex of the agent tier in its private home, driven by its dialect alone.

export interface CodexHouse extends Pick<CodexHome, "root" | "work" | "stub"> {
  readonly codex: DrivenAgent
  /** Ends Codex and the stub and removes the folders. */
  readonly close: () => Promise<void>
}

/** Starts Codex. Whoever opens the house closes it. */
export async function openCodexHouse(): Promise<CodexHouse> {
  const home = await openCodexHome()
  const launch = codexAgent.launch(home.launch)
  if (!launch.ok) throw new Error(launch.fault.message)
  const codex = driveAgent({ ...launch.command, cwd: home.work, env: home.environment }, codexAgent.dialect())
  const close = async () => {
    await codex.stop()
    await home.close()
  }
  const { root, work, stub } = home
  return { codex, root, work, stub, close }
}
