// Brings pnpm and Node 24 through npm, installs and builds. Plain JavaScript: it must run on the Node that the machine has.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pnpmVersion = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager.split("@")[1]
const pnpmFolder = join(root, ".tools", `pnpm-${pnpmVersion}`)
const pnpm = join(pnpmFolder, "node_modules", ".bin", "pnpm")
const installStamp = join(root, "node_modules", ".signalbox-installed")

/**
 * Sets everything up: pnpm, the packages with Node 24, the build. Each step is skipped when it is already done; a caller
 * that builds by itself leaves the build out.
 */
export function setUp({ build = true } = {}) {
  refuseOldNode()
  bringPnpm()
  installPackages()
  if (!build) return
  step("build", "turbo builds every package and app (cached when nothing changed)")
  run(pnpm, ["exec", "turbo", "run", "build", "--output-logs=errors-only"])
}

/** Runs a command of the project with Node 24 and the project's programs first on the PATH; waits for its end. */
export function inProject(command, args, { extraEnv = {}, ...options } = {}) {
  return spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...projectEnvironment(), ...extraEnv },
    ...options
  })
}

export function step(name, text) {
  console.error(`\u2014 ${name}: ${text}`)
}

function refuseOldNode() {
  const major = Number(process.versions.node.split(".")[0])
  if (major >= 20) return
  console.error(
    `signalbox: setting up needs Node 20 or newer, this is ${process.version}. Install a newer Node and try again.`
  )
  process.exit(1)
}

function bringPnpm() {
  if (existsSync(pnpm)) return
  step("pnpm", `npm brings pnpm ${pnpmVersion} into .tools/ (about 5 s)`)
  mkdirSync(pnpmFolder, { recursive: true })
  writeFileSync(join(pnpmFolder, "package.json"), '{ "private": true }\n')
  const flags = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts=false"]
  run("npm", ["install", ...flags, "--prefix", pnpmFolder, `pnpm@${pnpmVersion}`])
}

function installPackages() {
  const wanted = fingerprint(["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"])
  if (existsSync(installStamp) && readFileSync(installStamp, "utf8") === wanted) return
  step("install", "pnpm installs the packages and Node 24 from the lockfile (the first time 20 to 60 s)")
  run(pnpm, ["install", "--frozen-lockfile", "--reporter=append-only"])
  writeFileSync(installStamp, wanted)
}

function fingerprint(files) {
  const hash = createHash("sha256")
  for (const file of files) hash.update(readFileSync(join(root, file)))
  return hash.digest("hex")
}

function run(command, args) {
  const done = inProject(command, args)
  if (done.error) fail(`${command} could not be started: ${done.error.message}`)
  if (done.status !== 0)
    fail(`${command} ${args.join(" ")} ended with ${done.status ?? done.signal}; its output is above.`)
}

function fail(sentence) {
  console.error(`signalbox set-up: ${sentence}`)
  process.exit(1)
}

/** pnpm's own folder comes after node_modules/.bin, so that scripts run on the project's Node 24. */
export function projectEnvironment() {
  const bins = [join(root, "node_modules", ".bin"), dirname(pnpm)]
  return {
    TURBO_TELEMETRY_DISABLED: "1",
    ...process.env,
    PATH: `${bins.join(delimiter)}${delimiter}${process.env.PATH}`
  }
}
