import {
  errorCodes,
  Fault,
  HostFrame,
  KnownEvent,
  RunRequest,
  StderrFrame,
  StdoutFrame,
  TraceRecord
} from "../src/index.ts"
import { HostConfig } from "../src/config.ts"

// The JSON Schemas for other languages, made from the zod schemas. Their names are the names of the fixtures too.

/** Any zod schema: its own method writes the JSON Schema, and safeParse lets tests hold the two against each other. */
interface JsonSchemaSource {
  toJSONSchema(settings: { target: "draft-2020-12"; io: "input" }): { $schema?: string | undefined }
  safeParse(value: unknown): { success: boolean; error?: { issues: ReadonlyArray<Issue> } | undefined }
}

/** What of a zod issue says which field is to blame. */
interface Issue {
  readonly code?: string | undefined
  readonly path: ReadonlyArray<PropertyKey>
  readonly note?: string | undefined
  readonly keys?: ReadonlyArray<string>
}

interface Source {
  readonly schema: JsonSchemaSource
  readonly title: string
  readonly description: string
  /** Annotations that JSON Schema itself does not know. */
  readonly extra?: Readonly<Record<string, unknown>>
}

export const sources: Readonly<Record<string, Source>> = {
  "host-frame": {
    schema: HostFrame,
    title: "Host frame",
    description: "One line from the host on a runner's stdin. A runner ignores types that it does not know."
  },
  "stdout-frame": {
    schema: StdoutFrame,
    title: "Stdout frame",
    description:
      "One line from a runner on its stdout. Unknown fields pass; a line that does not fit is counted and kept."
  },
  "stderr-frame": {
    schema: StderrFrame,
    title: "Stderr frame",
    description:
      "One structured line from a runner on its stderr. Any other line there is plain text, kept as evidence."
  },
  "run-request": {
    schema: RunRequest,
    title: "Run request",
    description: "What a caller asks a host for. Unknown fields are refused."
  },
  "run-event": {
    schema: KnownEvent,
    title: "Run event",
    description:
      "The events that Signalbox understands. On the wire any object with a string `type` is an event and passes."
  },
  "trace-record": {
    schema: TraceRecord,
    title: "Trace record",
    description:
      "One record of a run's trace: `seq` is 1, 2, 3 ... without a hole, first `started`, last and once `ended`."
  },
  "host-config": {
    schema: HostConfig,
    title: "Host configuration",
    description:
      "The merged configuration of a host. `restart.backoff_max_ms` must not be less than `restart.backoff_min_ms`."
  },
  errors: {
    schema: Fault,
    title: "Error",
    description: "An error on any wire. `x-codes` says what each code means at each door; the set is closed.",
    extra: { "x-codes": errorCodes }
  }
}

/** File name to file content. */
export function renderSchemas(): ReadonlyMap<string, string> {
  return new Map(Object.entries(sources).map(([name, source]) => [`${name}.json`, render(name, source)]))
}

function render(name: string, { schema, title, description, extra }: Source): string {
  const { $schema, ...rest } = schema.toJSONSchema({ target: "draft-2020-12", io: "input" })
  const document = { $schema, $id: `urn:signalbox:schema:${name}`, title, description, ...rest, ...extra }
  return `${JSON.stringify(document, undefined, 2)}\n`
}
