import { z } from "zod";

/**
 * Stable name of a machine over all its boots. Decided by the coordinator, never by the machine. One NATS subject token:
 * lower-case letters, digits and dashes, at most 63 characters.
 */
export const MachineId = z
	.string()
	.regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "a machine id is 1 to 63 of a-z, 0-9 and '-'")
	.brand<"MachineId">();
export type MachineId = z.infer<typeof MachineId>;

/** One boot of a kernel, as `/proc/sys/kernel/random/boot_id` gives it (random(4)): a lower-case UUID. */
export const BootId = z
	.string()
	.regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, "a boot id is a lower-case UUID")
	.brand<"BootId">();
export type BootId = z.infer<typeof BootId>;

/** An Ethernet address: lower case, colons. Other notations are brought to this form by `normalizeMac`. */
export const Mac = z
	.string()
	.regex(/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/, "a MAC is six lower-case hexadecimal pairs with colons")
	.brand<"Mac">();
export type Mac = z.infer<typeof Mac>;

/** SHA-256 of something, as `sha256:` and 64 hexadecimal digits. */
export const Digest = z
	.string()
	.regex(/^sha256:[0-9a-f]{64}$/, "a digest is 'sha256:' and 64 hexadecimal digits")
	.brand<"Digest">();
export type Digest = z.infer<typeof Digest>;

/** Counts the targets of one machine, from 1. 0 stands for "no target yet". Behind the highest one numbers go on, so that what is taken for one has a next. */
export const Generation = z
	.int()
	.min(0)
	.max(2 ** 52);
export type Generation = z.infer<typeof Generation>;

/** The public half of an nkey user pair (base32, starts with U; NATS nkeys). */
export const UserPublicKey = z
	.string()
	.regex(/^U[A-Z2-7]{55}$/, "a public user nkey starts with U and has 56 characters");
export type UserPublicKey = z.infer<typeof UserPublicKey>;

/** Names of clusters, slots, roles and nodes: DNS labels (RFC 1123). */
export const Name = z
	.string()
	.regex(
		/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
		"a name is 1 to 63 of a-z, 0-9 and '-', not starting or ending with '-'",
	);
export type Name = z.infer<typeof Name>;

/** Labels that operators give to machines. Keys and values follow Kubernetes' label syntax, at most 32 of them. */
export const Labels = z
	.record(
		z.string().regex(/^(?:[a-z0-9.-]{1,253}\/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, "not a label key"),
		z.string().regex(/^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/, "not a label value"),
	)
	.refine(areFewLabels, "at most 32 labels");
export type Labels = z.infer<typeof Labels>;

/** True for at most as many labels as a machine may have. */
export function areFewLabels(labels: object): boolean {
	return Object.keys(labels).length <= 32;
}

/**
 * Brings any usual notation of a MAC (`AA-BB-CC-DD-EE-FF`, `aabb.ccdd.eeff`, `aabbccddeeff`) to lower case with colons.
 * Returns undefined when it is not a MAC.
 */
export function normalizeMac(text: string): Mac | undefined {
	const digits = text.trim().toLowerCase().replaceAll(/[:.-]/g, "");
	if (!/^[0-9a-f]{12}$/.test(digits)) return undefined;
	return Mac.parse(digits.match(/../g)?.join(":"));
}

/**
 * Brings any usual notation of a UUID to lower case with dashes: without dashes, in braces, as `urn:uuid:` (RFC 9562), with spaces
 * as VMware's files and serial numbers have it (`VMware-56 4d 23 10 ...`). Returns undefined when it is not one.
 */
export function normalizeUuid(text: string): string | undefined {
	const digits = text
		.trim()
		.toLowerCase()
		.replace(/^(?:urn:uuid:|uuid:|vmware-)/, "")
		.replace(/^\{(.*)\}$/, "$1")
		.replaceAll(/[\s:-]/g, "");
	if (!/^[0-9a-f]{32}$/.test(digits)) return undefined;
	return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * The same UUID with the bytes of its first three parts turned round. SMBIOS stores them so since 2.6; older firmware, and
 * VMware's own files, have them straight. Takes what `normalizeUuid` returns.
 */
export function swappedUuid(uuid: string): string {
	const turned = (part = "") => part.match(/../g)?.reverse().join("") ?? "";
	const [low, middle, high, ...rest] = uuid.split("-");
	return [turned(low), turned(middle), turned(high), ...rest].join("-");
}
