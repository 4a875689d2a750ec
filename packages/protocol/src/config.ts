// Configuration of a host: schema, types and the one validation.
export {
  decodeHostConfig,
  HostConfig,
  RestartConfig,
  RunDefaults,
  RunnerConfig,
  WindowConfig
} from "./lib/host-config.ts"
