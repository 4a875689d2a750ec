// Each fault of the tiny runner, the rule that the suite has to report for it, and the other rules that may break with it.
// No other rule may be blamed.

export interface Mutant {
  readonly fault: string
  readonly breaks: string
  readonly mayAlsoBreak: ReadonlyArray<string>
  /** How the bytes happen to arrive decides whether it can do even an ordinary run. */
  readonly spoilsOrdinary: boolean
}

const mutant = (fault: string, breaks: number, ...others: ReadonlyArray<number>): Mutant => ({
  fault,
  breaks: `STDIO-${breaks}`,
  mayAlsoBreak: others.map((other) => `STDIO-${other}`),
  spoilsOrdinary: false
})

/** Who takes chunks for lines loses whatever came in one chunk with something else. */
const ofChunks = [5, 8, 9, 19, 23, 24, 26, 27, 28, 29, 31, 32, 33, 34, 36, 38]

export const mutants: ReadonlyArray<Mutant> = [
  mutant("pretty-printed", 1, 10, 19),
  mutant("unterminated-end", 1, 19),
  mutant("latin-1", 2, 10, 21),
  mutant("byte-order-mark", 2),
  mutant("crlf", 3),
  mutant("huge-line", 4),
  mutant("torn-lines", 5, 1, 10, 38),
  mutant("unicode-line-ends", 6),
  { ...mutant("chunk-is-a-line", 7, ...ofChunks), spoilsOrdinary: true },
  { ...mutant("only-first-line", 7, ...ofChunks), spoilsOrdinary: true },
  mutant("dies-of-noise", 8, 38),
  mutant("answers-noise", 8, 21),
  mutant("strict", 9),
  mutant("log-on-stdout", 10),
  mutant("late-hello", 12),
  mutant("hello-twice", 12),
  mutant("protocol-two", 13),
  mutant("protocol-text", 13),
  mutant("waits-for-hello", 14),
  mutant("lower-case-id", 18, 21),
  mutant("never-ends", 19),
  mutant("ends-twice", 19, 27, 31, 32, 33),
  mutant("event-after-end", 20),
  mutant("stray-id", 21, 8, 23, 26),
  mutant("two-line-error", 22),
  mutant("answers-nameless-run", 23, 10),
  mutant("believes-params", 24),
  mutant("vague-refusal", 24, 25),
  mutant("silent-about-unknown-types", 25),
  mutant("answers-nameless-type", 26, 21),
  mutant("duplicate-ends-first", 27),
  mutant("duplicate-runs-too", 27),
  mutant("unknown-type-ends-first", 27),
  mutant("one-at-a-time", 28, 27),
  mutant("small-buffer", 29),
  mutant("cancel-is-an-error", 31, 32),
  mutant("cancel-without-end", 31, 32),
  mutant("second-cancel-dies", 32, 33),
  mutant("ends-again-on-late-cancel", 33, 19, 32),
  mutant("refuses-unknown-cancel", 34),
  mutant("unannounced-ask", 35),
  mutant("answers-answers", 36, 19),
  mutant("lost-at-end-of-input", 38),
  mutant("drops-at-end-of-input", 38),
  mutant("exits-one", 39),
  mutant("stays", 39),
  mutant("fatal-without-exit", 42),
  mutant("misshapen-diag", 43)
]
