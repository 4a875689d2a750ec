// The TypeScript SDK of the Agent Client Protocol as its users write it: a client that hears `session/update`.
import { Readable, Writable } from "node:stream"
import { client, methods, ndJsonStream } from "@agentclientprotocol/sdk"
import { idOfRun, type MuxOrder } from "../flood-order.ts"
import { orderOf, report } from "../measure-in-process.ts"
import { giveRuns, leave, startChild } from "./flooding-child.ts"
import { makeMeter, type Marked } from "./meter.ts"

const order = orderOf<MuxOrder>()
const meter = makeMeter(order)
const child = startChild(order)
giveRuns(child, order)
const nothingToSay = new Writable({ write: (_chunk, _encoding, done) => done() })
const stream = ndJsonStream(Writable.toWeb(nothingToSay), Readable.toWeb(child.stdout) as ReadableStream<Uint8Array>)
client({ name: "bench" })
  .onNotification(methods.client.session.update, ({ params }) => {
    meter.hear(idOfRun(Number(params.sessionId)), (params.update._meta ?? {}) as Marked)
  })
  .connect(stream)
const result = await meter.finished
await leave(child)
meter.judge()
await report(result)
