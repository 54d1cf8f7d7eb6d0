import { z } from "zod";
import { BootId, MachineId, Name } from "./ids.ts";
import { ClockOff } from "./times.ts";

const machineId = MachineId;
const bootId = BootId;

/** What is found out about clocks. Milliseconds. */
export const CLOCK_EVENT_PAYLOADS = {
	/** The log's time is so far ahead of the clock of the computer whose coordinator leads (negative: behind), and was not before. */
	"clock-stepped": z.strictObject({ coordinatorId: z.string().max(64), aheadMs: ClockOff }),
	/** The machine's own clock is so far ahead of the coordinator's (negative: behind), and was not before; 0: it is right again. */
	"machine-clock-changed": z.strictObject({ machineId, bootId, offMs: ClockOff }),
	/** Certificates of what a machine runs are not valid by the coordinator's clock, since one of the clocks was set or nothing could be renewed; or all are again. The first 16 names. */
	"certificate-validity-changed": z.strictObject({
		machineId,
		bootId,
		validity: z.enum(["valid", "expired", "not-yet-valid"]),
		names: z.array(Name).max(16),
	}),
} as const;
