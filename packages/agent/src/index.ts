export { AgentConfig, WRITE_ROOTS } from "./config.ts";
export { VERSION } from "./version.ts";
