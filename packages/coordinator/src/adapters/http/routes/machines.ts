import {
	definedFields,
	digestOf,
	MachineDetail,
	MachineId,
	MachineList,
	MachinePhase,
	type MachineView,
	Name,
	ownValue,
	TargetView,
	Why,
} from "@rollcall/protocol";
import { z } from "zod";
import { isEventInReach, isInReach } from "../../../domain/reach.ts";
import { mentioned } from "../../../domain/views/event-filter.ts";
import { findMachine } from "../find-machine.ts";
import { hideEventSecrets, hideTargetSecrets } from "../hide-secrets.ts";
import { refuse } from "../problem.ts";
import { readTrail } from "../read-trail.ts";
import { type Route, route } from "../route.ts";
import { EXAMPLE_BOOT, EXAMPLE_DIGEST, EXAMPLE_EVENTS, EXAMPLE_ID, EXAMPLE_MACHINE } from "./examples.ts";
import { MachineParams, NOTHING, wholeNumber } from "./parameters.ts";

const label = z
	.string()
	.max(400)
	.regex(/^[^:]+:[^:]*$/, "a label is key:value");
const MachinesQuery = z.strictObject({
	phase: MachinePhase.optional(),
	role: Name.optional(),
	slot: Name.optional(),
	label: z.union([label, z.array(label).max(32)]).optional(),
	after: MachineId.optional(),
	limit: wholeNumber({ min: 1, max: 10_000 }).optional(),
});

/** True when the view is among those that were asked for. Several labels: all of them. */
function isWanted(view: MachineView, query: z.output<typeof MachinesQuery>): boolean {
	const labels = query.label === undefined ? [] : [query.label].flat();
	return (
		(query.phase === undefined || view.phase === query.phase) &&
		(query.role === undefined || view.role === query.role) &&
		(query.slot === undefined || view.slot === query.slot) &&
		labels.every((wanted) => {
			const colon = wanted.indexOf(":");
			return ownValue(view.labels, wanted.slice(0, colon)) === wanted.slice(colon + 1);
		})
	);
}

const read = {
	method: "GET",
	scope: "viewer",
	partial: "machine",
	leads: false,
	params: MachineParams,
	query: NOTHING,
	body: null,
	status: 200,
} as const;

/** What is known of machines. */
export const MACHINE_ROUTES: readonly Route[] = [
	route({
		...read,
		path: "/v1/machines",
		partial: "list",
		summary: "List machines, sorted by id",
		params: NOTHING,
		query: MachinesQuery,
		response: MachineList,
		example: { machines: [EXAMPLE_MACHINE] },
		refusals: [],
		answer(api, { query, caller }) {
			const fleet = api.core.fleet();
			const limit = query.limit ?? 1000;
			const { after = "" } = query;
			const machines: MachineView[] = [];
			for (const id of [...fleet.machines.keys()].sort()) {
				const machine = id > after ? fleet.machines.get(id) : undefined;
				const view = machine && isInReach(caller.reach, machine) && api.projections.machineView(fleet, machine);
				if (!view || !isWanted(view, query)) continue;
				const last = machines.at(-1);
				if (machines.length === limit && last) return { machines, next: last.machineId };
				machines.push(view);
			}
			return { machines };
		},
	}),
	route({
		...read,
		path: "/v1/machines/{id}",
		summary: "One machine, with its facts and latest events",
		response: MachineDetail,
		example: {
			machine: EXAMPLE_MACHINE,
			facts: {
				bootId: EXAMPLE_BOOT,
				hostname: "localhost",
				smbios: { uuid: "4c4c4544-0042-3510-8052-b4c04f564433" },
				cpu: { count: 4, model: "x86-64", arch: "x64" },
				memory: { totalBytes: 8_589_934_592, availableBytes: 8_000_000_000 },
				nics: [{ name: "eth0", mac: "52:54:00:00:00:07", up: true, addresses: ["192.0.2.7/24"] }],
				routes: [],
				dns: { servers: ["192.0.2.1"], search: [] },
				os: { id: "flatcar", version: "4230.2.0", name: "Flatcar" },
				kernel: "6.12.0",
				cgroupVersion: 2,
				tmpfs: [],
				agentVersion: "0.1.0",
				rehearsal: false,
			},
			fenced: [],
			events: EXAMPLE_EVENTS.events.map((event) => ({ event, text: "the fleet decided" })),
			programs: [{ name: "kubelet", path: "/opt/rollcall/bin/kubelet", from: "coordinator" }],
		} as z.input<typeof MachineDetail>,
		refusals: ["unknown-machine", "conflict", "not-ready"],
		async answer(api, { params, caller }) {
			const fleet = api.core.fleet();
			const machine = findMachine(fleet, params.id, caller);
			const boot = api.boots.ofMachine(machine.machineId);
			const events = await readTrail(api.core, machine.trail, 0);
			return {
				machine: api.projections.machineView(fleet, machine),
				facts: machine.facts,
				fenced: [...machine.fenced],
				...definedFields({ boot, programs: api.projections.programs(fleet, machine) }),
				events: events
					.filter((event) => isEventInReach(fleet, caller.reach, event))
					.map((event) => ({
						event: hideEventSecrets(event),
						text: api.projections.describe(fleet, event),
					})),
			};
		},
	}),
	route({
		...read,
		path: "/v1/machines/{id}/why",
		summary: "The chain of causes behind a machine's state, newest first",
		response: Why,
		example: {
			machineId: EXAMPLE_ID,
			phase: "ready",
			reason: "generation 3 is applied and all components are healthy",
			chain: [{ seq: 12, at: "2026-11-02T08:00:09.000Z", type: "target-progress", text: "generation 3 was applied" }],
		} as z.input<typeof Why>,
		refusals: ["unknown-machine", "conflict", "not-ready"],
		async answer(api, { params, caller }) {
			const fleet = api.core.fleet();
			const machine = findMachine(fleet, params.id, caller);
			const trail = await readTrail(api.core, machine.trail);
			// What led to it may be about no machine; what is about one that the caller may not see is left out.
			const told = trail.filter((event) => mentioned(event).length === 0 || isEventInReach(fleet, caller.reach, event));
			return {
				...api.projections.why(fleet, machine, told),
				...definedFields({ programs: api.projections.programs(fleet, machine) }),
			};
		},
	}),
	route({
		...read,
		path: "/v1/machines/{id}/target",
		summary: "What the machine is to run, secrets replaced by their digests",
		response: TargetView,
		example: {
			machineId: EXAMPLE_ID,
			nodeName: "worker-0",
			generation: 3,
			issued: EXAMPLE_DIGEST,
			digest: EXAMPLE_DIGEST,
			content: {
				cluster: "lab",
				slot: "workers",
				role: "worker",
				nodeName: "worker-0",
				files: [{ path: "/etc/kubernetes/kubelet.conf", mode: "0600", content: EXAMPLE_DIGEST }],
				units: [{ name: "kubelet.service" }],
				probes: [{ kind: "unit", component: "kubelet", unit: "kubelet.service" }],
				artifacts: [],
				deadlineSeconds: 120,
			},
		} as z.input<typeof TargetView>,
		refusals: ["unknown-machine", "conflict", "not-found"],
		answer(api, { params, caller }) {
			const fleet = api.core.fleet();
			const machine = findMachine(fleet, params.id, caller);
			const rendered = api.projections.target(fleet, machine);
			const about = { machineId: machine.machineId, next: `rollcall why ${machine.machineId}` };
			if (!rendered) throw refuse("not-found", `machine ${machine.machineId} has no assignment`, about);
			if (!rendered.ok) throw refuse("not-found", `no target can be made: ${rendered.reason}`.slice(0, 2048), about);
			return {
				machineId: machine.machineId,
				nodeName: rendered.content.nodeName,
				...(machine.target ? { generation: machine.target.generation, issued: machine.target.digest } : {}),
				digest: digestOf(rendered.content),
				content: hideTargetSecrets(rendered.content),
			};
		},
	}),
];
