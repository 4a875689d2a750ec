import { type Agent, launchable } from "../agent.ts"
import { commandDialect } from "./command-dialect.ts"

// Any program, once: `signalbox run -- COMMAND ARGS`.

export interface CommandAgentOptions {
  /** The program: a path, or a name to look up in PATH. A missing one is told by the start, in the system's words. */
  readonly file: string
  readonly args?: ReadonlyArray<string>
}

/** Makes an agent of a program: a fresh process for each run, which ends the run with its exit code. */
export function commandAgent({ file, args = [] }: CommandAgentOptions): Agent {
  return {
    name: "command",
    title: `Command ${file}`,
    lifetime: "once",
    deathOutcome: "failed",
    launch: ({ run }) => launchable(run?.cwd === undefined ? { file, args } : { file, args, cwd: run.cwd }),
    dialect: () => commandDialect([file, ...args].map(quoted).join(" "))
  }
}

/** For people's eyes only: nothing executes this text. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
