import { spawnSync } from "node:child_process"
import { it } from "vitest"

// A test whose program is missing is skipped and named in the last lines of the run; where SIGNALBOX_REQUIRE names the
// program (or `all`), it fails instead.

const required = (process.env["SIGNALBOX_REQUIRE"] ?? "").split(",").map((name) => name.trim())

/** `it` for a test that needs a program: `needs("python3")("runs the example", ...)`. */
export function needs(program: string): typeof it | typeof it.skip {
  if (isInstalled(program)) return it
  if (required.includes(program) || required.includes("all")) return missing(program)
  const skipping = (title: string) => it.skip(`${title} (skipped: needs ${program})`)
  return skipping as unknown as typeof it.skip
}

function missing(program: string): typeof it {
  const failing = (title: string) =>
    it(title, () => {
      throw new Error(`${program} is not installed, and SIGNALBOX_REQUIRE demands it`)
    })
  return failing as unknown as typeof it
}

function isInstalled(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined
}
