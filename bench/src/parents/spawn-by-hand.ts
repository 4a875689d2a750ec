// The smallest program, spawned by hand, until it has exited and its pipes are closed.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { orderOf, report } from "../measure-in-process.ts"
import type { SpawnOrder } from "../start-order.ts"
import { repeat } from "./repeat.ts"

const order = orderOf<SpawnOrder>()

async function one(): Promise<void> {
  const child = spawn("sh", ["-c", ":"], { stdio: "pipe" })
  child.stdout.resume()
  child.stderr.resume()
  await once(child, "close")
}

await report({ ms: await repeat(order.times, () => Promise.all(Array.from({ length: order.atOnce }, one))) })
