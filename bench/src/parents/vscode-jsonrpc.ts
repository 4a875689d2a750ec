// vscode-jsonrpc as its users write it: a message connection with a handler for one notification.
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-jsonrpc/node"
import type { MuxOrder } from "../flood-order.ts"
import { orderOf, report } from "../measure-in-process.ts"
import { giveRuns, leave, startChild } from "./flooding-child.ts"
import { makeMeter, type Marked } from "./meter.ts"

const order = orderOf<MuxOrder>()
const meter = makeMeter(order)
const child = startChild(order)
const connection = createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin))
connection.onNotification("event", (params: { readonly id: string; readonly event: Marked }) =>
  meter.hear(params.id, params.event)
)
connection.listen()
giveRuns(child, order)
const result = await meter.finished
await leave(child)
connection.dispose()
meter.judge()
await report(result)
