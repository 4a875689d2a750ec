import * as z from "zod"

// The host's configuration: file, flags and SIGNALBOX_* are merged to one plain value in the app and validated once here.

const milliseconds = (standard: number) => z.int().min(1).default(standard)
const bytes = (standard: number) => z.int().min(1024).default(standard)

/** Limits of a runner and of the way to it. All times in milliseconds, all sizes in bytes. */
export const RunnerConfig = z.strictObject({
  /** Runs that one runner carries at once. */
  permits: z.int().min(1).default(64),
  /** Runners per agent; they are started one by one as the permits of the others run out. */
  runners: z.int().min(1).max(64).default(1),
  /** Runs that may wait for a permit; one more is refused with `queue_full`. */
  waiting: z.int().min(0).default(10_000),
  /** How long a run waits for a permit. */
  wait_ms: milliseconds(600_000),
  /** Bytes that may wait for a runner which does not read its stdin. */
  write_queue_bytes: bytes(32 * 1024 * 1024),
  /**
   * How long one write may make no progress before the runner is declared stuck; until it has read or said a first word
   * it may take `hello_ms` where that is more.
   */
  write_deadline_ms: milliseconds(10_000),
  /** After a cancel that the runner acknowledged to understand: how long its `end` may take. */
  cancel_grace_ms: milliseconds(10_000),
  /** Staged stop: after stdin was closed, and again after SIGTERM. */
  stop_grace_ms: milliseconds(5_000),
  term_grace_ms: milliseconds(5_000),
  /** After exit: how long something else may hold the pipes. */
  drain_ms: milliseconds(2_000),
  /** The longest line. */
  frame_bytes: bytes(16 * 1024 * 1024),
  /** Plain stderr that is kept as evidence. */
  stderr_bytes: bytes(64 * 1024),
  /** Require `hello` within the time below. */
  require_hello: z.boolean().default(false),
  hello_ms: milliseconds(10_000),
  /** More malformed lines than `count` in `period_ms` make a runner unhealthy: it gets no new run and is replaced. */
  stray_count: z.int().min(1).default(50),
  stray_period_ms: milliseconds(10_000)
})
export type RunnerConfig = z.infer<typeof RunnerConfig>

/** Restarting: exponential backoff with jitter, and a breaker that opens when a runner dies too often. */
export const RestartConfig = z
  .strictObject({
    backoff_min_ms: milliseconds(200),
    backoff_max_ms: milliseconds(30_000),
    breaker_deaths: z.int().min(1).default(5),
    breaker_period_ms: milliseconds(60_000),
    breaker_open_ms: milliseconds(30_000)
  })
  .refine((restart) => restart.backoff_max_ms >= restart.backoff_min_ms, {
    path: ["backoff_max_ms"],
    message: "must not be less than backoff_min_ms",
    // Also beside other problems, so that one validation lists all of them.
    when: ({ value }) => hasNumbers(value, ["backoff_min_ms", "backoff_max_ms"])
  })
export type RestartConfig = z.infer<typeof RestartConfig>

/** What a reader may have unread in memory before it reads from the journal instead. */
export const WindowConfig = z.strictObject({
  records: z.int().min(1).default(1024),
  bytes: bytes(1024 * 1024)
})
export type WindowConfig = z.infer<typeof WindowConfig>

export const RunDefaults = z.strictObject({
  run_ms: z.int().min(1).optional(),
  idle_ms: z.int().min(1).optional(),
  first_output_ms: z.int().min(1).optional()
})
export type RunDefaults = z.infer<typeof RunDefaults>

export const HostConfig = z.strictObject({
  runner: RunnerConfig.prefault({}),
  restart: RestartConfig.prefault({}),
  window: WindowConfig.prefault({}),
  run: RunDefaults.prefault({}),
  /** Where traces are kept; created private (0700). */
  data_folder: z.string().min(1)
})
export type HostConfig = z.infer<typeof HostConfig>

/** Validates a merged configuration. Every problem is listed, each with its path. */
export function decodeHostConfig(
  value: unknown
):
  | { readonly ok: true; readonly value: HostConfig }
  | { readonly ok: false; readonly problems: ReadonlyArray<string> } {
  const result = HostConfig.safeParse(value)
  if (result.success) return { ok: true, value: result.data }
  return { ok: false, problems: result.error.issues.flatMap(problemsOf) }
}

function problemsOf(issue: z.core.$ZodIssue): ReadonlyArray<string> {
  if (issue.code !== "unrecognized_keys") return [`${pathOf(issue.path)}: ${issue.message}`]
  return issue.keys.map(
    (key) => `${pathOf([...issue.path, key])}: there is no such setting; remove it or correct its name`
  )
}

function pathOf(path: ReadonlyArray<PropertyKey>): string {
  return path.map(String).join(".") || "(top)"
}

function hasNumbers(value: unknown, keys: ReadonlyArray<string>): boolean {
  if (typeof value !== "object" || value === null) return false
  const fields = value as Readonly<Record<string, unknown>>
  return keys.every((key) => typeof fields[key] === "number")
}
