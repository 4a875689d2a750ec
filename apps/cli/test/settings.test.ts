import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "@signalbox/proof"
import { describe, expect, it } from "vitest"
import { faultText, isCliFault } from "../src/cli-fault.ts"
import { readDuration, showDuration } from "../src/duration.ts"
import { readSettings } from "../src/settings.ts"

const flags = (given: Readonly<Record<string, string>> = {}) => new Map(Object.entries(given))

/** A home folder, with a configuration file where it is looked for. */
function homeWith(config?: unknown) {
  const home = temporaryFolder()
  const file = join(home, ".config/signalbox/signalbox.config.json")
  if (config !== undefined) {
    mkdirSync(join(home, ".config/signalbox"), { recursive: true })
    writeFileSync(file, typeof config === "string" ? config : JSON.stringify(config))
  }
  return { HOME: home }
}

function faultOf(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (isCliFault(error)) return `${error.exit} ${faultText(error)}`
    throw error
  }
  throw new Error("the settings were accepted")
}

describe("the settings", () => {
  it("have standards when nothing is said", () => {
    const environment = homeWith()
    const { host, agents } = readSettings(flags(), environment)
    expect(host.data_folder).toBe(join(environment.HOME, ".local/state/signalbox"))
    expect(host.runner.permits).toBe(64)
    expect(host.run).toEqual({})
    expect(agents).toEqual({})
  })

  it("follow XDG_STATE_HOME, unless it is relative", () => {
    const home = homeWith()
    const folder = (XDG_STATE_HOME: string) => readSettings(flags(), { ...home, XDG_STATE_HOME }).host.data_folder
    expect(folder("/state")).toBe("/state/signalbox")
    expect(folder("state")).toBe(join(home.HOME, ".local/state/signalbox"))
  })

  it("are taken from the file, over it from variables, over both from flags", () => {
    const file = { data_folder: "/file", run: { run_ms: 1, idle_ms: 2 }, runner: { permits: 3, runners: 4 } }
    const environment = { ...homeWith(file), SIGNALBOX_IDLE_LIMIT: "20s", SIGNALBOX_PERMITS: "30" }
    const { host } = readSettings(flags({ permits: "300" }), environment)
    expect([host.data_folder, host.run.run_ms, host.run.idle_ms, host.runner.permits, host.runner.runners]).toEqual([
      "/file",
      1,
      20_000,
      300,
      4
    ])
  })

  it("come from the file that --config or SIGNALBOX_CONFIG names", () => {
    const home = homeWith({ runner: { permits: 1 } })
    const other = join(home.HOME, "other.json")
    writeFileSync(other, '{"runner":{"permits":2}}')
    expect(readSettings(flags({ config: other }), home).host.runner.permits).toBe(2)
    expect(readSettings(flags(), { ...home, SIGNALBOX_CONFIG: other }).host.runner.permits).toBe(2)
  })

  it("hold the paths of agents", () => {
    const environment = homeWith({ agents: { codexPath: "/opt/codex" } })
    expect(readSettings(flags(), environment).agents).toEqual({ codexPath: "/opt/codex" })
    expect(readSettings(flags(), { ...environment, SIGNALBOX_CODEX_PATH: "/own" }).agents).toEqual({
      codexPath: "/own"
    })
  })

  it("are refused with every problem at once, each with the place that it came from", () => {
    const file = { runner: { permits: 0, premits: 1 }, agents: { claude: "/x" } }
    const environment = { ...homeWith(file), SIGNALBOX_IDLE_LIMIT: "10" }
    const text = faultOf(() => readSettings(flags({ "time-limit": "soon", runners: "many" }), environment))
    expect(text).toMatch(/^2 6 settings are wrong; correct them all/)
    for (const problem of [
      'SIGNALBOX_IDLE_LIMIT: "10" is no time; write it with a unit',
      '--time-limit: "soon" is no time',
      '--runners: "many" is no whole number',
      "runner.permits: ",
      "runner.premits: there is no such setting",
      "agents.claude: there is no such setting"
    ]) {
      expect(text).toContain(problem)
    }
  })

  it.each([
    ["is no JSON", "{", /signalbox\.config\.json: .*JSON/],
    ["is no object", "[1]", /the file must hold one JSON object/],
    ["holds a branch that is no object", { runner: 7 }, /^2 runner: /]
  ])("are refused when the file %s", (_what, config, words) => {
    expect(faultOf(() => readSettings(flags({ permits: "1" }), homeWith(config)))).toMatch(words)
  })

  it("are refused when the named file is missing", () => {
    expect(faultOf(() => readSettings(flags({ config: "/no/such/file" }), homeWith()))).toContain("ENOENT")
  })
})

describe("a duration", () => {
  it.each([
    ["500ms", 500],
    ["1.5s", 1_500],
    ["10m", 600_000],
    ["2h", 7_200_000],
    ["10", undefined],
    ["0s", undefined],
    ["-1s", undefined],
    ["1d", undefined],
    ["s", undefined],
    ["", undefined]
  ])("%j is read as %s milliseconds", (text, ms) => {
    expect(readDuration(text)).toBe(ms)
  })

  it.each([
    [0, "0 ms"],
    [99.4, "99 ms"],
    [100, "0.1 s"],
    [59_949, "59.9 s"],
    [59_950, "1 min 0 s"],
    [3_599_499, "59 min 59 s"],
    [3_600_000, "1 h 0 min"]
  ])("of %d milliseconds is shown as %s", (ms, text) => {
    expect(showDuration(ms)).toBe(text)
  })
})
