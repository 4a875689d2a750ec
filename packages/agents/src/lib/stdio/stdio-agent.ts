import { type Agent, launchable } from "../agent.ts"
import { type StdioDialectOptions, stdioDialect } from "./stdio-dialect.ts"

// Any program that speaks our stdio protocol: `signalbox run --runner "COMMAND ARGS"`.

export interface StdioAgentOptions extends StdioDialectOptions {
  /** The program: a path, or a name to look up in PATH. A missing one is told by the start, in the system's words. */
  readonly file: string
  readonly args?: ReadonlyArray<string>
  /** The word by which the agent is known; `stdio` when left out. */
  readonly name?: string
}

/** Makes an agent of a program: one long-lived runner that carries many runs. */
export function stdioAgent(options: StdioAgentOptions): Agent {
  const { file, args = [], name = "stdio" } = options
  return {
    name,
    title: `Runner ${file}`,
    lifetime: "shared",
    deathOutcome: "lost",
    launch: () => launchable({ file, args }),
    dialect: () => stdioDialect(options)
  }
}
