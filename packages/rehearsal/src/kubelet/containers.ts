import { setTimeout as sleep } from "node:timers/promises";
import { startTethered, type TetheredProcess } from "../init/tethered.ts";
import type { PodContainer, StaticPod } from "./static-pod.ts";

/** How long after its end a container is started again, and how long it gets to end by itself. */
const RESTART_MS = 1_000;
const GRACE_MS = 5_000;

/** Where programs that run in place of containers find themselves. */
export interface ContainerSurroundings {
	/** The program that runs in place of a container, by the container's name. Others are stood in for. */
	readonly programs: ReadonlyMap<string, string>;
	readonly root: string;
	readonly loopback: string;
	readonly log: (line: string) => void;
}

/** The containers of a pod that really run. */
export interface RunningContainers {
	/** Ends them; resolves when they are gone. */
	stop(): Promise<void>;
}

/** True for a pod of which a program runs: then nothing answers its ports but that. */
export function hasPrograms(pod: StaticPod, { programs }: ContainerSurroundings): boolean {
	return pod.containers.some(({ name }) => programs.has(name));
}

/**
 * Runs the programs of a pod: those of its init containers one after the other, each until it is done, then those of its
 * containers, again and again. A program gets the container's words behind the first one, as they are, and the machine's
 * root and loopback address in `ROLLCALL_REHEARSAL_ROOT` and `ROLLCALL_REHEARSAL_LOOPBACK`.
 */
export function runContainers(pod: StaticPod, machine: ContainerSurroundings): RunningContainers {
	const { programs, root, loopback, log } = machine;
	const stopped = new AbortController();
	const running = new Set<TetheredProcess>();
	const isOver = (): boolean => stopped.signal.aborted;
	const runOnce = async ({ name, words }: PodContainer): Promise<number> => {
		const program = programs.get(name);
		if (program === undefined) return 0;
		const child = startTethered([program, ...words.slice(1)], {
			cwd: root,
			env: {
				PATH: process.env.PATH ?? "",
				LANG: "C.UTF-8",
				ROLLCALL_REHEARSAL_ROOT: root,
				ROLLCALL_REHEARSAL_LOOPBACK: loopback,
			},
			onLine: (line) => log(`${name}: ${line}`),
		});
		running.add(child);
		const code = await child.ended;
		running.delete(child);
		if (!isOver()) log(`container ${name} of ${pod.name} ended with ${code}`);
		return code;
	};
	const pause = (): Promise<void> => sleep(RESTART_MS, undefined, { signal: stopped.signal }).catch(() => {});
	const runAll = async (): Promise<void> => {
		for (const container of pod.initContainers)
			while (!isOver() && (await runOnce(container)) !== 0 && !isOver()) await pause();
		const keep = async (container: PodContainer): Promise<void> => {
			if (!programs.has(container.name)) return;
			while (!isOver()) {
				await runOnce(container);
				await pause();
			}
		};
		await Promise.all(pod.containers.map(keep));
	};
	const ended = runAll();
	return {
		async stop() {
			stopped.abort();
			await Promise.all([...running].map((child) => child.stop(GRACE_MS)));
			await ended;
		},
	};
}
