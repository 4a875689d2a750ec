import type { Agent, LaunchContext } from "@signalbox/agents"
import type { RunnableAgent } from "@signalbox/kernel"

/** An agent with all that the app knows of its surroundings: what the kernel can start. */
export function runnable(agent: Agent, context: Omit<LaunchContext, "run">): RunnableAgent {
  return {
    name: agent.name,
    lifetime: agent.lifetime,
    dialect: agent.dialect,
    launch: (run) => {
      if (run === undefined) return agent.launch(context)
      const { cwd } = run.params
      return agent.launch({ ...context, run: cwd === undefined ? { id: run.id } : { id: run.id, cwd } })
    }
  }
}
