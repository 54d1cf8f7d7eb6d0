import { z } from "zod";
import { Mac } from "../ids.ts";

/** Bounds of what a machine may say of itself in a boot URL. */
export const BOOT_REQUEST_LIMITS = { labels: 32, keyLength: 64, valueLength: 256 } as const;

/**
 * One label of a boot request. The names that mean something here are those that matchbox knows: `uuid`, `mac`, `hostname`,
 * `serial`, `asset`, `domain`, `arch`, `buildarch`; every other one may be used by a group's selector.
 */
export const BootLabelKey = z
	.string()
	.max(BOOT_REQUEST_LIMITS.keyLength)
	.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "a boot label's name is made of letters, digits, '.', '_' and '-'");

/** Printable text without control characters. It is a claim, and goes through an encoder wherever it is used. */
export const BootLabelValue = z
	.string()
	.max(BOOT_REQUEST_LIMITS.valueLength)
	.regex(/^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u, "a boot label's value has no control characters");

/** What a machine that boots says of itself: the labels, with the MAC and the UUID brought to their usual form. */
export const BootRequest = z.strictObject({
	labels: z
		.record(BootLabelKey, BootLabelValue)
		.refine((labels) => Object.keys(labels).length <= BOOT_REQUEST_LIMITS.labels, "at most 32 boot labels"),
	mac: Mac.optional(),
	uuid: z
		.string()
		.regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
		.optional(),
	/** From `buildarch` or `arch`. other: it names one that there is no agent for. */
	arch: z.enum(["x64", "arm64", "other"]).optional(),
});
export type BootRequest = z.infer<typeof BootRequest>;

/** The stages of a boot, in order. The first seven are seen by the boot endpoints, the rest by the fleet. */
export const BOOT_STAGES = [
	"dhcp",
	"ipxe",
	"kernel",
	"initrd",
	"ignition",
	"cloud-init",
	"overlay",
	"agent",
	"enrolled",
	"assigned",
	"applied",
	"ready",
] as const;
export const BootStage = z.enum(BOOT_STAGES);
export type BootStage = z.infer<typeof BootStage>;
