// `pnpm test:agents`: brings the pinned agent programs through npm into .cache/agents (never into the lockfile) and
// tests against them, with a model stub on loopback. A program that cannot be had is skipped and named, unless
// SIGNALBOX_REQUIRE names it (or `all`).
import { spawn } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { inProject, root, step } from "./toolchain.mjs"

const folder = join(root, ".cache", "agents")
const agents = [{ name: "codex", package: "@openai/codex", version: "0.169.0", tests: "codex.agent.test.ts" }]
const required = (process.env.SIGNALBOX_REQUIRE ?? "").split(",").map((name) => name.trim())

if (!existsSync(join(root, "node_modules", ".bin", "vitest"))) {
  console.error("signalbox: the packages are not installed. Run `npm run setup` first, then this again.")
  process.exit(1)
}
const ready = []
let missing = false
for (const agent of agents) {
  const problem = await bring(agent)
  if (problem === undefined) ready.push(agent)
  else missing = skip(agent, problem) || missing
}
let status = 0
if (ready.length > 0) {
  step("test", `vitest runs ${ready.map(({ tests }) => tests).join(", ")}`)
  const files = [...ready.map(({ tests }) => tests), ...process.argv.slice(2)]
  status = inProject("vitest", ["run", "--config", "vitest.agents.config.ts", ...files]).status ?? 1
}
process.exit(missing ? 1 : status)

/** Installs one agent. Answers what went wrong, or undefined. */
async function bring(agent) {
  const wanted = `${agent.package}@${agent.version}`
  if (installedVersion(agent) === agent.version) {
    step(agent.name, `${wanted} is in .cache/agents`)
    return undefined
  }
  step(agent.name, `npm brings ${wanted} into .cache/agents (some hundred MB, 5 s to some minutes)`)
  mkdirSync(folder, { recursive: true })
  // npm notes here what it installed, so that the next agent does not push this one out.
  const manifest = join(folder, "package.json")
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }\n')
  return install(agent.name, wanted)
}

function installedVersion(agent) {
  try {
    return JSON.parse(readFileSync(join(folder, "node_modules", agent.package, "package.json"), "utf8")).version
  } catch {
    return undefined
  }
}

function install(name, wanted) {
  const flags = ["--ignore-scripts", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"]
  const started = Date.now()
  return new Promise((resolve) => {
    const npm = spawn("npm", ["install", ...flags, "--prefix", folder, wanted], { stdio: "inherit" })
    const seconds = () => Math.round((Date.now() - started) / 1000)
    const progress = setInterval(() => step(name, `npm is still at work (${seconds()} s)`), 10_000)
    npm.on("error", (error) => {
      clearInterval(progress)
      resolve(`npm could not be started: ${error.message}`)
    })
    npm.on("close", (code) => {
      clearInterval(progress)
      resolve(code === 0 ? undefined : `npm could not install ${wanted}; its words are above`)
    })
  })
}

/** True when the skip is a failure. */
function skip(agent, problem) {
  const fails = required.includes(agent.name) || required.includes("all")
  console.error(`skipped: ${agent.name} (${problem})${fails ? ", and SIGNALBOX_REQUIRE demands it" : ""}`)
  return fails
}
