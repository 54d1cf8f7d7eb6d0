import { LabelsRequest, MachineRemoved, MachineView, RejectRequest, RoleRequest } from "@rollcall/protocol";
import { z } from "zod";
import type { Input } from "../../../domain/inputs.ts";
import { askCore } from "../ask-core.ts";
import type { Api } from "../dependencies.ts";
import { findMachine } from "../find-machine.ts";
import { refuse } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { EXAMPLE_ID, EXAMPLE_MACHINE } from "./examples.ts";
import { MachineParams, NOTHING } from "./parameters.ts";

/** Hands in the change and shows the machine as it is after it. */
async function change(
	api: Api,
	input: Extract<Input, { kind: "approve" | "reject" | "pin-role" | "label" }>,
): Promise<MachineView> {
	await askCore(api.core, input, "ok");
	const fleet = api.core.fleet();
	const machine = fleet.machines.get(input.machineId);
	if (!machine) {
		throw refuse("unknown-machine", `machine ${input.machineId} was removed meanwhile`, { machineId: input.machineId });
	}
	return api.projections.machineView(fleet, machine);
}

const write = {
	method: "POST",
	scope: "admin",
	leads: true,
	params: MachineParams,
	query: NOTHING,
	status: 200,
	response: MachineView,
	example: EXAMPLE_MACHINE,
	refusals: ["unknown-machine", "conflict", "not-leader", "not-ready"],
} as const;

/** Decisions that are a person's. */
export const MACHINE_CHANGE_ROUTES: readonly Route[] = [
	route({
		...write,
		path: "/v1/machines/{id}/approve",
		summary: "Let a waiting machine in",
		body: z.strictObject({}),
		async answer(api, { params, caller }) {
			const { machineId } = findMachine(api.core.fleet(), params.id);
			return change(api, { kind: "approve", machineId, by: caller.tokenId });
		},
	}),
	route({
		...write,
		path: "/v1/machines/{id}/reject",
		summary: "Keep a machine out",
		body: RejectRequest,
		async answer(api, { params, body, caller }) {
			const { machineId } = findMachine(api.core.fleet(), params.id);
			return change(api, { kind: "reject", machineId, reason: body.reason, by: caller.tokenId });
		},
	}),
	route({
		...write,
		path: "/v1/machines/{id}/role",
		summary: "Give a machine a role by hand, or take that back with null",
		body: RoleRequest,
		async answer(api, { params, body, caller }) {
			const { machineId } = findMachine(api.core.fleet(), params.id);
			return change(api, { kind: "pin-role", machineId, role: body.role, by: caller.tokenId });
		},
	}),
	route({
		...write,
		path: "/v1/machines/{id}/labels",
		summary: "Set a machine's labels",
		body: LabelsRequest,
		async answer(api, { params, body, caller }) {
			const { machineId } = findMachine(api.core.fleet(), params.id);
			return change(api, { kind: "label", machineId, labels: body.labels, by: caller.tokenId });
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
		async answer(api, { params, caller }) {
			const { machineId } = findMachine(api.core.fleet(), params.id);
			await askCore(api.core, { kind: "remove", machineId, by: caller.tokenId }, "ok");
			return { machineId };
		},
	}),
];
