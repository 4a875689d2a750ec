// The tongues of Signalbox: per agent, how its program is started and how its lines are translated. Nothing here
// starts a process; all of it is plain values and functions.
export {
  type Agent,
  type AgentProbe,
  type Launch,
  type LaunchContext,
  type LaunchFault
} from "./lib/agent.ts"
export { codexAgent } from "./lib/codex/codex-agent.ts"
export { commandAgent, type CommandAgentOptions } from "./lib/command/command-agent.ts"
export { type CommandLineFault, splitCommandLine, type SplitCommandLine } from "./lib/command-line.ts"
export { playbookAgent } from "./lib/playbook/playbook-agent.ts"
export { type Agents, type FoundAgent, makeAgents, standardAgents, type UnknownAgent } from "./lib/registry.ts"
export { stdioAgent, type StdioAgentOptions } from "./lib/stdio/stdio-agent.ts"
export { type StdioDialectOptions, type StdioProfile } from "./lib/stdio/stdio-dialect.ts"
