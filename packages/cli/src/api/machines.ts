import { MachineList, type MachinePhase, type MachineView } from "@rollcall/protocol";
import type { ApiAnswer } from "./answer.ts";
import type { Api } from "./client.ts";

const PAGE = 10_000;
const MOST_PAGES = 20;

/** Which machines are meant; all conditions must hold. */
export interface MachineFilter {
	readonly phase?: MachinePhase | undefined;
	readonly role?: string | undefined;
	readonly label?: Readonly<Record<string, string>> | undefined;
	readonly signal?: AbortSignal | undefined;
}

/** The machines that fit, sorted by node name and id. `json` is the API's answer; several pages are put together in one. */
export async function listMachines(api: Api, filter: MachineFilter = {}): Promise<ApiAnswer<MachineView[]>> {
	const query = new URLSearchParams({ limit: String(PAGE) });
	if (filter.phase) query.set("phase", filter.phase);
	if (filter.role) query.set("role", filter.role);
	for (const [key, value] of Object.entries(filter.label ?? {})) query.append("label", `${key}:${value}`);
	const machines: MachineView[] = [];
	for (let page = 0; page < MOST_PAGES; page += 1) {
		const path = `/v1/machines?${query}`;
		const { value } = await api.ask(MachineList, { path, subject: "machines", signal: filter.signal });
		machines.push(...value.machines);
		if (value.next === undefined) break;
		query.set("after", value.next);
	}
	return { json: { machines }, value: machines.toSorted(byName) };
}

function byName(a: MachineView, b: MachineView): number {
	// Machines without a node name come last: they are what still has to be looked at.
	const left = `${a.nodeName ?? "\uffff"}\u0000${a.machineId}`;
	const right = `${b.nodeName ?? "\uffff"}\u0000${b.machineId}`;
	return left < right ? -1 : left > right ? 1 : 0;
}
