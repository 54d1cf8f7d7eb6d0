import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Api } from "../api/client.ts";
import { Failure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { PROGRAM_NODE, PROGRAM_ROOT } from "../program-root.ts";
import { type Child, exitText, startChild } from "./child.ts";
import type { UpFolders } from "./folders.ts";
import { logTail } from "./log-tail.ts";

/** The program of the coordinator: it starts the bundle, or the sources where they changed since. */
export const COORDINATOR_MAIN = join(PROGRAM_ROOT, "packages/coordinator/bin/rollcall-coordinator.cjs");

const READY_MS = 60_000;
const POLL_MS = 50;
const STOP_MS = 10_000;
const MOST_RESTARTS_IN_A_ROW = 5;
const LONGEST_WAIT_MS = 10_000;
/** A coordinator that ran for so long counts as well; what follows is a new trouble. */
const SETTLED_MS = 60_000;

/** The coordinator process of `rollcall up`. */
export interface RunningCoordinator {
	readonly api: Api;
	/** Keeps it running until the signal is aborted: a crash is told and it is started again. Throws Failure when that does not help. */
	supervise(signal: AbortSignal, onNotice: (notice: string | undefined) => void): Promise<void>;
	stop(): Promise<void>;
}

/** Starts the coordinator and waits until it is ready. Throws Failure with the end of its log. */
export async function startCoordinator(folders: UpFolders, signal: AbortSignal): Promise<RunningCoordinator> {
	let child = await spawnCoordinator(folders);
	let api: Api;
	try {
		api = await whenReady(folders, child, signal);
	} catch (error) {
		await child.stop(STOP_MS);
		throw error;
	}
	return {
		api,
		stop: () => child.stop(STOP_MS),
		supervise: async (stop, onNotice) => {
			const stopped = new Promise<undefined>((resolve) =>
				stop.addEventListener("abort", () => resolve(undefined), { once: true }),
			);
			for (let restarts = 0; !stop.aborted; restarts += 1) {
				const begin = performance.now();
				const exit = await Promise.race([child.exited, stopped]);
				if (stop.aborted || !exit) return;
				if (performance.now() - begin > SETTLED_MS) restarts = 0;
				if (restarts >= MOST_RESTARTS_IN_A_ROW)
					throw await broken(folders, `ended again and again (${exitText(exit)})`);
				const wait = Math.min(1000 * 2 ** restarts, LONGEST_WAIT_MS);
				onNotice(`the coordinator ended (${exitText(exit)}); starting it again in ${wait / 1000} s`);
				await delay(wait, undefined, { signal: stop }).catch(() => undefined);
				if (stop.aborted) return;
				child = await spawnCoordinator(folders);
				const ready = await whenReady(folders, child, stop).catch(() => undefined);
				if (ready) onNotice(undefined);
			}
		},
	};
}

async function spawnCoordinator(folders: UpFolders): Promise<Child> {
	// An old one would tell of a process that is gone.
	await rm(apiFile(folders), { force: true });
	const args = [COORDINATOR_MAIN, "--config", folders.coordinatorConfig, "--tether-stdin"];
	return startChild({ command: PROGRAM_NODE, args, log: folders.coordinatorLog });
}

function apiFile(folders: UpFolders): string {
	return join(folders.coordinatorData, "api.json");
}

async function whenReady(folders: UpFolders, child: Child, signal: AbortSignal): Promise<Api> {
	const end = performance.now() + READY_MS;
	let over = false;
	void child.exited.then(() => {
		over = true;
	});
	while (performance.now() < end) {
		if (signal.aborted) throw new Failure("interrupted", { exit: EXIT.interrupted });
		if (over) throw await broken(folders, `ended before it was ready (${exitText(await child.exited)})`);
		const api = await readApi(folders, child.pid);
		const ready = await api?.send({ path: "/readyz", subject: "the coordinator", timeoutMs: 2000, signal }).then(
			() => true,
			() => false,
		);
		if (api && ready) return api;
		await delay(POLL_MS);
	}
	throw await broken(folders, `is not ready after ${READY_MS / 1000} s`);
}

async function readApi(folders: UpFolders, pid: number): Promise<Api | undefined> {
	try {
		const told = JSON.parse(await readFile(apiFile(folders), "utf8")) as {
			url?: unknown;
			pid?: unknown;
			authority?: unknown;
		};
		if (typeof told.url !== "string" || told.pid !== pid) return undefined;
		const file = join(folders.coordinatorData, "admin-token");
		const token = (await readFile(file, "utf8")).trim();
		const authority = typeof told.authority === "string" ? told.authority : undefined;
		return new Api({ server: new URL(told.url).origin, origin: "rollcall up", token, tokenOrigin: file, authority });
	} catch {
		return undefined;
	}
}

async function broken(folders: UpFolders, what: string): Promise<Failure> {
	return new Failure(`the coordinator ${what}`, {
		details: await logTail(folders.coordinatorLog, 8),
		next: "these are the last lines of its log; --keep or --data DIR keeps the whole log",
	});
}
