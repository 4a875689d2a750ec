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
import { type ModelStub, startModelStub } from "./model-stub.ts"

// What the real Codex of the agent tier needs around it: a private home, a model stub on loopback as its only model,
// and the program that `pnpm test:agents` brought.

const cached = fileURLToPath(
  new URL("../../../../.cache/agents/node_modules/@openai/codex/bin/codex.js", import.meta.url)
)

export interface CodexHome {
  /** The private folder of everything here. It stands in the environment, so what Codex leaves behind is found by it. */
  readonly root: string
  /** The folder in which runs work. */
  readonly work: string
  readonly temporary: string
  readonly stub: ModelStub
  /** All that Codex gets to know of the machine. */
  readonly environment: Readonly<Record<string, string>>
  /** What an app tells an agent that is to be launched. */
  readonly launch: {
    readonly nodePath: string
    readonly playbookEntry: undefined
    readonly find: (path: string) => string | undefined
    readonly settings: { readonly codexPath: string }
  }
  /** Ends the stub and removes the folders; Codex is gone by then. */
  readonly close: () => Promise<void>
}

/** Whoever opens the home closes it. */
export async function openCodexHome(): Promise<CodexHome> {
  if (findProgram(cached) === undefined) throw new Error("Codex is not here. Run `pnpm test:agents`, which brings it.")
  const root = realpathSync(mkdtempSync(join(tmpdir(), "signalbox-codex-")))
  const work = join(root, "work")
  const temporary = join(root, "tmp")
  const codexHome = join(root, "home", "codex")
  for (const folder of [codexHome, temporary, work]) mkdirSync(folder, { recursive: true })
  const stub = await startModelStub()
  writeFileSync(join(codexHome, "config.toml"), configFor(stub.port))
  return {
    root,
    work,
    temporary,
    stub,
    environment: {
      PATH: process.env["PATH"] ?? "",
      HOME: join(root, "home"),
      CODEX_HOME: codexHome,
      TMPDIR: temporary,
      SHELL: "/bin/bash",
      LANG: "C.UTF-8",
      TERM: "dumb",
      STUB_API_KEY: "dummy"
    },
    launch: {
      nodePath: process.execPath,
      playbookEntry: undefined,
      find: findProgram,
      settings: { codexPath: cached }
    },
    close: async () => {
      await stub.close()
      rmSync(root, { recursive: true, force: true, maxRetries: 5 })
    }
  }
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
