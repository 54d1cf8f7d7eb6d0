import { startKubelet } from "./kubelet/kubelet.ts";
import { createPods } from "./kubelet/pods.ts";

const LOOPBACK = "127.0.0.1";

/**
 * Stands in for the program `kubelet` on a machine that has none, with kubelet's own words: watches the manifest folder of its
 * configuration and answers the health port and the ports that the pods would; nothing is run. Resolves with the exit code when it
 * was stopped (SIGTERM, SIGINT), or at once when it cannot begin.
 */
export async function standInKubelet(words: readonly string[]): Promise<number> {
	const log = (line: string): void => void process.stdout.write(`stand-in for kubelet: ${line}\n`);
	const stopped = new Promise<void>((resolve) => {
		for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
	});
	const pods = createPods({ root: "/", loopback: LOOPBACK, programs: new Map(), log });
	try {
		const kubelet = await startKubelet(words, { root: "/", loopback: LOOPBACK, pods, log });
		await stopped;
		await kubelet.stop();
		await pods.clear();
		return 0;
	} catch (error) {
		log(error instanceof Error ? error.message : String(error));
		return 1;
	}
}
