import { type FSWatcher, watch } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { closeServer, listenHttp, type Pods } from "./pods.ts";
import { parseKubeletConfig, parseStaticPod, type StaticPod } from "./static-pod.ts";

/** How often the manifest folder is read even if nothing was noticed (kubelet's fileCheckFrequency is 20 s). */
const RESCAN_MS = 5_000;
const MANIFEST_BYTES = 1024 * 1024;

/** A part of a machine that runs within this process, in place of a program. */
export interface StandIn {
	stop(): Promise<void>;
}

/** What the stand-in for kubelet needs of its machine. */
export interface KubeletSurroundings {
	readonly root: string;
	readonly loopback: string;
	readonly nodeName?: string;
	readonly pods: Pods;
	readonly log: (line: string) => void;
}

/**
 * Starts the stand-in for kubelet: reads the file named by `--config`, answers `/healthz` and `/pods` at its healthz port,
 * and keeps the pods as the manifest folder has them; files whose name begins with a dot do not count. Throws an Error, in
 * kubelet's manner, when the configuration cannot be read or the port is taken.
 */
export async function startKubelet(words: readonly string[], machine: KubeletSurroundings): Promise<StandIn> {
	const { root, loopback, pods, log } = machine;
	const config = await readConfig(words, root);
	const flag = option(words, "pod-manifest-path");
	const folder = config.staticPodPath || flag ? join(root, config.staticPodPath || (flag ?? "")) : undefined;
	const nodeName = option(words, "hostname-override") ?? machine.nodeName ?? hostname();
	const answer = (path: string): readonly [number, string] => {
		if (path === "/healthz") return [200, "ok"];
		if (path === "/pods") return [200, JSON.stringify(pods.list(nodeName))];
		return [404, "not found\n"];
	};
	const server = config.healthzPort === 0 ? undefined : await listenHttp(loopback, config.healthzPort, answer);
	log(
		`rehearsed kubelet ${nodeName} is up, healthz at ${loopback}:${config.healthzPort}, manifests in ${folder ?? "none"}`,
	);

	const complaints = new Map<string, string>();
	let watcher: FSWatcher | undefined;
	let stopped = false;
	let round = Promise.resolve();
	const scan = async (): Promise<void> => {
		if (stopped || folder === undefined) return;
		watcher ??= watchFolder(folder, () => wake());
		const wanted = await readManifests(folder, (file, trouble) => {
			if (complaints.get(file) !== trouble) log(`${file} is passed over: ${trouble}`);
			complaints.set(file, trouble);
		});
		if (!stopped) await pods.sync(wanted);
	};
	const wake = (): void => {
		round = round.then(scan).catch((error: Error) => log(`cannot read ${folder}: ${error.message}`));
	};
	const timer = setInterval(wake, RESCAN_MS);
	wake();
	await round;
	return {
		async stop() {
			stopped = true;
			clearInterval(timer);
			watcher?.close();
			await round;
			if (server !== undefined) await closeServer(server);
		},
	};
}

/** The value of `--name=value` or `--name value`. */
function option(words: readonly string[], name: string): string | undefined {
	const joined = words.find((word) => word.startsWith(`--${name}=`));
	if (joined !== undefined) return joined.slice(name.length + 3);
	const at = words.indexOf(`--${name}`);
	return at < 0 ? undefined : words[at + 1];
}

async function readConfig(
	words: readonly string[],
	root: string,
): Promise<{ staticPodPath: string; healthzPort: number }> {
	const path = option(words, "config");
	if (path === undefined) return { staticPodPath: "", healthzPort: 10248 };
	try {
		return parseKubeletConfig(await readFile(join(root, path), "utf8"));
	} catch (error) {
		const words = error instanceof Error ? error.message.replace(root, "") : String(error);
		throw new Error(`failed to load kubelet config file, path: ${path}, error: ${words}`);
	}
}

/** Watches a folder; nothing when it is not there (yet): then the next scan tries again. */
function watchFolder(folder: string, onChange: () => void): FSWatcher | undefined {
	try {
		return watch(folder, onChange).on("error", () => {});
	} catch {
		return undefined;
	}
}

/** The pods of all files that can be read, by file name. A missing folder has none. */
async function readManifests(
	folder: string,
	complain: (file: string, trouble: string) => void,
): Promise<Map<string, { pod: StaticPod; text: string }>> {
	const pods = new Map<string, { pod: StaticPod; text: string }>();
	const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT") return [];
		throw error;
	});
	for (const name of names.sort().filter((name) => !name.startsWith("."))) {
		try {
			const { size } = await stat(join(folder, name));
			if (size > MANIFEST_BYTES) throw new Error(`it has ${size} bytes, more than ${MANIFEST_BYTES}`);
			const text = await readFile(join(folder, name), "utf8");
			pods.set(name, { pod: parseStaticPod(text), text });
		} catch (error) {
			complain(name, error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
		}
	}
	return pods;
}
