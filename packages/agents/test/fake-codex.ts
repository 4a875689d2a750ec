import type { HostFrame } from "@signalbox/protocol"
import { codexAgent } from "@signalbox/agents"
import { type Heard, startDialect } from "./heard.ts"

// The far side of the Codex dialect, by hand: for what a real Codex cannot be made to do on demand.

interface Asked {
  readonly id?: number
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: unknown
  readonly error?: { readonly code: number }
}

export interface FakeCodex extends Heard {
  readonly host: (frame: HostFrame) => void
  readonly run: (id: string, params?: Readonly<Record<string, unknown>>) => void
  readonly cancel: (id: string) => void
  /** All that the dialect wrote so far. */
  readonly asked: () => ReadonlyArray<Asked>
  readonly methods: () => ReadonlyArray<string>
  /** Answers the latest request of that method. */
  readonly answer: (method: string, result: unknown) => void
  readonly refuse: (method: string, message: string) => void
  readonly tell: (method: string, params: object) => void
  readonly line: (line: string) => void
  /** Answers initialize. */
  readonly ready: () => void
  /** Takes a run up to its turn's start, on the thread `t-ID` with the turn `u-ID`. */
  readonly turnOf: (id: string) => void
  readonly complete: (id: string, status: string, error?: object) => void
}

export function fakeCodex(): FakeCodex {
  const dialect = codexAgent.dialect()
  const heard = startDialect(dialect)
  const line = (text: string) => dialect.stdout(text, heard.sink)
  const say = (message: object) => line(JSON.stringify(message))
  const asked = () => heard.written.map((text) => JSON.parse(text) as Asked)
  const idOf = (method: string) => asked().findLast((message) => message.method === method)?.id
  const host = (frame: HostFrame) => dialect.encode(frame, heard.sink)
  const answer = (method: string, result: unknown) => say({ id: idOf(method), result })
  const tell = (method: string, params: object) => say({ method, params })
  return {
    ...heard,
    host,
    run: (id, params = {}) => host({ type: "run", id, params: { prompt: "hi", ...params } }),
    cancel: (id) => host({ type: "cancel", id }),
    asked,
    methods: () => asked().flatMap(({ method }) => (method === undefined ? [] : [method])),
    answer,
    refuse: (method, message) => say({ id: idOf(method), error: { code: -32600, message } }),
    tell,
    line,
    ready: () => answer("initialize", { userAgent: "signalbox/1.2.3 (any)" }),
    turnOf: (id) => {
      answer("thread/start", { thread: { id: `t-${id}` } })
      answer("turn/start", { turn: { id: `u-${id}` } })
      tell("turn/started", { threadId: `t-${id}`, turn: { id: `u-${id}` } })
    },
    complete: (id, status, error) =>
      tell("turn/completed", { threadId: `t-${id}`, turn: { id: `u-${id}`, status, error: error ?? null } })
  }
}
