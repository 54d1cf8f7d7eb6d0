import { digestOf, type MachineId, TARGET_LIMITS, type Target } from "@rollcall/protocol";
import { folderOf, isBelow } from "./confine.ts";
import { pathsOf } from "./credentials.ts";

/** What a target is checked against, besides its schema. */
export interface CheckRules {
	readonly machineId: MachineId;
	readonly writeRoots: readonly string[];
}

/**
 * Why a target must not be applied, or undefined when it may: it is another machine's, its digest does not fit, it writes
 * where the agent does not, it names one path twice or uses a file as a folder, or a content is not what its encoding says.
 */
export function refusal(target: Target, rules: CheckRules): string | undefined {
	const { content } = target;
	if (target.machineId !== rules.machineId) {
		return `the target is for ${target.machineId}, this machine is ${rules.machineId}`;
	}
	const digest = digestOf(content);
	if (digest !== target.digest) return `the content's digest is ${digest}, the target says ${target.digest}`;
	const paths = pathsOf(content);
	const outside = paths.find((path) => !isBelow(path, rules.writeRoots));
	if (outside !== undefined) return `${outside} lies outside the folders that this agent writes to`;
	const reserved = paths.find((path) => path.slice(path.lastIndexOf("/") + 1).startsWith(".rollcall-"));
	if (reserved !== undefined) return `${reserved} has a name that is kept for the agent's own temporary files`;
	return clash(paths) ?? artifactRefusal(target) ?? contentRefusal(target);
}

function artifactRefusal({ content: { artifacts, secrets = [] } }: Target): string | undefined {
	for (const { path, encrypted, unpack, takenNote } of artifacts) {
		if (!encrypted) continue;
		if (unpack || takenNote !== undefined) return `${path} is encrypted, and cannot be unpacked or taken in`;
		if (!secrets.some(({ name }) => name === encrypted.secret))
			return `${path} is opened by the secret ${encrypted.secret}, which the target does not name`;
	}
	return undefined;
}

function clash(paths: readonly string[]): string | undefined {
	const seen = new Set<string>();
	for (const path of paths) {
		if (seen.has(path)) return `${path} is there twice`;
		seen.add(path);
	}
	for (const path of paths) {
		for (let folder = folderOf(path); folder !== "/"; folder = folderOf(folder)) {
			if (seen.has(folder)) return `${folder} is a file and the folder of ${path}`;
		}
	}
	return undefined;
}

function contentRefusal(target: Target): string | undefined {
	let total = 0;
	for (const file of target.content.files) {
		if (
			file.encoding === "base64" &&
			!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(file.content)
		) {
			return `${file.path}: the content is not base64`;
		}
		total += file.content.length;
	}
	if (total > TARGET_LIMITS.totalBytes * 2) return `the files have ${total} bytes together, too many`;
	const components = target.content.probes.map((probe) => probe.component);
	const double = components.find((name, index) => components.indexOf(name) !== index);
	return double === undefined ? undefined : `component ${double} has two probes`;
}
