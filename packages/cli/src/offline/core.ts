/** The one door to the coordinator's pure heart (docs/decisions/0011-offline-entry.md); loaded only by commands that need it. */
export * from "@rollcall/coordinator/command-line";
