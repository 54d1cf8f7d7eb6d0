import { UserPublicKey } from "@rollcall/protocol";
import { z } from "zod";

/** What an agent is started with: one JSON file, 0600, written by Ignition or by the rehearsal. */
export const AgentConfig = z.strictObject({
	/** Base URLs of the coordinators' HTTP API, tried in turn. */
	coordinators: z
		.array(z.url({ protocol: /^https?$/ }))
		.min(1)
		.max(16),
	/** The public nkeys of the fleet: nothing that none of them signed is believed. */
	signers: z.array(UserPublicKey).min(1).max(4),
	/** PEM: the authorities that certificates of coordinators and of the bus are by. Absent: those that everybody knows. */
	authority: z.string().min(1).max(65_536).optional(),
	/** The TPM's device, or a Unix socket that speaks as one. Absent: /dev/tpmrm0 on a machine, none elsewhere. */
	tpm: z.string().min(1).max(1024).optional(),
	/** Holds the one-time token; removed once it was used. */
	tokenFile: z.string().optional(),
	/** Everything is read and written below this folder; `/` on a machine. */
	root: z.string().default("/"),
	/** Where the agent keeps its identity and last target, below `root`. Must be RAM. */
	stateFolder: z.string().default("/run/rollcall/state"),
	/** How long the bus may be unreachable before the agent enrolls again, since the servers may have moved; up to twice as long, at random. */
	rejoinAfterSeconds: z.int().min(1).max(3600).default(30),
	logLevel: z.enum(["debug", "info", "warn", "error"]).default("info"),
	/** Set only for rehearsal machines. */
	rehearsal: z
		.strictObject({
			/** The machine's own loopback address, for probes. */
			loopback: z.ipv4(),
			/** Socket of the stand-in for systemd. */
			socket: z.string(),
			/** Interfaces, as the stand-in declares them: name and addresses in CIDR notation. */
			interfaces: z.array(z.strictObject({ name: z.string(), addresses: z.array(z.string()) })),
		})
		.optional(),
});
export type AgentConfig = z.infer<typeof AgentConfig>;
