import {
  codexAgent,
  commandAgent,
  type LaunchContext,
  makeAgents,
  playbookAgent,
  standardAgents,
  stdioAgent
} from "@signalbox/agents"
import { describe, expect, it } from "vitest"

const context = (programs: ReadonlyArray<string>, more: Partial<LaunchContext> = {}): LaunchContext => ({
  nodePath: "/bin/node",
  playbookEntry: "/lib/playbook.js",
  find: (name) => programs.find((path) => path === name || path.endsWith(`/${name}`)),
  settings: {},
  ...more
})

describe("finding an agent", () => {
  it("by its name", () => {
    const { findAgent } = makeAgents()
    expect(findAgent("codex")).toEqual({ ok: true, agent: codexAgent })
  })

  it("under an unknown name is refused, and the known names are told", () => {
    const found = makeAgents().findAgent("toString")
    expect(found).toMatchObject({ ok: false, fault: { code: "unknown_agent" } })
    expect(found.ok ? "" : found.fault.remedy).toContain("playbook, codex")
  })

  it("gives an added agent the place of the standard one with its name", () => {
    const mine = stdioAgent({ name: "codex", file: "mine" })
    const agents = makeAgents([mine])
    expect(agents.findAgent("codex")).toEqual({ ok: true, agent: mine })
    expect(agents.all).toHaveLength(standardAgents.length)
  })
})

describe("starting an agent", () => {
  it("playbook: its entry on the Node of the app", () => {
    const command = { file: "/bin/node", args: ["/lib/playbook.js"] }
    expect(playbookAgent.launch(context([]))).toEqual({ ok: true, command })
  })

  it("playbook: says that its program is missing", () => {
    const launch = playbookAgent.launch(context([], { playbookEntry: undefined }))
    expect(launch).toMatchObject({ ok: false, fault: { code: "agent_unavailable" } })
  })

  it("stdio: the program as given", () => {
    const command = { file: "runner", args: ["--fast"] }
    expect(stdioAgent(command).launch(context([]))).toEqual({ ok: true, command })
  })

  it("command: in the folder of its run", () => {
    const agent = commandAgent({ file: "make", args: ["test"] })
    const command = { file: "make", args: ["test"] }
    expect(agent.launch(context([]))).toEqual({ ok: true, command })
    const inFolder = agent.launch(context([], { run: { id: "a", cwd: "/project" } }))
    expect(inFolder).toEqual({ ok: true, command: { ...command, cwd: "/project" } })
  })

  const modules = "/lib/node_modules"
  const launcher = `${modules}/@openai/codex/bin/codex.js`
  const native = "@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex"

  it.each([
    ["a program in PATH", ["/bin/codex"], "/bin/codex"],
    ["the real program beside npm's launcher", [launcher, `${modules}/${native}`], `${modules}/${native}`],
    [
      "the real program inside the launcher's package",
      [launcher, `${modules}/@openai/codex/node_modules/${native}`],
      `${modules}/@openai/codex/node_modules/${native}`
    ],
    ["the launcher, when there is nothing better", [launcher], launcher]
  ])("codex: %s", (_sentence, programs, file) => {
    const find = (name: string) => (name === "codex" ? programs[0] : programs.find((path) => path === name))
    const launch = codexAgent.launch(context([], { find }))
    expect(launch).toEqual({ ok: true, command: { file, args: ["app-server"] } })
  })

  it("codex: the setting goes before PATH", () => {
    const settings = { codexPath: "/opt/codex" }
    const launch = codexAgent.launch(context(["/opt/codex", "/bin/codex"], { settings }))
    expect(launch).toMatchObject({ ok: true, command: { file: "/opt/codex" } })
  })

  it.each([
    [{}, /npm install -g @openai\/codex/],
    [{ codexPath: "/nowhere" }, /Correct the setting/]
  ])("codex: says what to do when it is missing and the settings are %j", (settings, remedy) => {
    const launch = codexAgent.launch(context([], { settings }))
    expect(launch).toMatchObject({
      ok: false,
      fault: { code: "agent_unavailable", remedy: expect.stringMatching(remedy) }
    })
  })

  it("codex: reads the version that its program prints", () => {
    expect(codexAgent.probe?.readVersion("codex-cli 0.169.0\n")).toBe("0.169.0")
    expect(codexAgent.probe?.readVersion("what?")).toBeUndefined()
  })
})

describe("an agent's death", () => {
  it.each([...standardAgents, stdioAgent({ file: "x" }), commandAgent({ file: "x" })])(
    "loses the runs of a shared process and fails the run of its own: $name",
    ({ lifetime, deathOutcome }) => {
      expect(deathOutcome).toBe(lifetime === "shared" ? "lost" : "failed")
    }
  )
})
