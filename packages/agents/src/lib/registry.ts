import type { Agent } from "./agent.ts"
import { codexAgent } from "./codex/codex-agent.ts"
import { playbookAgent } from "./playbook/playbook-agent.ts"

// The agents that can be asked for by name.

/** The agents of this package, in the order in which people see them. */
export const standardAgents: ReadonlyArray<Agent> = [playbookAgent, codexAgent]

/** A fixed set of agents; owned by the app. */
export interface Agents {
  readonly all: ReadonlyArray<Agent>
  readonly findAgent: (name: string) => FoundAgent
}

export type FoundAgent =
  | { readonly ok: true; readonly agent: Agent }
  | { readonly ok: false; readonly fault: UnknownAgent }

export interface UnknownAgent {
  readonly code: "unknown_agent"
  readonly message: string
  readonly remedy: string
}

/** Makes a set of agents: the standard ones and `more`. An agent of `more` takes the place of one with its name. */
export function makeAgents(more: ReadonlyArray<Agent> = []): Agents {
  const byName = new Map([...standardAgents, ...more].map((agent) => [agent.name, agent]))
  return {
    all: [...byName.values()],
    findAgent: (name) => {
      const agent = byName.get(name)
      return agent === undefined ? { ok: false, fault: unknownAgent(name, [...byName.keys()]) } : { ok: true, agent }
    }
  }
}

function unknownAgent(name: string, names: ReadonlyArray<string>): UnknownAgent {
  return {
    code: "unknown_agent",
    message: `there is no agent ${JSON.stringify(name)}`,
    remedy: `Use one of: ${names.join(", ")}; or name a program with --runner "COMMAND ARGS" or after --.`
  }
}
