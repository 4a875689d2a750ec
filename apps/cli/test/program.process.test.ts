import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, rmdirSync, symlinkSync, writeFileSync } from "node:fs"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import { needs, temporaryFolder } from "@signalbox/proof"
import { describe, expect, it } from "vitest"
import { checkDataFolder } from "../src/doctor-checks.ts"
import { findingText } from "../src/doctor-command.ts"
import { readSettings } from "../src/settings.ts"
import { runCli, scripted } from "./cli-process.ts"

const bin = fileURLToPath(new URL("../bin/signalbox.js", import.meta.url))
const built = existsSync(new URL("../dist/main.js", import.meta.url))

/** A Node in PATH that is too old to run the program, if there is one. */
function oldNode(): string {
  const nodes = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "node"))
  const tooOld = (node: string) => {
    const [, major, minor] =
      /^v(\d+)\.(\d+)/.exec(spawnSync(node, ["--version"], { encoding: "utf8" }).stdout ?? "") ?? []
    return major !== undefined && (Number(major) < 22 || (Number(major) === 22 && Number(minor) < 19))
  }
  return nodes.find((node) => existsSync(node) && tooOld(node)) ?? "a Node before 22.19"
}

describe("the program", () => {
  it.each([["--version"], ["-v"], ["version"]])("tells its version: %s", async (word) => {
    const result = await runCli([word])
    expect(result.stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/)
    expect(result.code).toBe(0)
  })

  it("helps on stdout when it is asked, and on stderr with exit code 2 when nothing was said", async () => {
    expect(await runCli(["--help"])).toMatchObject({ code: 0, stderr: "" })
    expect((await runCli(["run", "--help"])).stdout).toContain("--time-limit TIME")
    const nothing = await runCli([])
    expect([nothing.code, nothing.stdout]).toEqual([2, ""])
    expect(nothing.stderr).toContain("Usage: signalbox COMMAND")
  })

  it("tells of a mistake in one line", async () => {
    const { code, stderr } = await runCli(["run", "--jsno", "x"])
    expect([code, stderr]).toEqual([
      2,
      "signalbox: there is no option --jsno; did you mean --json? Try `signalbox run --help`.\n"
    ])
  })

  needs(oldNode())("says which Node it needs when it is started by an old one", async () => {
    const { code, stderr } = await runCli(["--version"], { program: [oldNode(), bin] })
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /^signalbox needs Node\.js 22\.19 or newer, and this is \d[\d.]+: install a newer Node\.js\.\n$/
      )
    ])
  })

  it("is built into one bundle that runs and brings its watchdog, or says how to build it", async () => {
    const { code, stdout, stderr } = await runCli(["run", "--quiet", "--", "echo", "bundled"], {
      program: [process.execPath, bin]
    })
    if (built) expect([code, stdout, stderr]).toEqual([0, "bundled\n", ""])
    else expect([code, stderr]).toEqual([1, "signalbox is not built: run `npm run setup` in the checkout.\n"])
  })
})

describe("signalbox agents", () => {
  /** A folder with a program that says it is Codex. */
  function codexOf(version: string): string {
    const folder = temporaryFolder()
    writeFileSync(join(folder, "codex"), `#!/bin/sh\necho codex-cli ${version}\n`, { mode: 0o755 })
    return folder
  }

  it("lists what is there, and what to do about what is not", async () => {
    const { code, stdout } = await runCli(["agents"], { env: { PATH: "/nowhere" } })
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^AGENT +PROCESS +VERSION +TESTED +PROGRAM\nplaybook +shared .*main\.[tj]s\ncodex +shared .*not found\n/
    )
    expect(stdout).toContain("npm install -g @openai/codex")
  })

  it("finds a program in PATH, asks for its version, and says when it is not the tested one", async () => {
    const folder = codexOf("0.1.2")
    const { stdout } = await runCli(["agents", "--json"], { env: { PATH: `${folder}:${process.env["PATH"]}` } })
    const codex = (JSON.parse(stdout) as ReadonlyArray<{ readonly name: string }>).find(({ name }) => name === "codex")
    expect(codex).toMatchObject({ available: true, path: join(folder, "codex"), version: "0.1.2" })
    expect(codex).toHaveProperty(
      "advice",
      expect.stringMatching(/^tested with \d+\.\d+\.\d+; this version may differ$/)
    )
  })

  it("says where a setting leads when no program is there", async () => {
    const { stdout } = await runCli(["agents"], { env: { SIGNALBOX_CODEX_PATH: "/no/such/codex" } })
    expect(stdout).toContain('codexPath names "/no/such/codex", where no program is')
  })
})

describe("signalbox doctor", () => {
  it("tries everything that a run needs, and kills a host to see whether the watchdog works [W0-15]", async () => {
    const home = temporaryFolder()
    const env = { HOME: home, TMPDIR: home, SIGNALBOX_DATA: join(home, "data") }
    const { code, stdout } = await runCli(["doctor"], { env })
    for (const name of [
      "node",
      "git",
      "/proc",
      "real pipes",
      "watchdog",
      "data folder",
      "free space",
      "agent playbook"
    ]) {
      expect(stdout).toContain(`ok   ${name}: `)
    }
    expect(stdout).toMatch(/watchdog: a program was ended \d\.\d s after its host was killed/)
    expect(stdout).toContain("Everything that a run needs is here.")
    expect(code).toBe(0)
    expect(readdirSync(home)).toEqual([])
  })

  const dataFolder = (folder: string) => {
    const settings = readSettings(new Map([["data", folder]]), { HOME: folder })
    return checkDataFolder({ settings, environment: { HOME: "/nowhere" } })
  }

  it("fails, and names the remedy, when the data folder cannot be written", () => {
    const file = join(temporaryFolder(), "file")
    writeFileSync(file, "")
    const finding = dataFolder(join(file, "data"))
    expect(finding).toMatchObject({ status: "fail", message: expect.stringContaining("cannot be written") })
    expect(finding.remedy).toContain("SIGNALBOX_DATA")
    expect(findingText(finding, false)).toMatch(/^fail data folder: .*\n {5}Give this user the folder/)
  })

  it("is content with a folder that the first run will make", () => {
    const folder = join(temporaryFolder(), "deep", "data")
    expect(dataFolder(folder)).toEqual({
      name: "data folder",
      status: "ok",
      message: `${folder} (it is made by the first run)`
    })
  })

  it("warns when others can read the traces, and fails when they would be written through a link", () => {
    const data = temporaryFolder()
    mkdirSync(join(data, "runs"), { mode: 0o755 })
    expect(dataFolder(data)).toMatchObject({ status: "warn", remedy: `Run chmod 700 ${join(data, "runs")}.` })
    rmdirSync(join(data, "runs"))
    symlinkSync("/etc", join(data, "runs"))
    expect(dataFolder(data)).toMatchObject({ status: "fail", message: expect.stringContaining("is a link") })
  })
})

describe("signalbox conformance", () => {
  it("passes a runner that keeps a rule [WX-04]", async () => {
    const { code, stdout, stderr } = await runCli(["conformance", "--runner", scripted(), "--rule", "STDIO-7,stdio-39"])
    expect(stdout).toMatch(
      /scripted 1[\s\S]*ok {3}STDIO-7 [\s\S]*ok {3}STDIO-39 [\s\S]*2 passed, 0 failed, 0 skipped\n$/
    )
    expect([code, stderr]).toEqual([0, ""])
  })

  it("fails a runner that breaks a rule, and names the rule [WX-04]", async () => {
    const params = JSON.stringify({ input: "say at work\nwait 400" })
    const args = ["conformance", "--runner", scripted("--s0"), "--rule", "STDIO-27", "--params", params]
    const { code, stdout, stderr } = await runCli(args)
    expect(stdout).toContain("FAIL STDIO-27")
    expect(stderr).toBe("signalbox: the runner breaks STDIO-27; PROTOCOL.md says what each demands\n")
    expect(code).toBe(1)
  })

  it("reports as JSON", async () => {
    const { stdout } = await runCli(["conformance", "--json", "--runner", scripted(), "--rule", "STDIO-19"])
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, results: [{ id: "STDIO-19", status: "passed" }] })
  })

  it.each([
    ["no runner", [], /conformance needs --runner/],
    ["a rule that does not exist", ["--runner", "true", "--rule", "STDIO-99"], /STDIO-99 is no rule of the suite/],
    ["quotes that are not closed", ["--runner", "'"], /is never closed/]
  ])("is a usage mistake with %s", async (_what, args, words) => {
    const { code, stderr } = await runCli(["conformance", ...args])
    expect(stderr).toMatch(words)
    expect(code).toBe(2)
  })

  it("fails a runner that cannot be started", async () => {
    const { code, stdout } = await runCli(["conformance", "--runner", "/no/such/runner", "--rule", "STDIO-19"])
    expect(stdout).toContain("there is no such program")
    expect(code).toBe(1)
  })
})
