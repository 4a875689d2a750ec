import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { decodeHostConfig, type HostConfig } from "@signalbox/protocol/config"
import type { Flags } from "./arguments.ts"
import { CliFault } from "./cli-fault.ts"
import { readDuration } from "./duration.ts"
import { configFolder, stateFolder } from "./folders.ts"

// The configuration: file, then SIGNALBOX_* variables, then flags, merged to one value and validated once. A file is
// never taken from the current folder: a checkout must not decide which programs are started.

type Environment = Readonly<Record<string, string | undefined>>

export interface Settings {
  readonly host: HostConfig
  /** The operator's settings of agents, for example `codexPath`. */
  readonly agents: Readonly<Record<string, string>>
}

interface Setting {
  readonly flag?: string
  readonly variable: string
  /** Where it stands in the file. */
  readonly path: readonly [string, ...ReadonlyArray<string>]
  readonly kind: "text" | "count" | "duration" | "switch"
}

/** Every setting that has a flag or a variable; the others stand in the file only. */
export const settings: ReadonlyArray<Setting> = [
  { flag: "data", variable: "SIGNALBOX_DATA", path: ["data_folder"], kind: "text" },
  { flag: "time-limit", variable: "SIGNALBOX_TIME_LIMIT", path: ["run", "run_ms"], kind: "duration" },
  { flag: "idle-limit", variable: "SIGNALBOX_IDLE_LIMIT", path: ["run", "idle_ms"], kind: "duration" },
  {
    flag: "first-output-limit",
    variable: "SIGNALBOX_FIRST_OUTPUT_LIMIT",
    path: ["run", "first_output_ms"],
    kind: "duration"
  },
  { flag: "wait-limit", variable: "SIGNALBOX_WAIT_LIMIT", path: ["runner", "wait_ms"], kind: "duration" },
  { flag: "permits", variable: "SIGNALBOX_PERMITS", path: ["runner", "permits"], kind: "count" },
  { flag: "runners", variable: "SIGNALBOX_RUNNERS", path: ["runner", "runners"], kind: "count" },
  { flag: "require-hello", variable: "SIGNALBOX_REQUIRE_HELLO", path: ["runner", "require_hello"], kind: "switch" },
  { variable: "SIGNALBOX_CODEX_PATH", path: ["agents", "codexPath"], kind: "text" }
]

type Tree = Record<string, unknown>

/** Reads the configuration, or throws a fault that lists everything that is wrong with it. */
export function readSettings(flags: Flags, environment: Environment): Settings {
  const problems: Array<string> = []
  const tree: Tree = { data_folder: stateFolder(environment), ...readFile(flags, environment, problems) }
  for (const setting of settings) {
    const variable = environment[setting.variable]
    if (variable !== undefined && variable !== "")
      take(tree, setting, { text: variable, from: setting.variable, problems })
    const flag = setting.flag === undefined ? undefined : flags.get(setting.flag)
    if (flag !== undefined) take(tree, setting, { text: flag, from: `--${setting.flag}`, problems })
  }
  const { agents, ...host } = tree
  const decoded = decodeHostConfig(host)
  if (!decoded.ok) problems.push(...decoded.problems)
  const paths = readAgents(agents, problems)
  if (!decoded.ok || problems.length > 0) throw refused(problems)
  return { host: { ...decoded.value, data_folder: resolve(decoded.value.data_folder) }, agents: paths }
}

function readFile(flags: Flags, environment: Environment, problems: Array<string>): Tree {
  const named = flags.get("config") ?? environment["SIGNALBOX_CONFIG"]
  const path = named ?? join(configFolder(environment), "signalbox.config.json")
  if (named === undefined && !existsSync(path)) return {}
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"))
    if (isTree(value)) return value
    problems.push(`${path}: the file must hold one JSON object`)
  } catch (error) {
    problems.push(`${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
  return {}
}

interface Given {
  readonly text: string
  readonly from: string
  readonly problems: Array<string>
}

function take(tree: Tree, { path, kind }: Setting, { text, from, problems }: Given): void {
  const value = readers[kind](text)
  if (value === undefined) return void problems.push(`${from}: ${JSON.stringify(text)} is ${wanted[kind]}`)
  let branch = tree
  for (const key of path.slice(0, -1)) {
    const next = branch[key]
    // A copy: what came from the file is not changed. What is no object there is told by the validation.
    if (next !== undefined && !isTree(next)) return
    branch = branch[key] = { ...next }
  }
  branch[path[path.length - 1] as string] = value
}

const readers: Readonly<Record<Setting["kind"], (text: string) => unknown>> = {
  text: (text) => (text === "" ? undefined : text),
  count: (text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined),
  duration: readDuration,
  switch: (text) => switches[text.toLowerCase()]
}

const switches: Readonly<Record<string, boolean>> = {
  true: true,
  "1": true,
  yes: true,
  false: false,
  "0": false,
  no: false
}

const wanted: Readonly<Record<Setting["kind"], string>> = {
  text: "empty",
  count: "no whole number",
  duration: "no time; write it with a unit: 500ms, 30s, 10m, 2h",
  switch: "neither true nor false"
}

function readAgents(value: unknown, problems: Array<string>): Readonly<Record<string, string>> {
  if (value === undefined) return {}
  if (!isTree(value)) {
    problems.push('agents: must be an object, for example { "codexPath": "/opt/codex" }')
    return {}
  }
  const known = settings.filter(({ path }) => path[0] === "agents").map(({ path }) => path[1])
  for (const [key, text] of Object.entries(value)) {
    if (!known.includes(key)) problems.push(`agents.${key}: there is no such setting; remove it or correct its name`)
    else if (typeof text !== "string" || text === "") problems.push(`agents.${key}: must be a path`)
  }
  return value as Readonly<Record<string, string>>
}

function refused(problems: ReadonlyArray<string>): CliFault {
  const list = problems.map((problem) => `\n  ${problem}`).join("")
  const many = `${problems.length} settings are wrong; correct them all and try again:${list}`
  return new CliFault({ message: problems.length === 1 ? list.trim() : many, exit: 2 })
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
