import { z } from "zod";
import { BootId, Mac } from "./ids.ts";
import { TimeService } from "./time-service.ts";

const shortText = z.string().max(256);
const bytes = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/**
 * One network interface that may lead out of the machine. `addresses` are in CIDR notation (`192.0.2.7/24`); temporary and
 * deprecated ones are left out. `mac` is its Ethernet address, the permanent one where the kernel tells it; InfiniBand and tunnels have none.
 */
export const Nic = z.strictObject({
	name: z.string().min(1).max(32),
	mac: Mac.optional(),
	up: z.boolean(),
	addresses: z.array(z.string().max(64)).max(32),
});
export type Nic = z.infer<typeof Nic>;

/** One tmpfs that the agent may write to, or an overlay or a file system in a file that lies in one. Sizes in bytes. `systemBytes`: what the operating system had taken before the agent wrote anything. */
export const TmpfsRoom = z.strictObject({
	path: shortText,
	totalBytes: bytes,
	freeBytes: bytes,
	systemBytes: bytes.optional(),
});

/** A program that a node calls, where it was found. `version` as the program itself says it. */
export const Program = z.strictObject({
	name: z.string().min(1).max(64),
	path: z.string().min(1).max(256),
	version: z.string().max(128).optional(),
});
export type Program = z.infer<typeof Program>;

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
	memory: z.strictObject({
		totalBytes: bytes,
		availableBytes: bytes,
		/** All swap; `zramBytes` of it is compressed RAM. */
		swapBytes: bytes.optional(),
		zramBytes: bytes.optional(),
		/** Set aside as huge pages of all sizes: of no use for anything else. */
		hugePagesBytes: bytes.optional(),
		/** What the operating system took, its files in RAM included, before the agent wrote anything. */
		systemBytes: bytes.optional(),
	}),
	nics: z.array(Nic).max(64),
	/** The permanent MACs of the machine's own cards: who it is. Older agents do not tell them apart from those of `nics`. */
	macs: z.array(Mac).max(256).optional(),
	defaultRoute: z.strictObject({ nic: z.string().max(32), gateway: z.string().max(64) }).optional(),
	/** Destinations of the routing table besides the default route, in CIDR notation. */
	routes: z.array(z.strictObject({ destination: z.string().max(64), nic: z.string().max(32) })).max(256),
	dns: z.strictObject({ servers: z.array(z.string().max(64)).max(16), search: z.array(z.string().max(253)).max(32) }),
	os: z.strictObject({ id: shortText, version: shortText, name: shortText }),
	kernel: shortText,
	/** 2 when `/sys/fs/cgroup` is the unified hierarchy (cgroups(7)), else 1. */
	cgroupVersion: z.union([z.literal(1), z.literal(2)]),
	tmpfs: z.array(TmpfsRoom).max(16),
	/** Programs that a node may call, as far as the machine has them. Absent: nobody looked. */
	programs: z.array(Program).max(64).optional(),
	/** Whether iproute2's bridge(8) is there; among the programs that name is a CNI plugin's. Absent: nobody looked. */
	bridgeTool: z.boolean().optional(),
	/** Kernel modules that a node may need and that are built in, loaded or can be loaded. Absent: the kernel does not tell. */
	modules: z.array(z.string().min(1).max(64)).max(64).optional(),
	/** What sets the machine's clock, where that is one of those that can be told servers. */
	timeService: TimeService.optional(),
	/** Folders for keys and credentials that do not lie in RAM. Absent: nobody looked. */
	outsideRam: z.array(shortText).max(16).optional(),
	agentVersion: shortText,
	/** True when this is not a machine but a rehearsal of one. */
	rehearsal: z.boolean(),
});
export type Facts = z.infer<typeof Facts>;

/** The most that a machine may say of itself, in characters of JSON: far more than a server with 64 NICs and 256 routes has. */
export const MAX_FACTS_LENGTH = 40 * 1024;

/** The MACs that tell a machine from others, each once. */
export function macsOf(facts: Pick<Facts, "nics" | "macs">): Mac[] {
	return [...new Set(facts.macs ?? facts.nics.flatMap(({ mac }) => mac ?? []))];
}
