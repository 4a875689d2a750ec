import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { isAlive, until } from "@signalbox/proof"
import { onTestFinished } from "vitest"
import { findHunted } from "../src/lib/Sweep.ts"

describe("a hunt for processes", () => {
  it("finds a cookie wherever it stands in the environment, and no name that only ends like it [W0-15]", async () => {
    const token = `token-${randomUUID()}`
    const mine = await sleeper({ MY_SIGNALBOX_RUNNER: "x", SIGNALBOX_RUNNER: `outer.1.:${token}.7.` })
    await sleeper({ MY_SIGNALBOX_RUNNER: `${token}.7.`, SIGNALBOX_RUNNER: "other.1." })
    const found = findHunted({ groups: new Map(), cookie: `${token}.7.` }).map(({ pid }) => pid)
    assert.deepStrictEqual(found, [mine.pid])
  })
})

/** A process with exactly these variables, in this order; it ends with the test, which sees that it is gone. */
async function sleeper(
  environment: Readonly<Record<string, string>>
): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn("/bin/sleep", ["600"], { env: environment, stdio: "ignore", detached: true })
  await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject))
  const { pid } = child
  if (pid === undefined) throw new Error("there is no pid")
  onTestFinished(async () => {
    child.kill("SIGKILL")
    await until("the sleeper is gone", () => !isAlive(pid))
  })
  return Object.assign(child, { pid })
}
