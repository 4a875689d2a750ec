import { statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "@signalbox/proof"
import { describe, expect, it } from "vitest"
import { makeFolder } from "../src/lib/MakeFolder.ts"

describe("making the folder of the journal", () => {
  it("makes every missing folder, private to the user, and takes one that is there", () => {
    const path = join(temporaryFolder(), "a", "b", "c")
    makeFolder(path)
    makeFolder(path)
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700)
  })

  it("takes a link to a folder as a folder", () => {
    const folder = temporaryFolder()
    symlinkSync(folder, join(folder, "link"))
    makeFolder(join(folder, "link", "inside"))
    expect(statSync(join(folder, "inside")).isDirectory()).toBe(true)
  })

  it("fails where a file is in the way", () => {
    const file = join(temporaryFolder(), "file")
    writeFileSync(file, "")
    expect(() => makeFolder(file)).toThrow("EEXIST")
    expect(() => makeFolder(join(file, "inside"))).toThrow("ENOTDIR")
  })

  it("fails, and returns, where the system keeps a folder from having children", () => {
    expect(() => makeFolder("/proc/signalbox/nowhere")).toThrow("ENOENT")
  })
})
