import { RelayName } from "@rollcall/protocol";
import { z } from "zod";

const File = z.string().min(1).max(1024);

/** What a relay is started with: one YAML file. Paths are relative to the file's folder. */
export const RelaySettings = z.strictObject({
	/** As `relays` of the coordinators' configuration calls it. */
	name: RelayName,
	/** Base URLs of the coordinators' API. */
	coordinators: z
		.array(z.url({ protocol: /^https?$/ }).max(256))
		.min(1)
		.max(16),
	/** PEM: whom the coordinators are believed by. Absent: one of the authorities that everybody knows. */
	authorityFile: File.optional(),
	/** The relay's key, 0600; made at the first start. */
	keyFile: File,
	logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});
export type RelaySettings = z.infer<typeof RelaySettings>;
