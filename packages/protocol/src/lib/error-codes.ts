// The closed table of error codes: every fault that leaves the house has one of these, on every wire.

/** What a code means at each door. `exit` is the exit code of `signalbox run`, `remedy` a sentence for a person. */
export interface ErrorCodeFacts {
  readonly http: number
  readonly jsonrpc: number
  readonly exit: number
  readonly retryable: boolean
  readonly remedy: string
}

export const errorCodes = {
  invalid_request: {
    http: 400,
    jsonrpc: -32602,
    exit: 2,
    retryable: false,
    remedy: "Correct the field that the message names."
  },
  invalid_config: {
    http: 400,
    jsonrpc: -32602,
    exit: 2,
    retryable: false,
    remedy: "Correct the configuration; every problem is listed with its path."
  },
  unknown_agent: {
    http: 404,
    jsonrpc: -32004,
    exit: 2,
    retryable: false,
    remedy: "List the agents with `signalbox agents`."
  },
  agent_unavailable: {
    http: 503,
    jsonrpc: -32010,
    exit: 1,
    retryable: false,
    remedy: "Install the agent's program; `signalbox doctor` says what is missing."
  },
  spawn_failed: {
    http: 502,
    jsonrpc: -32011,
    exit: 1,
    retryable: false,
    remedy: "Check that the program exists, is executable and can be started by hand."
  },
  duplicate_id: {
    http: 409,
    jsonrpc: -32012,
    exit: 2,
    retryable: false,
    remedy: "Choose another run id, or leave it out and let the host mint one."
  },
  closed: {
    http: 503,
    jsonrpc: -32013,
    exit: 5,
    retryable: true,
    remedy: "Ask again: a new runner takes the place of the closed one."
  },
  write_failed: {
    http: 502,
    jsonrpc: -32014,
    exit: 5,
    retryable: true,
    remedy: "Ask again; the runner's standard input was closed while the run was handed over."
  },
  encode_failed: {
    http: 400,
    jsonrpc: -32602,
    exit: 2,
    retryable: false,
    remedy: "Send parameters that JSON can carry."
  },
  queue_full: {
    http: 429,
    jsonrpc: -32020,
    exit: 6,
    retryable: true,
    remedy: "Wait and try again, or raise the limit of waiting runs."
  },
  wait_timeout: {
    http: 503,
    jsonrpc: -32021,
    exit: 6,
    retryable: true,
    remedy: "Wait and try again, or raise the waiting time."
  },
  breaker_open: {
    http: 503,
    jsonrpc: -32022,
    exit: 6,
    retryable: true,
    remedy: "The runner crashes again and again: read its stderr, mend it, then try again."
  },
  incompatible_protocol: {
    http: 502,
    jsonrpc: -32030,
    exit: 1,
    retryable: false,
    remedy: "Use a runner that speaks signalbox.stdio/1."
  },
  handshake_timeout: {
    http: 504,
    jsonrpc: -32031,
    exit: 4,
    retryable: true,
    remedy: "The runner did not say hello in time; start it by hand and look at its output."
  },
  agent_failed: {
    http: 502,
    jsonrpc: -32040,
    exit: 1,
    retryable: false,
    remedy: "The agent said why; read the message and the trace."
  },
  exit_nonzero: {
    http: 502,
    jsonrpc: -32041,
    exit: 1,
    retryable: false,
    remedy: "The program ended with an error; read its output in the trace."
  },
  no_terminal: {
    http: 502,
    jsonrpc: -32042,
    exit: 1,
    retryable: true,
    remedy: "The program ended without saying how the run ended; read its stderr in the trace."
  },
  runner_exited: {
    http: 502,
    jsonrpc: -32050,
    exit: 5,
    retryable: true,
    remedy: "The runner's process died under the run; exit code, signal and stderr are in the trace."
  },
  runner_fatal: {
    http: 502,
    jsonrpc: -32051,
    exit: 5,
    retryable: true,
    remedy: "The runner said why it cannot go on; read the message."
  },
  runner_stuck: {
    http: 502,
    jsonrpc: -32052,
    exit: 5,
    retryable: true,
    remedy: "The runner stopped reading its standard input and was replaced."
  },
  host_died: {
    http: 502,
    jsonrpc: -32053,
    exit: 5,
    retryable: true,
    remedy: "The host died under the run; start it again."
  },
  cancelled: { http: 409, jsonrpc: -32060, exit: 3, retryable: false, remedy: "The run was cancelled as asked." },
  run_timeout: {
    http: 504,
    jsonrpc: -32061,
    exit: 4,
    retryable: true,
    remedy: "Raise the run's time limit if it needs longer."
  },
  idle_timeout: {
    http: 504,
    jsonrpc: -32062,
    exit: 4,
    retryable: true,
    remedy: "The agent was silent for too long; raise the idle limit if that is normal for it."
  },
  first_output_timeout: {
    http: 504,
    jsonrpc: -32063,
    exit: 4,
    retryable: true,
    remedy: "The agent said nothing at all; start it by hand and look."
  },
  journal_failed: {
    http: 507,
    jsonrpc: -32070,
    exit: 1,
    retryable: true,
    remedy: "The trace could not be written: free disk space or correct the folder's permissions."
  },
  trace_not_found: {
    http: 404,
    jsonrpc: -32071,
    exit: 2,
    retryable: false,
    remedy: "Check the run id; the trace may be in another data folder."
  },
  internal: {
    http: 500,
    jsonrpc: -32603,
    exit: 1,
    retryable: false,
    remedy: "This is a defect of Signalbox; please report it with the trace."
  }
} as const satisfies Record<string, ErrorCodeFacts>

export type ErrorCode = keyof typeof errorCodes

export const errorCodeNames = Object.keys(errorCodes) as ReadonlyArray<ErrorCode> as readonly [
  ErrorCode,
  ...ErrorCode[]
]
