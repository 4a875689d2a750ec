// The frame of a guard script: it looks at a project folder, returns findings, prints them and decides the exit code.
import { pathToFileURL } from "node:url"
import { projectRoot } from "./workspace.ts"

/** One broken rule: where it is, what is wrong, and what to do about it. */
export interface Finding {
  readonly where: string
  readonly what: string
  readonly mend: string
}

export interface Settings {
  /** Bring the generated files up to date instead of complaining about them. */
  readonly write: boolean
}

export type Guard = (root: string, settings: Settings) => ReadonlyArray<Finding> | Promise<ReadonlyArray<Finding>>

/** Runs the guard when its module is the program that was started; does nothing when a test imports it. */
export async function main(moduleUrl: string, guard: Guard): Promise<void> {
  if (process.argv[1] === undefined || pathToFileURL(process.argv[1]).href !== moduleUrl) return
  const findings = await guard(projectRoot, { write: process.argv.includes("--write") })
  if (findings.length > 0) console.log(report(findings))
  process.exitCode = findings.length > 0 ? 1 : 0
}

/** The findings as text, one remedy under all findings that share it. */
export function report(findings: ReadonlyArray<Finding>): string {
  const byMend = Map.groupBy(findings, (finding) => finding.mend)
  return [...byMend].map(([mend, group]) => [...group.map(line), `  mend: ${mend}`].join("\n")).join("\n")
}

function line(finding: Finding): string {
  return `${finding.where}: ${finding.what}`
}
