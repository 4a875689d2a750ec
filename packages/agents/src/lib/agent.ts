import type { Command, Dialect } from "@signalbox/machine"
import { errorCodes } from "@signalbox/protocol"

// What an agent is: a named kind of program that can do a run. An agent is a value; nothing here starts anything. The
// app looks programs up and reads settings, the kernel starts the command and lets the dialect translate.

export interface Agent {
  /** The word by which people ask for it: `codex`. */
  readonly name: string
  readonly title: string
  /** `shared`: one long-lived runner carries many runs. `once`: a fresh process for each run. */
  readonly lifetime: "shared" | "once"
  /** What the death of the process means for a run that is still open. */
  readonly deathOutcome: "lost" | "failed"
  /** How to start the program, or why that is not possible here. Asked before each start. */
  readonly launch: (context: LaunchContext) => Launch
  /** A new dialect for one process. It ends with the process. */
  readonly dialect: () => Dialect
  /** Runs that one process carries well at once, when that is fewer or more than the host's own default. */
  readonly permits?: number
  /** How to find out whether the program is installed, and which version. Left out when there is nothing to look for. */
  readonly probe?: AgentProbe
}

/** What only the app knows. */
export interface LaunchContext {
  /** The Node that runs the app. */
  readonly nodePath: string
  /** The playbook's entry file, when it is installed. */
  readonly playbookEntry: string | undefined
  /** Looks up a name in PATH, or a path. Answers the real path (links followed) of a file that can be executed. */
  readonly find: (nameOrPath: string) => string | undefined
  /** The operator's settings of agents, for example `codexPath`. */
  readonly settings: Readonly<Record<string, string | undefined>>
  /** The run that the process is for; only given to agents with the lifetime `once`. */
  readonly run?: { readonly id: string; readonly cwd?: string }
}

export type Launch =
  | { readonly ok: true; readonly command: Command }
  | { readonly ok: false; readonly fault: LaunchFault }

/** Why an agent cannot be started here, in words for the person who asked. */
export interface LaunchFault {
  readonly code: "agent_unavailable"
  readonly message: string
  readonly remedy: string
}

/** Data for `signalbox agents` and `signalbox doctor`. */
export interface AgentProbe {
  /** The setting that names the program, before PATH is asked. */
  readonly setting: string
  /** The names to look up in PATH, best first. */
  readonly names: ReadonlyArray<string>
  /** The arguments that make the program print its version and exit. */
  readonly versionArgs: ReadonlyArray<string>
  /** Reads the version out of what was printed. */
  readonly readVersion: (output: string) => string | undefined
  /** The version that the agent's recordings and the agent tier were made with. */
  readonly testedVersion: string
}

export const launchable = (command: Command): Launch => ({ ok: true, command })

export const unavailable = (message: string, remedy: string = errorCodes.agent_unavailable.remedy): Launch => ({
  ok: false,
  fault: { code: "agent_unavailable", message, remedy }
})
