// Small projects made for one test: the guards are shown red on them.
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { temporaryFolder } from "../../packages/proof/src/index.ts"
import type { Finding } from "../guard.ts"
import { projectEnvironment } from "../toolchain.mjs"
import { projectRoot } from "../workspace.ts"

export type Files = Readonly<Record<string, string | object>>

/** A folder with these files; an object becomes JSON. It is removed after the test. */
export function project(files: Files): string {
  const root = temporaryFolder()
  addFiles(root, files)
  return root
}

export function addFiles(root: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), typeof content === "string" ? content : JSON.stringify(content))
  }
}

/** Copies files of this repository into the made project. */
export function borrow(root: string, ...paths: ReadonlyArray<string>): void {
  for (const path of paths) cpSync(join(projectRoot, path), join(root, path), { recursive: true })
}

/** Each finding as one line: where, and what. */
export function lines(findings: ReadonlyArray<Finding>): ReadonlyArray<string> {
  return findings.map((finding) => `${finding.where}: ${finding.what}`)
}

/** Runs a program of the project in a folder; its output without colours. */
export function run(cwd: string, command: ReadonlyArray<string>, extra: Readonly<Record<string, string>> = {}) {
  const [program = "", ...args] = command
  const env = { ...projectEnvironment(), NO_COLOR: "1", FORCE_COLOR: "0", ...extra }
  const done = spawnSync(program, args, { cwd, encoding: "utf8", env })
  return { code: done.status, output: `${done.stdout}${done.stderr}` }
}
