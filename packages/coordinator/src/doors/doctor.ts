/** What `rollcall doctor` needs: it looks at the coordinator's own computer, with the coordinator's own means. */
export { readConfig } from "../adapters/files/read-config.ts";
export { examine } from "../doctor/examine.ts";
export type { DoctorFinding } from "../doctor/finding.ts";
export { ConfigError } from "../errors.ts";
