import { CHECK_NAMESPACE, volumeClaim, volumePod } from "../render/check/manifests.ts";
import { readAnswers } from "../render/check/script.ts";
import { apply, type CheckParts, until } from "./check-steps.ts";

/** What is written to the volume. */
const WORD = "rollcall";
/** A volume may take as long to be made and mounted, in seconds. */
const WITHIN_SECONDS = 120;

/** Where the document declares volumes: writes to one on the first of these nodes, and reads it on the last. */
export async function checkVolume(parts: CheckParts, nodes: readonly string[]): Promise<void> {
	const { document, tell, step, kubernetes } = parts;
	const storageClass = document.volumes?.nfs?.storageClass;
	const [first] = nodes;
	const last = nodes.at(-1);
	if (storageClass === undefined || first === undefined || last === undefined) return;
	step(`writing to a volume of the class ${storageClass}`);
	await apply(parts, volumeClaim(storageClass));
	for (const [does, node] of [
		["write", first],
		["read", last],
	] as const) {
		await apply(parts, volumePod(document, node, does, WORD));
		const name = `${does}-${node}`;
		const pods = await until(parts, WITHIN_SECONDS, (all) =>
			all.some((pod) => pod.name === name && (pod.phase === "Succeeded" || pod.phase === "Failed")),
		);
		const pod = pods.find((one) => one.name === name);
		const log = pod?.phase === "Succeeded" ? await kubernetes.podLog(CHECK_NAMESPACE, name) : "";
		const answer = readAnswers(log).answers.find(({ id }) => id === does);
		if (answer?.ok) continue;
		const reason = answer?.reason || pod?.reason || `its pod is ${pod?.phase ?? "not there"} after ${WITHIN_SECONDS} s`;
		const text = `a volume of the class ${storageClass} cannot be ${does === "write" ? "written" : "read"} on ${node}: ${reason}`;
		const next = "look at the file server and its export (`volumes.nfs`), and kubectl -n kube-system get pods";
		return tell({ check: "volume", state: "fail", text: text.slice(0, 1024), next });
	}
	const ways = first === last ? `on ${first}` : `on ${first} and read on ${last}`;
	tell({ check: "volume", state: "ok", text: `a volume of the class ${storageClass} was written ${ways}` });
}
