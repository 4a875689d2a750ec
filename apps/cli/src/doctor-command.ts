import { makeAgents } from "@signalbox/agents"
import { findAgents } from "./agent-findings.ts"
import type { Arguments } from "./arguments.ts"
import { checks, type Finding } from "./doctor-checks.ts"
import { readSettings, type Settings } from "./settings.ts"
import { launchContext } from "./surroundings.ts"
import { harmlessLine, looksOf } from "./terminal.ts"

// `signalbox doctor`: a line for each thing that this machine has to have. Only what makes runs impossible fails.

export async function doctorCommand({ flags }: Arguments): Promise<number> {
  const settings = readSettings(flags, process.env)
  const json = flags.has("json")
  const { colour } = looksOf(process.stdout, process.env)
  const findings: Array<Finding> = []
  const tell = (finding: Finding) => {
    findings.push(finding)
    if (!json) process.stdout.write(findingText(finding, colour))
  }
  for (const check of checks) tell(await check({ settings, environment: process.env }))
  for (const finding of await agentFindings(settings)) tell(finding)
  const failed = findings.filter(({ status }) => status === "fail").length
  if (json) process.stdout.write(`${JSON.stringify({ ok: failed === 0, findings }, undefined, 2)}\n`)
  else
    process.stdout.write(
      failed === 0 ? "Everything that a run needs is here.\n" : `${failed} of ${findings.length} failed.\n`
    )
  return failed === 0 ? 0 : 1
}

/** An agent that is not installed is a warning: others may be. */
async function agentFindings(settings: Settings): Promise<ReadonlyArray<Finding>> {
  const found = await findAgents(makeAgents().all, launchContext(process.env, settings.agents))
  return found.map(({ name, available, path, version, problem, advice }) => {
    const said = `${path ?? ""}${version === undefined ? "" : `, version ${version}`}`
    if (!available) return { name: `agent ${name}`, status: "warn", message: problem ?? "is not here", remedy: advice }
    return { name: `agent ${name}`, status: "ok", message: advice === "" ? said : `${said}; ${advice}` }
  })
}

const colours = { ok: "\u001b[32m", warn: "\u001b[33m", fail: "\u001b[31m" } as const

/** One line, and under what is not well what to do. */
export function findingText({ name, status, message, remedy }: Finding, colour: boolean): string {
  const word = status.padEnd(4)
  const mark = colour ? `${colours[status]}${word}\u001b[39m` : word
  const advice = remedy === undefined || status === "ok" ? "" : `${" ".repeat(5)}${harmlessLine(remedy)}\n`
  return `${mark} ${name}: ${harmlessLine(message)}\n${advice}`
}
