import type { EventPage, MachineView } from "@rollcall/protocol";
import type { z } from "zod";

/** Values for the examples of the API document. */
export const EXAMPLE_ID = "m-4c4c4544-0042";
export const EXAMPLE_DIGEST = `sha256:${"5e".repeat(32)}`;
export const EXAMPLE_BOOT = "0b9f4f2e-6f0e-4d3c-9a52-0c5b7c1d2e3f";

/** A worker that does its work. */
export const EXAMPLE_MACHINE: z.input<typeof MachineView> = {
	machineId: EXAMPLE_ID,
	phase: "ready",
	reason: "generation 3 is applied and all components are healthy",
	rehearsal: false,
	bootId: EXAMPLE_BOOT,
	approval: "approved",
	grade: "observed",
	held: [],
	lease: "alive",
	nodeName: "worker-0",
	cluster: "lab",
	slot: "workers",
	seat: 0,
	role: "worker",
	pinned: false,
	generation: 3,
	digest: EXAMPLE_DIGEST,
	progress: "applied",
	health: [{ component: "kubelet", healthy: true }],
	labels: { rack: "a" },
	address: "192.0.2.7",
	enrolledAt: "2026-11-02T08:00:00.000Z",
	changedAt: "2026-11-02T08:00:09.000Z",
};

/** A page of one event. */
export const EXAMPLE_EVENTS: z.input<typeof EventPage> = {
	events: [
		{
			type: "machine-labelled",
			seq: 12,
			at: 1_793_606_400_000,
			machineId: EXAMPLE_ID,
			labels: { rack: "a" },
			by: "t1",
		},
	] as unknown as z.input<typeof EventPage>["events"],
	next: 12,
	last: 12,
};
