import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { needs, temporaryFolder } from "@signalbox/proof"
import { expect } from "vitest"

const it = needs("git")
const playbook = readFileSync(new URL("../playbooks/release-check.md", import.meta.url), "utf8")
const script = [...playbook.matchAll(/^```sh\n(.*?)^```$/gms)].map((block) => block[1]).join("")

/** A checkout with one commit of these files; a folder with none when there are none. */
function checkout(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder()
  const run = (...args: ReadonlyArray<string>) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], { cwd: folder })
  run("init", "--quiet", "--initial-branch=main")
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  run("add", "--all")
  if (Object.keys(files).length > 0) run("commit", "--quiet", "--message=first")
  return folder
}

function check(cwd: string) {
  const { stdout, stderr, status } = spawnSync("sh", ["-eu"], {
    cwd,
    input: script,
    encoding: "utf8",
    env: { ...process.env, PACE: "0", GIT_CEILING_DIRECTORIES: tmpdir() }
  })
  return { lines: stdout.split("\n"), stderr, status }
}

it("calls a clean checkout ready, and counts its lines by kind, from any of its folders", () => {
  const folder = checkout({ "a.ts": "1\n2\n", "deep/b c.ts": "3\n", "read.me": "no\n", Makefile: "all:\n" })
  const { lines, stderr, status } = check(join(folder, "deep"))
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 })
  expect(lines).toContain("The working copy is clean.")
  expect(lines).toContain("       2 .ts                3 lines")
  expect(lines).toContain("VERDICT: ready to release. Files: 4.")
})

it("fails on merge-conflict markers", () => {
  const folder = checkout({ "a b.txt": `one\n${"<".repeat(7)} HEAD\ntwo\n` })
  const { lines, status } = check(folder)
  expect(status).toBe(1)
  expect(lines).toContain("a b.txt")
  expect(lines).toContain("VERDICT: not ready. Blockers: 1, warnings: 0, files: 1.")
})

it("warns of big files and of what is not committed", () => {
  const folder = checkout({ "big.bin": "x".repeat(2 * 1024 * 1024) })
  writeFileSync(join(folder, "new"), "")
  const { lines, status } = check(folder)
  expect(status).toBe(0)
  expect(lines).toContain("Big: big.bin, 2048 KiB")
  expect(lines).toContain("1 paths differ from the last commit:")
  expect(lines).toContain("VERDICT: ready after a look at the warnings. Warnings: 2, files: 1.")
})

it("says that there is nothing to release before the first commit", () => {
  const { lines, stderr, status } = check(checkout({}))
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 })
  expect(lines).toContain("VERDICT: nothing to release, there is no commit yet.")
})

it("stops with git's own sentence outside of a checkout", () => {
  const { stderr, status } = check(temporaryFolder())
  expect(status).toBe(1)
  expect(stderr).toContain("not a git repository")
})
