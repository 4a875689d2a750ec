// `npm run demo`: sets up, carries out the demo playbook with `signalbox run`, and shows the records of a second run.
// Everything it writes is in .cache/demo, which the next demo empties.
import { spawnSync } from "node:child_process"
import { existsSync, rmSync } from "node:fs"
import { join } from "node:path"
import { inProject, root, setUp, step } from "./toolchain.mjs"

const folder = join(root, ".cache", "demo")
const signalbox = join(root, "apps", "cli", "bin", "signalbox.js")
const playbook = "examples/playbooks/release-check.md"

setUp()
rmSync(folder, { recursive: true, force: true })
step("demo", `signalbox run --prompt-file ${playbook}`)
run(["--prompt-file", playbook], "inherit")
const records = showRecords()
console.log(`
What happened: signalbox ran the shell blocks of ${playbook} under supervision, and kept every record.
Where it is:   the trace files in .cache/demo/runs, one JSON record a line${records}.
Try next:      node_modules/.bin/node apps/cli/bin/signalbox.js run -- npm --version   (or: doctor, agents, run --help)`)

/** A runner of another language, and what a program sees of it. */
function showRecords() {
  const python = spawnSync("python3", ["--version"], { stdio: "ignore" })
  if (python.error !== undefined || python.status !== 0) return ""
  const args = ["--json", "--runner", "python3 examples/python/runner.py", "Two runs. One trace each."]
  step("demo", 'signalbox run --json --runner "python3 examples/python/runner.py" "Two runs. One trace each."')
  const lines = run(args, "pipe").trimEnd().split("\n")
  for (const line of [...lines.slice(0, 3), undefined, ...lines.slice(-2)]) {
    console.log(line === undefined ? `   ... ${Math.max(0, lines.length - 5)} more records ...` : shortened(line))
  }
  return `; ${lines.length} of them just now`
}

function shortened(line) {
  return line.length <= 160 ? line : `${line.slice(0, 159)}…`
}

/** Runs `signalbox run` with the project's Node and leaves with its exit code when that is not 0. */
function run(args, stdout) {
  const done = inProject("node", [signalbox, "run", "--data", folder, ...args], {
    stdio: ["ignore", stdout, "inherit"],
    encoding: "utf8",
    extraEnv: { XDG_CACHE_HOME: join(folder, "cache") }
  })
  if (done.status === 0) return done.stdout ?? ""
  console.error(`demo: signalbox run ended with ${done.status ?? done.signal}; what it said is above.`)
  if (!existsSync(join(root, ".git"))) console.error("demo: the playbook looks at a git checkout, and this is none.")
  process.exit(done.status ?? 1)
}
