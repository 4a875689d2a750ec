// Guard "schema": the committed JSON Schemas are what the protocol's zod schemas say. The generator belongs to the
// protocol package; this calls it with --check, or to write.
import { spawnSync } from "node:child_process"
import { globSync } from "node:fs"
import { join } from "node:path"
import { type Finding, main, type Settings } from "./guard.ts"

const folder = "packages/protocol"

export function checkSchema(root: string, settings: Settings): ReadonlyArray<Finding> {
  const [generator] = globSync(`${folder}/scripts/*schema*.ts`, { cwd: root })
  if (generator === undefined) {
    const mend = "write it; with --check it compares instead of writing"
    return [{ where: `${folder}/scripts`, what: "no generator of JSON Schemas (a file with schema in its name)", mend }]
  }
  const args = [join(root, generator), ...(settings.write ? [] : ["--check"])]
  const done = spawnSync(process.execPath, args, { cwd: join(root, folder), encoding: "utf8" })
  const schemas = globSync(`${folder}/schema/*.json`, { cwd: root })
  if (done.status === 0 && schemas.length > 0) return []
  const what = schemas.length === 0 ? "it wrote no schema" : `it says:\n${done.stdout}${done.stderr}`.trim()
  return [{ where: generator, what, mend: "run `npm run check -- schema --write` and read the difference" }]
}

await main(import.meta.url, checkSchema)
