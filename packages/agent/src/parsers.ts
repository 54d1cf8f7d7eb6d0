/** What reads foreign bytes in the agent, for the fuzzing of all of them. */
export { createFactsReader } from "./adapters/facts/facts.ts";
export { readOutsideRam } from "./adapters/facts/outside-ram.ts";
export { parsePermanentMacs } from "./adapters/facts/permanent-macs.ts";
export { createSource } from "./adapters/facts/read-text.ts";
export { tarEntries } from "./adapters/files/tar-entries.ts";
export { journalLines } from "./adapters/systemd/journalctl.ts";
export { TarError } from "./errors.ts";
