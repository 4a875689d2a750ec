import { type Launch, type LaunchContext, launchable, unavailable } from "../agent.ts"

// Which program is Codex. npm installs a launcher in JavaScript that starts the real program: killed, it leaves Codex
// and its shells behind. So the real program is looked for beside it and started directly.

const targets = [
  ["linux-x64", "x86_64-unknown-linux-musl"],
  ["linux-arm64", "aarch64-unknown-linux-musl"],
  ["darwin-x64", "x86_64-apple-darwin"],
  ["darwin-arm64", "aarch64-apple-darwin"]
] as const

const launcher = /^(.*)\/@openai\/codex\/bin\/codex\.js$/

export function launchCodex(context: LaunchContext): Launch {
  const set = context.settings["codexPath"]
  const found = context.find(set ?? "codex")
  if (found === undefined) {
    return set === undefined
      ? unavailable("codex is not installed: there is no `codex` in PATH", installRemedy)
      : unavailable(`codexPath names ${JSON.stringify(set)}, where no program is`, settingRemedy)
  }
  return launchable({ file: nativeProgram(context, found) ?? found, args: ["app-server"] })
}

const installRemedy = "Install it with `npm install -g @openai/codex`, or set codexPath to the program."
const settingRemedy = "Correct the setting, or take it away to use the `codex` of PATH."

/** npm puts the platform's package beside the launcher's package or into it. */
function nativeProgram({ find }: LaunchContext, found: string): string | undefined {
  const modules = launcher.exec(found)?.[1]
  if (modules === undefined) return undefined
  for (const folder of [modules, `${modules}/@openai/codex/node_modules`]) {
    for (const [platform, triple] of targets) {
      const native = find(`${folder}/@openai/codex-${platform}/vendor/${triple}/bin/codex`)
      if (native !== undefined) return native
    }
  }
  return undefined
}
