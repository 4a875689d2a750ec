import { makeAgents } from "@signalbox/agents"
import { type AgentFinding, findAgents } from "./agent-findings.ts"
import type { Arguments } from "./arguments.ts"
import { readSettings } from "./settings.ts"
import { launchContext } from "./surroundings.ts"
import { harmlessLine } from "./terminal.ts"

// `signalbox agents`: who can be asked for by name, and what is installed of them.

export async function agentsCommand({ flags }: Arguments): Promise<number> {
  const settings = readSettings(flags, process.env)
  const findings = await findAgents(makeAgents().all, launchContext(process.env, settings.agents))
  process.stdout.write(flags.has("json") ? `${JSON.stringify(findings, undefined, 2)}\n` : agentsTable(findings))
  return 0
}

const heads = ["AGENT", "PROCESS", "VERSION", "TESTED", "PROGRAM"] as const

/** A table, and under each agent what to do about it. */
export function agentsTable(findings: ReadonlyArray<AgentFinding>): string {
  const rows = findings.map((finding) => [
    finding.name,
    finding.lifetime === "shared" ? "shared" : "per run",
    finding.version ?? "-",
    finding.tested_version ?? "-",
    finding.path ?? "not found"
  ])
  const widths = heads.map((head, index) => Math.max(head.length, ...rows.map((row) => row[index]?.length ?? 0)))
  const line = (cells: ReadonlyArray<string>) =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd()
  const body = rows.flatMap((row, index) => {
    const { problem, advice = "" } = findings[index] ?? {}
    const said = problem === undefined ? advice : `${problem}. ${advice}`
    return [line(row), ...(said === "" ? [] : [`  ${harmlessLine(said)}`])]
  })
  return [line(heads), ...body, ""].join("\n")
}
