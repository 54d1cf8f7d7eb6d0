export { createRehearsalUnits } from "./adapters/rehearsal/units.ts";
export { AgentConfig, WRITE_ROOTS } from "./config.ts";
export { VERSION } from "./version.ts";
