import { MachineDetail, Why } from "@rollcall/protocol";
import type { ApiAnswer } from "./answer.ts";
import type { Api } from "./client.ts";

/** One machine. The API takes an id, a node name, or the unambiguous beginning of either. */
export function getMachine(api: Api, id: string): Promise<ApiAnswer<MachineDetail>> {
	return api.ask(MachineDetail, { path: machinePath(id), subject: `machine ${id}` });
}

/** The chain of causes behind a machine's state. `id`: as for `getMachine`. */
export function getWhy(api: Api, id: string): Promise<ApiAnswer<Why>> {
	return api.ask(Why, { path: machinePath(id, "/why"), subject: `machine ${id}` });
}

/** Path of a machine in the API. */
export function machinePath(id: string, below = ""): string {
	return `/v1/machines/${encodeURIComponent(id)}${below}`;
}
