import { z } from "zod";
import { BootId, Mac } from "./ids.ts";

const shortText = z.string().max(256);
const bytes = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** One network interface. `addresses` are in CIDR notation (`192.0.2.7/24`, `fe80::1/64`). `mac` is the permanent one. */
export const Nic = z.strictObject({
	name: z.string().min(1).max(32),
	mac: Mac,
	up: z.boolean(),
	addresses: z.array(z.string().max(64)).max(32),
});
export type Nic = z.infer<typeof Nic>;

/** One tmpfs that the agent may write to. Sizes in bytes. */
export const TmpfsRoom = z.strictObject({ path: shortText, totalBytes: bytes, freeBytes: bytes });

/**
 * What an agent found out about its machine. These are claims: the coordinator selects by them, but identities, labels and
 * roles are its own decisions. Sizes in bytes. A fact that the machine does not tell is absent.
 */
export const Facts = z.strictObject({
	bootId: BootId,
	hostname: shortText,
	smbios: z.strictObject({
		uuid: shortText.optional(),
		serial: shortText.optional(),
		vendor: shortText.optional(),
		product: shortText.optional(),
	}),
	cpu: z.strictObject({ count: z.int().min(1).max(65536), model: shortText, arch: z.enum(["x64", "arm64", "other"]) }),
	memory: z.strictObject({ totalBytes: bytes, availableBytes: bytes }),
	nics: z.array(Nic).max(64),
	defaultRoute: z.strictObject({ nic: z.string().max(32), gateway: z.string().max(64) }).optional(),
	/** Destinations of the routing table besides the default route, in CIDR notation. */
	routes: z.array(z.strictObject({ destination: z.string().max(64), nic: z.string().max(32) })).max(256),
	dns: z.strictObject({ servers: z.array(z.string().max(64)).max(16), search: z.array(z.string().max(253)).max(32) }),
	os: z.strictObject({ id: shortText, version: shortText, name: shortText }),
	kernel: shortText,
	/** 2 when `/sys/fs/cgroup` is the unified hierarchy (cgroups(7)), else 1. */
	cgroupVersion: z.union([z.literal(1), z.literal(2)]),
	tmpfs: z.array(TmpfsRoom).max(16),
	agentVersion: shortText,
	/** True when this is not a machine but a rehearsal of one. */
	rehearsal: z.boolean(),
});
export type Facts = z.infer<typeof Facts>;
