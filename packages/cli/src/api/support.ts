import { BootList, CertificateList, ClusterView, MachineDetail, TokenList } from "@rollcall/protocol";
import { Failure } from "../errors.ts";
import type { Api } from "./client.ts";
import { replyOf, sendCommand } from "./commands.ts";
import { machinePath } from "./machine.ts";
import { listMachines } from "./machines.ts";

/** So many machines are looked at one by one: those that are not ready first. */
const MOST_MACHINES = 32;
const LOG_LINES = 300;

/** One file of a support bundle, before secrets are left out. */
export interface SupportFile {
	readonly name: string;
	readonly text: string;
}

/** Everything that helps somebody else to understand a fleet, a file at a time. What cannot be had is a file that says why. */
export async function* supportFiles(api: Api): AsyncGenerator<SupportFile> {
	const json = async (name: string, ask: () => Promise<unknown>) => ({ name, text: await told(ask) });
	yield json("status.json", async () => (await api.status()).json);
	yield json("cluster.json", async () => {
		const path = "/v1/cluster?secrets=hidden";
		return (await api.ask(ClusterView, { path, subject: "the cluster document" })).json;
	});
	yield json("boots.json", async () => {
		return (await api.ask(BootList, { path: "/v1/boots?limit=1000", subject: "boots" })).json;
	});
	yield json("certificates.json", async () => {
		return (await api.ask(CertificateList, { path: "/v1/certificates", subject: "certificates" })).json;
	});
	yield json("tokens.json", async () => (await api.ask(TokenList, { path: "/v1/tokens", subject: "tokens" })).json);
	yield { name: "metrics.txt", text: await api.text({ path: "/metrics", subject: "metrics" }).catch(reason) };
	const { value: machines } = await listMachines(api).catch(() => ({ value: [] }));
	yield { name: "machines.json", text: JSON.stringify(machines, null, 1) };
	const worst = machines.toSorted((a, b) => Number(a.phase === "ready") - Number(b.phase === "ready"));
	for (const { machineId } of worst.slice(0, MOST_MACHINES)) {
		yield json(`machines/${machineId}.json`, async () => {
			return (await api.ask(MachineDetail, { path: machinePath(machineId), subject: `machine ${machineId}` })).json;
		});
		const log = async () => {
			const { value } = await sendCommand(api, machineId, { kind: "logs", lines: LOG_LINES });
			return replyOf(value, "logs").lines.join("\n");
		};
		yield { name: `machines/${machineId}.log`, text: await log().catch(reason) };
	}
}

async function told(ask: () => Promise<unknown>): Promise<string> {
	try {
		return JSON.stringify(await ask(), null, 1);
	} catch (error) {
		return reason(error);
	}
}

function reason(error: unknown): string {
	if (!(error instanceof Failure)) throw error;
	return `not to be had: ${error.message}`;
}
