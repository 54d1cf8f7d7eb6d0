import { MachineDetail, MachineView, Why } from "@rollcall/protocol";
import { Failure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import type { ApiAnswer } from "./answer.ts";
import { readAnswer } from "./answer.ts";
import type { Api } from "./client.ts";
import { listOf } from "./list.ts";

/** All machines, sorted by node name and id. `json` is the API's whole answer. */
export async function listMachines(api: Api, signal?: AbortSignal): Promise<ApiAnswer<MachineView[]>> {
	const json = await api.send({ path: "/v1/machines", subject: "machines", signal });
	const { value } = readAnswer(MachineView.array(), listOf(json, "machines"), "machines");
	return { json, value: value.sort(byName) };
}

export function getMachine(api: Api, id: string): Promise<ApiAnswer<MachineDetail>> {
	return withMachine(api, id, (found) =>
		api.ask(MachineDetail, { path: machinePath(found), subject: `machine ${found}` }),
	);
}

export function getWhy(api: Api, id: string): Promise<ApiAnswer<Why>> {
	return withMachine(api, id, (found) =>
		api.ask(Why, { path: machinePath(found, "/why"), subject: `machine ${found}` }),
	);
}

/** Path of a machine in the API. */
export function machinePath(id: string, below = ""): string {
	return `/v1/machines/${encodeURIComponent(id)}${below}`;
}

/**
 * Does something with the machine that the operator named. Where the API knows no such id, a node name or the unique
 * beginning of an id will do as well; an ambiguous one is refused.
 */
export async function withMachine<T>(api: Api, id: string, act: (id: string) => Promise<T>): Promise<T> {
	try {
		return await act(id);
	} catch (error) {
		if (!(error instanceof Failure) || error.exit !== EXIT.notFound) throw error;
		const { value } = await listMachines(api);
		const meant = value.filter((machine) => machine.nodeName === id);
		const found = meant.length > 0 ? meant : value.filter((machine) => machine.machineId.startsWith(id));
		const [only] = found;
		if (!only) throw error;
		if (found.length > 1) {
			throw new Failure(`${id} fits ${found.length} machines: ${names(found)}`, {
				exit: EXIT.notFound,
				next: "give more of the machine's id",
			});
		}
		return act(only.machineId);
	}
}

function names(machines: readonly MachineView[]): string {
	const shown = machines.slice(0, 3).map((machine) => machine.machineId);
	return machines.length > 3 ? `${shown.join(", ")}, …` : shown.join(", ");
}

function byName(a: MachineView, b: MachineView): number {
	// Machines without a node name come last: they are what still has to be looked at.
	const left = `${a.nodeName ?? "\uffff"}\u0000${a.machineId}`;
	const right = `${b.nodeName ?? "\uffff"}\u0000${b.machineId}`;
	return left < right ? -1 : left > right ? 1 : 0;
}
