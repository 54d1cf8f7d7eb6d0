import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import type { Probe } from "@rollcall/protocol";
import type { LastWords, Units } from "../../ports.ts";

/** Where kubelet has the containers' logs: `NAMESPACE_POD_UID/CONTAINER/RESTARTS.log`. */
const PODS = "/var/log/pods";
/** The most pods that are looked at, and the most bytes of a log's end. */
const MOST_PODS = 1024;
const TAIL_BYTES = 16 * 1024;
const MOST_TEXT = 320;

/** Finds the last lines of components, in the journal or in their containers' logs below the machine's root. */
export function createLastWords(root: string, units: Pick<Units, "logs">): LastWords {
	return async (probe) => {
		try {
			if (probe.kind === "unit") {
				const { lines } = await units.logs({ unit: probe.unit, lines: 1 });
				return lines[0] === undefined ? undefined : `${probe.unit} wrote last: ${shortened(lines[0])}`;
			}
			return lastOfContainer(root === "/" ? PODS : `${root}${PODS}`, probe);
		} catch {
			return undefined;
		}
	};
}

/** Of the pods of a component's name, or with a container of that name, the newest log: also that of a container that runs before. */
function lastOfContainer(folder: string, { component }: Probe): string | undefined {
	let newest: { readonly container: string; readonly path: string; readonly at: number } | undefined;
	for (const pod of readdirSync(folder).slice(0, MOST_PODS)) {
		const name = pod.split("_")[1] ?? "";
		const containers = readdirSync(`${folder}/${pod}`);
		if (name !== component && !name.startsWith(`${component}-`) && !containers.includes(component)) continue;
		for (const container of containers) {
			for (const log of readdirSync(`${folder}/${pod}/${container}`).filter((file) => file.endsWith(".log"))) {
				const path = `${folder}/${pod}/${container}/${log}`;
				const { mtimeMs: at, size } = statSync(path);
				if (size > 0 && (!newest || at > newest.at)) newest = { container, path, at };
			}
		}
	}
	const line = newest && lastLine(newest.path);
	return line ? `its container ${newest?.container} wrote last: ${line}` : undefined;
}

/** The last line that is not empty. Each is `TIME STREAM TAG TEXT` (CRI logging format). */
function lastLine(path: string): string | undefined {
	const file = openSync(path, "r");
	try {
		const { size } = fstatSync(file);
		const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
		const read = readSync(file, bytes, 0, bytes.length, size - bytes.length);
		const texts = bytes
			.toString("utf8", 0, read)
			.split("\n")
			.map((line) => /^\S+ (?:stdout|stderr) [A-Z:]+ (.*)$/.exec(line)?.[1]?.trim() ?? "");
		const last = texts.findLast((text) => text !== "");
		return last === undefined ? undefined : shortened(last);
	} finally {
		closeSync(file);
	}
}

function shortened(text: string): string {
	const line = text.replaceAll(/\p{Cc}+/gu, " ").trim();
	return line.length > MOST_TEXT ? `${line.slice(0, MOST_TEXT)}...` : line;
}
