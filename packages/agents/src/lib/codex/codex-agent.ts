import type { Agent } from "../agent.ts"
import { codexDialect } from "./codex-dialect.ts"
import { launchCodex } from "./codex-launch.ts"

// OpenAI's Codex, by its app-server: one process, many threads, each run one turn of a thread.

export const codexAgent: Agent = {
  name: "codex",
  title: "OpenAI Codex",
  lifetime: "shared",
  deathOutcome: "lost",
  permits: 32,
  launch: launchCodex,
  dialect: codexDialect,
  probe: {
    setting: "codexPath",
    names: ["codex"],
    versionArgs: ["--version"],
    readVersion: (output) => /(\d+\.\d+\.\d+\S*)/.exec(output)?.[1],
    testedVersion: "0.169.0"
  }
}
