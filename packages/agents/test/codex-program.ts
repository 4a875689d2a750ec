import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Command } from "@signalbox/machine"
import { codexAgent } from "@signalbox/agents"
import { driveAgent, type DrivenAgent } from "./driven-agent.ts"
import { type ModelStub, startModelStub } from "./model-stub.ts"

// The pinned Codex of the agent tier, in a private home, with the model stub as its only model.

const cached = fileURLToPath(new URL("../../../.cache/agents/node_modules/@openai/codex/bin/codex.js", import.meta.url))

export interface CodexHouse {
  readonly codex: DrivenAgent
  readonly root: string
  readonly work: string
  readonly stub: ModelStub
  /** Ends Codex and the stub and removes the folders. */
  readonly close: () => Promise<void>
}

/** Starts Codex. Whoever opens the house closes it. */
export async function openCodexHouse(): Promise<CodexHouse> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "signalbox-codex-")))
  const home = join(root, "home")
  const work = join(root, "work")
  for (const folder of [join(home, "codex"), join(root, "tmp"), work]) mkdirSync(folder, { recursive: true })
  const stub = await startModelStub()
  writeFileSync(join(home, "codex", "config.toml"), configFor(stub.port))
  const command = { ...launchCommand(), cwd: work, env: environmentIn(root) }
  const codex = driveAgent(command, codexAgent.dialect())
  const close = async () => {
    await codex.stop()
    await stub.close()
    rmSync(root, { recursive: true, force: true, maxRetries: 5 })
  }
  return { codex, root, work, stub, close }
}

function launchCommand(): Command {
  const launch = codexAgent.launch({
    nodePath: process.execPath,
    playbookEntry: undefined,
    find: findProgram,
    settings: { codexPath: cached }
  })
  if (!launch.ok) throw new Error(`${launch.fault.message}. Run \`pnpm test:agents\`, which brings it.`)
  return launch.command
}

function findProgram(path: string): string | undefined {
  try {
    if (!existsSync(path) || !statSync(path).isFile()) return undefined
    accessSync(path, constants.X_OK)
    return realpathSync(path)
  } catch {
    return undefined
  }
}

function environmentIn(root: string): Record<string, string> {
  const home = join(root, "home")
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    CODEX_HOME: join(home, "codex"),
    TMPDIR: join(root, "tmp"),
    SHELL: "/bin/bash",
    LANG: "C.UTF-8",
    TERM: "dumb",
    STUB_API_KEY: "dummy"
  }
}

function configFor(port: number): string {
  return `model = "stub-model"
model_provider = "stub"
check_for_update_on_startup = false
[model_providers.stub]
name = "stub"
base_url = "http://127.0.0.1:${port}/v1"
env_key = "STUB_API_KEY"
wire_api = "responses"
request_max_retries = 1
stream_max_retries = 1
stream_idle_timeout_ms = 15000
[analytics]
enabled = false
[feedback]
enabled = false
`
}
