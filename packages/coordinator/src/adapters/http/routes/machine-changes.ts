import {
	ApproveRequest,
	Compromised,
	CompromisedRequest,
	Consequences,
	dateText,
	definedFields,
	Exposure,
	type Labels,
	LabelsRequest,
	type MachineId,
	MachinePlanRequest,
	MachineRemoved,
	MachineView,
	RejectRequest,
	RoleRequest,
} from "@rollcall/protocol";
import type { z } from "zod";
import { certifiedUntil } from "../../../domain/certificates/certificate-list.ts";
import { exposureOf } from "../../../domain/certificates/exposure.ts";
import type { Fleet, Machine } from "../../../domain/fleet.ts";
import type { Guarded, Input } from "../../../domain/inputs.ts";
import { isInReach, isPartial, reachText } from "../../../domain/reach.ts";
import { askCore } from "../ask-core.ts";
import type { Api, Caller } from "../dependencies.ts";
import { findMachine } from "../find-machine.ts";
import { guarded, LossQuery } from "../guarded.ts";
import { Refusal, refuse } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { EXAMPLE_ID, EXAMPLE_MACHINE } from "./examples.ts";
import { MachineParams, NOTHING } from "./parameters.ts";

/** Hands in the change and shows the machine as it is after it. */
async function change(
	api: Api,
	input: Extract<Input, { kind: "approve" | "reject" | "compromised" | "pin-role" | "label" }>,
): Promise<MachineView> {
	await askCore(api.core, input, "ok");
	const fleet = api.core.fleet();
	const machine = fleet.machines.get(input.machineId);
	if (!machine) {
		throw refuse("unknown-machine", `machine ${input.machineId} was removed meanwhile`, {
			machineId: input.machineId,
			next: "`rollcall machines` lists the machines that are known",
		});
	}
	return api.projections.machineView(fleet, machine);
}

/**
 * The machine that a request names, and what of a change of it is the same for all of them: who asks, and the loss that was accepted. Throws a Refusal
 * where there is no such machine, or where the change would take etcd's majority.
 */
async function guardedChange(
	api: Api,
	{
		params,
		caller,
		query,
	}: { readonly params: { readonly id: string }; readonly caller: Caller; readonly query: LossQuery },
): Promise<{
	readonly machine: Machine;
	readonly asked: Guarded & Pick<Machine, "machineId"> & { readonly by: string };
}> {
	const machine = findMachine(api.core.fleet(), params.id, caller);
	const loss = await guarded(api, query, machine);
	return { machine, asked: { machineId: machine.machineId, by: caller.name, ...loss } };
}

/** Who is limited to machines with certain labels cannot take those from one of them. Throws a Refusal. */
function keepInReach(machine: Machine, labels: Labels, { name, reach }: Caller): void {
	if (!reach || isInReach(reach, { ...machine, labels })) return;
	throw refuse(
		"forbidden",
		`machine ${machine.machineId} would be none of the ${reachText(reach)}, which token ${name} is for`,
		{
			machineId: machine.machineId,
			path: "labels",
			next: "keep these labels, or use a token that is not limited",
		},
	);
}

/** Of what would follow, what somebody may see who is limited to some machines. */
function planInReach(fleet: Fleet, plan: Consequences, { reach }: Caller): Consequences {
	if (!isPartial(reach)) return plan;
	const isTold = ({ machineId }: { readonly machineId: MachineId }) => {
		const machine = fleet.machines.get(machineId);
		return machine !== undefined && isInReach(reach, machine);
	};
	const machines = plan.machines.filter(isTold);
	const hidden = plan.machines.length - machines.length;
	return { ...plan, machines, warnings: hidden > 0 ? [`${hidden} machines change that this token is not for`] : [] };
}

function exposureNow(api: Api, machine: Machine): Exposure {
	const fleet = api.core.fleet();
	const rendered = api.projections.target(fleet, machine);
	return exposureOf(fleet, machine, { content: rendered?.ok ? rendered.content : undefined, at: api.clock.wall() });
}

const EXAMPLE_EXPOSURE: Exposure = {
	couldRead: ["Secrets, ConfigMaps and tokens of the pods on worker-0"],
	changes: ["authorities"],
	yours: ["find out how it was taken over before it is admitted again"],
};

const write = {
	method: "POST",
	scope: "operator",
	partial: "machine",
	leads: true,
	params: MachineParams,
	query: LossQuery,
	status: 200,
	response: MachineView,
	example: EXAMPLE_MACHINE,
	refusals: ["unknown-machine", "conflict", "quorum-at-risk", "not-leader", "not-ready"],
} as const;

/** Decisions that are a person's. */
export const MACHINE_CHANGE_ROUTES: readonly Route[] = [
	route({
		...write,
		query: NOTHING,
		path: "/v1/machines/{id}/approve",
		scope: "approver",
		summary: "Let a waiting machine, or a waiting boot of it, in",
		body: ApproveRequest,
		async answer(api, { params, body, caller }) {
			const { machineId } = findMachine(api.core.fleet(), params.id, caller);
			return change(api, { kind: "approve", machineId, ...body, by: caller.name });
		},
	}),
	route({
		...write,
		path: "/v1/machines/{id}/reject",
		scope: "approver",
		summary: "Keep a machine out",
		body: RejectRequest,
		async answer(api, request) {
			const { asked } = await guardedChange(api, request);
			return change(api, { kind: "reject", reason: request.body.reason, ...asked });
		},
	}),
	route({
		...write,
		path: "/v1/machines/{id}/compromised",
		summary:
			"A machine is in other hands: end its boot, keep it out until it is approved again, and change the keys that it held",
		body: CompromisedRequest,
		response: Compromised,
		example: { machine: EXAMPLE_MACHINE, exposure: EXAMPLE_EXPOSURE } as z.input<typeof Compromised>,
		async answer(api, request) {
			const { machine, asked } = await guardedChange(api, request);
			// As it stood before: afterwards it has no seat any more.
			const exposure = exposureNow(api, machine);
			return { machine: await change(api, { kind: "compromised", reason: request.body.reason, ...asked }), exposure };
		},
	}),
	route({
		...write,
		method: "GET",
		scope: "viewer",
		leads: false,
		query: NOTHING,
		path: "/v1/machines/{id}/exposure",
		summary: "What somebody could have read who had the machine in his hands, and what would be changed because of it",
		body: null,
		response: Exposure,
		example: EXAMPLE_EXPOSURE,
		refusals: ["unknown-machine", "conflict", "not-ready"],
		answer: (api, { params, caller }) => exposureNow(api, findMachine(api.core.fleet(), params.id, caller)),
	}),
	route({
		...write,
		path: "/v1/machines/{id}/role",
		summary: "Give a machine a role by hand, or take that back with null",
		body: RoleRequest,
		async answer(api, request) {
			const { asked } = await guardedChange(api, request);
			return change(api, { kind: "pin-role", role: request.body.role, ...asked });
		},
	}),
	route({
		...write,
		path: "/v1/machines/{id}/labels",
		summary: "Set a machine's labels",
		body: LabelsRequest,
		async answer(api, request) {
			const { body, caller, params } = request;
			keepInReach(findMachine(api.core.fleet(), params.id, caller), body.labels, caller);
			const { asked } = await guardedChange(api, request);
			return change(api, { kind: "label", labels: body.labels, ...asked });
		},
	}),
	route({
		...write,
		path: "/v1/machines/{id}/plan",
		summary: "What a role by hand, or labels, of this machine would bring about in the fleet; changes nothing",
		costly: true,
		body: MachinePlanRequest,
		response: Consequences,
		example: {
			unchanged: 9,
			machines: [
				{
					machineId: EXAMPLE_ID,
					nodeName: "worker-0",
					action: "move",
					from: "worker (workers/0)",
					to: "ingress (edge/1)",
					reason: "its place was worker (workers/0)",
					files: [{ path: "/etc/haproxy.cfg", change: "added", after: "global\n" }],
					restarts: ["haproxy.service"],
				},
			],
			warnings: [],
		} as z.input<typeof Consequences>,
		async answer(api, request) {
			const { asked } = await guardedChange(api, request);
			const { params, caller } = request;
			const { role, labels } = request.body;
			if ((role === undefined) === (labels === undefined))
				throw refuse("bad-request", `machine ${params.id}: a plan is for a role or for labels`, {
					next: "send one of the two",
					path: "role",
				});
			const fleet = api.core.fleet();
			const plan = api.projections.planMachine(
				fleet,
				labels === undefined ? { kind: "pin-role", role: role ?? null, ...asked } : { kind: "label", labels, ...asked },
			);
			if ("code" in plan) throw new Refusal(plan);
			return planInReach(fleet, plan, caller);
		},
	}),
	route({
		...write,
		method: "DELETE",
		path: "/v1/machines/{id}",
		summary: "Forget a machine; it may enroll again",
		body: null,
		response: MachineRemoved,
		example: { machineId: EXAMPLE_ID } as z.input<typeof MachineRemoved>,
		async answer(api, request) {
			const { machine, asked } = await guardedChange(api, request);
			const { machineId, seat, facts } = machine;
			const until = certifiedUntil(machine, api.clock.wall());
			await askCore(api.core, { kind: "remove", ...asked }, "ok");
			const certified = until === undefined ? undefined : dateText(until);
			const rehearsal = facts.rehearsal || undefined;
			return { machineId, ...definedFields({ nodeName: seat?.nodeName, rehearsal, certifiedUntil: certified }) };
		},
	}),
];
