// The closed table of error codes: every fault that leaves the house has one of these, on every wire.

/** What a code means at each door. `exit` is the exit code of `signalbox run`, `remedy` a sentence for a person. */
export interface ErrorCodeFacts {
  readonly http: number
  readonly jsonrpc: number
  readonly exit: number
  readonly retryable: boolean
  readonly remedy: string
}

const facts = (http: number, jsonrpc: number, exit: number, retryable: boolean, remedy: string): ErrorCodeFacts => ({
  http,
  jsonrpc,
  exit,
  retryable,
  remedy
})

export const errorCodes = {
  invalid_request: facts(400, -32602, 2, false, "Correct the field that the message names."),
  invalid_config: facts(400, -32602, 2, false, "Correct the configuration; every problem is listed with its path."),
  unknown_agent: facts(404, -32004, 2, false, "List the agents with `signalbox agents`."),
  agent_unavailable: facts(
    503,
    -32010,
    1,
    false,
    "Install the agent's program; `signalbox doctor` says what is missing."
  ),
  spawn_failed: facts(
    502,
    -32011,
    1,
    false,
    "Check that the program exists, is executable and can be started by hand."
  ),
  duplicate_id: facts(409, -32012, 2, false, "Choose another run id, or leave it out and let the host mint one."),
  closed: facts(503, -32013, 5, true, "Ask again: a new runner takes the place of the closed one."),
  write_failed: facts(
    502,
    -32014,
    5,
    true,
    "Ask again; the runner's standard input was closed while the run was handed over."
  ),
  encode_failed: facts(400, -32602, 2, false, "Send parameters that JSON can carry."),
  queue_full: facts(429, -32020, 6, true, "Wait and try again, or raise the limit of waiting runs."),
  wait_timeout: facts(503, -32021, 6, true, "Wait and try again, or raise the waiting time."),
  breaker_open: facts(
    503,
    -32022,
    6,
    true,
    "The runner crashes again and again: read its stderr, mend it, then try again."
  ),
  incompatible_protocol: facts(502, -32030, 1, false, "Use a runner that speaks signalbox.stdio/1."),
  handshake_timeout: facts(
    504,
    -32031,
    4,
    true,
    "The runner did not say hello in time; start it by hand and look at its output."
  ),
  agent_failed: facts(502, -32040, 1, false, "The agent said why; read the message and the trace."),
  exit_nonzero: facts(502, -32041, 1, false, "The program ended with an error; read its output in the trace."),
  no_terminal: facts(
    502,
    -32042,
    1,
    true,
    "The program ended without saying how the run ended; read its stderr in the trace."
  ),
  runner_exited: facts(
    502,
    -32050,
    5,
    true,
    "The runner's process died under the run; exit code, signal and stderr are in the trace."
  ),
  runner_fatal: facts(502, -32051, 5, true, "The runner said why it cannot go on; read the message."),
  runner_stuck: facts(502, -32052, 5, true, "The runner stopped reading its standard input and was replaced."),
  host_died: facts(502, -32053, 5, true, "The host died under the run; start it again."),
  cancelled: facts(409, -32060, 3, false, "The run was cancelled as asked."),
  run_timeout: facts(504, -32061, 4, true, "Raise the run's time limit if it needs longer."),
  idle_timeout: facts(
    504,
    -32062,
    4,
    true,
    "The agent was silent for too long; raise the idle limit if that is normal for it."
  ),
  first_output_timeout: facts(504, -32063, 4, true, "The agent said nothing at all; start it by hand and look."),
  journal_failed: facts(
    507,
    -32070,
    1,
    true,
    "The trace could not be written: free disk space or correct the folder's permissions."
  ),
  trace_not_found: facts(404, -32071, 2, false, "Check the run id; the trace may be in another data folder."),
  internal: facts(500, -32603, 1, false, "This is a defect of Signalbox; please report it with the trace.")
} as const satisfies Record<string, ErrorCodeFacts>

export type ErrorCode = keyof typeof errorCodes

export const errorCodeNames = Object.keys(errorCodes) as ReadonlyArray<ErrorCode> as readonly [
  ErrorCode,
  ...ErrorCode[]
]
