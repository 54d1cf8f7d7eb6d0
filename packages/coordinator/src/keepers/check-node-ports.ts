import type { ReachedNode } from "../ports/kubernetes.ts";
import { spread } from "../render/check/pairs.ts";
import type { CheckParts } from "./check-steps.ts";

const AGAIN_AFTER_MS = 1_000;
/** Of so many nodes the port is asked. */
const MOST_PORTS = 20;
const PORT_TRIES = 4;

/** Asks the port that a service has on every node, from this computer. */
export async function askPorts(
	parts: CheckParts,
	nodes: readonly ReachedNode[],
	port: number | undefined,
): Promise<void> {
	const { tell, step, page, sleep } = parts;
	if (port === undefined)
		return tell({
			check: "node-port",
			state: "warn",
			text: "the API gave the service no port of the nodes, so none was asked",
			next: "kubectl get services -A shows who has them all",
		});
	const asked = spread(nodes, MOST_PORTS);
	step(`asking port ${port} of ${asked.length} nodes from here`);
	let good = 0;
	for (const { name, addresses } of asked) {
		const [address = ""] = addresses;
		let reason = "";
		for (let turn = 0; turn < PORT_TRIES; turn++) {
			const host = address.includes(":") ? `[${address}]` : address;
			reason = await page(`http://${host}:${port}/name`).then(
				() => "",
				(error: Error) => error.message || "no answer",
			);
			if (reason === "") break;
			await sleep(AGAIN_AFTER_MS);
		}
		if (reason === "") good += 1;
		else {
			const text =
				`port ${port} of ${name} (${address || "no address"}) does not answer this coordinator: ${reason}`.slice(
					0,
					1024,
				);
			const next = `look at firewalls before ${name}, and at kube-proxy there: \`rollcall logs ${name} -u kubelet.service\``;
			tell({ check: "node-port", state: "fail", text, next });
		}
	}
	if (good === asked.length)
		tell({ check: "node-port", state: "ok", text: `a service is reached from here by port ${port} of ${good} nodes` });
}
