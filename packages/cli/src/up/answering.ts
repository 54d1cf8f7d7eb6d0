import { setTimeout as delay } from "node:timers/promises";
import type { MachineView } from "@rollcall/protocol";
import type { Api } from "../api/client.ts";
import { sendCommand } from "../api/commands.ts";

const PAUSE_MS = 250;

/**
 * Waits until the agents of all these machines answer. A coordinator that goes on from an older run knows machines as ready
 * that have not spoken since: what it recorded is no proof of life. Returns false when the signal was aborted before.
 */
export async function allAnswer(api: Api, machines: readonly MachineView[], signal: AbortSignal): Promise<boolean> {
	let silent = machines;
	while (!signal.aborted) {
		const answers = await Promise.all(
			silent.map(({ machineId }) =>
				sendCommand(api, machineId, { kind: "ping" }).then(
					() => true,
					() => false,
				),
			),
		);
		silent = silent.filter((_, index) => !answers[index]);
		if (silent.length === 0) return true;
		await delay(PAUSE_MS, undefined, { signal }).catch(() => undefined);
	}
	return false;
}
