/** The door to what looks at the coordinator's own computer; loaded only by the command that needs it. */
export * from "@rollcall/coordinator/doctor";
