import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { runInNewContext } from "node:vm"
import { describe, expect, it } from "vitest"
import { sourceProgram, startPlaybook, steps } from "./playbook-process.ts"

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const manifest = JSON.parse(readFileSync(fileOf("../package.json"), "utf8")) as { readonly version: string }
const built = fileOf("../dist/main.js")

function start(...args: ReadonlyArray<string>) {
  return spawnSync(process.execPath, [sourceProgram, ...args], { encoding: "utf8", input: "" })
}

describe("the program", () => {
  it("tells its version", () => {
    expect(start("--version")).toMatchObject({ status: 0, stdout: `${manifest.version}\n`, stderr: "" })
  })

  it("explains itself with --help", () => {
    expect(start("--help")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("signalbox run --agent playbook"),
      stderr: ""
    })
  })

  it("refuses arguments in a sentence", () => {
    expect(start("echo hello")).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining("prompt comes on stdin")
    })
  })

  it("exits with 0 at the end of an empty input [S0-10]", () => {
    expect(start()).toMatchObject({ status: 0, stderr: "" })
  })
})

describe("the command", () => {
  const source = readFileSync(fileOf("../bin/signalbox-playbook.js"), "utf8").replace(/^#!.*/, "")

  it.each(["18.0.0", "20.20.2", "22.18.9"])("answers Node %s with one sentence and exit code 1", (node) => {
    const said: Array<string> = []
    const process = { versions: { node }, stderr: { write: (text: string) => said.push(text) }, exitCode: 0 }
    runInNewContext(source, { process })
    expect(process.exitCode).toBe(1)
    expect(said).toEqual([
      expect.stringMatching(new RegExp(`needs Node.js 22.19 or newer, and this is ${node}: .*\\n$`))
    ])
  })

  it("is written so that an old Node can read it", () => {
    expect(source).not.toMatch(/\b(const|let|await)\b|=>|`|\?\.|\?\?/)
  })

  it.runIf(existsSync(built))("carries out a playbook from the built file, which starts quickly", async () => {
    const playbook = startPlaybook({ program: fileOf("../bin/signalbox-playbook.js") })
    expect(await playbook.run("a", { prompt: steps("echo hello > /dev/stdout") })).toMatchObject({ status: "ok" })
    expect(playbook.output("a")).toBe("hello\n")
  })
})
