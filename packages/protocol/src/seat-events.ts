import { z } from "zod";
import { BootId, MachineId, Name } from "./ids.ts";
import { PerVersion } from "./pod-network.ts";

const machineId = MachineId;
const bootId = BootId;
const reason = z.string().max(1024);

/** What happens to machines that lose or change their seats. */
export const SEAT_EVENT_PAYLOADS = {
	"machine-released": z.strictObject({ machineId, slot: Name, seat: z.int().min(0), reason }),
	/** Its seat is declared no more, and it has another one of its role. What it runs and holds, and its node name, stay. */
	"machine-reseated": z.strictObject({
		machineId,
		from: z.strictObject({ slot: Name, seat: z.int().min(0) }),
		slot: Name,
		seat: z.int().min(0),
		reason,
	}),
	/**
	 * So many of a slot's declared seats have had no holder for a while; 0: all have one, or the slot is declared no more. `seats`: how many are
	 * declared.
	 */
	"seats-empty": z.strictObject({ slot: Name, role: Name, empty: z.int().min(0), seats: z.int().min(0) }),
	/** A node got its share of the pod network, of each IP version. `index`: which share of `pool`, what is dealt out. */
	"pod-networks-dealt": z.strictObject({
		machineId,
		bootId,
		networks: PerVersion,
		pool: z.string().max(256),
		index: z
			.int()
			.min(0)
			.max(2 ** 31),
		reason,
	}),
	/**
	 * How the drain of a machine that lost its seat stands: what it waits for, that its pods are gone, or that its time is over and it is
	 * emptied all the same.
	 */
	"drain-changed": z.strictObject({
		machineId,
		bootId,
		nodeName: Name,
		drain: z.enum(["waiting", "done", "given-up"]),
		reason,
	}),
} as const;
