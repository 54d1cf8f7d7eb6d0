import { BootList, BootState, BootView, Mac, normalizeMac } from "@rollcall/protocol";
import { z } from "zod";
import type { BootFilter } from "../../../boot/waterfall/boot-view.ts";
import { isInReach, isPartial } from "../../../domain/reach.ts";
import type { Api, Caller } from "../dependencies.ts";
import { findMachine } from "../find-machine.ts";
import { refuse } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { EXAMPLE_BOOT, EXAMPLE_ID } from "./examples.ts";
import { MachineParams, NOTHING, wholeNumber } from "./parameters.ts";

const EXAMPLE: z.input<typeof BootView> = {
	machineId: EXAMPLE_ID,
	bootId: EXAMPLE_BOOT,
	nodeName: "worker-0",
	mac: "52:54:00:12:34:56",
	address: "192.0.2.7",
	profile: "flatcar",
	state: "stuck",
	startedAt: "2026-11-02T08:00:00.000Z",
	totalMs: 300,
	stages: [
		{ stage: "ipxe", at: "2026-11-02T08:00:00.000Z" },
		{ stage: "kernel", at: "2026-11-02T08:00:00.300Z", ms: 300, deadlineAt: "2026-11-02T08:02:00.000Z" },
		{ stage: "initrd", deadlineAt: "2026-11-02T08:10:00.300Z" },
	],
	waitingFor: "initrd",
	cause: "the initrd did not arrive as a whole",
	next: "rollcall assets verify",
};

const BootsQuery = z.strictObject({
	state: BootState.optional(),
	mac: z
		.string()
		.max(64)
		.transform((text) => normalizeMac(text) ?? text)
		.pipe(Mac)
		.optional(),
	limit: wholeNumber({ min: 1, max: 10_000 }).optional(),
});

const read = { method: "GET", scope: "viewer", partial: "machine", leads: false, body: null, status: 200 } as const;

/** Which machines' boots somebody may see who is limited to some. */
export function bootsInReach({ core }: Pick<Api, "core">, { reach }: Caller): Pick<BootFilter, "machines"> {
	if (!isPartial(reach)) return {};
	const { machines } = core.fleet();
	return {
		machines: (machineId) => {
			const machine = machineId === undefined ? undefined : machines.get(machineId);
			return machine !== undefined && isInReach(reach, machine);
		},
	};
}

/** How machines boot. Kept in memory by the coordinator that they boot from. */
export const BOOT_ROUTES: readonly Route[] = [
	route({
		...read,
		path: "/v1/boots",
		partial: "list",
		summary: "The newest boot of every machine, stage by stage; stuck ones first",
		params: NOTHING,
		query: BootsQuery,
		response: BootList,
		example: { boots: [EXAMPLE], more: 0 },
		refusals: [],
		answer: (api, { query, caller }) =>
			api.boots.list({ ...query, limit: query.limit ?? 1000, ...bootsInReach(api, caller) }),
	}),
	route({
		...read,
		path: "/v1/machines/{id}/boot",
		summary: "The newest boot of a machine, stage by stage",
		params: MachineParams,
		query: NOTHING,
		response: BootView,
		example: EXAMPLE,
		refusals: ["unknown-machine", "conflict", "not-found"],
		answer(api, { params, caller }) {
			const { machineId } = findMachine(api.core.fleet(), params.id, caller);
			const boot = api.boots.ofMachine(machineId);
			if (boot) return boot;
			throw refuse("not-found", `this coordinator did not see machine ${machineId} boot`, {
				machineId,
				next: `rollcall why ${machineId}`,
			});
		},
	}),
];
