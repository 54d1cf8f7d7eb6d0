import { machineFacts } from "@rollcall/test-support/machine-facts";
import type { ExecutionContext } from "ava";
import { createProber } from "../../src/adapters/probes/prober.ts";
import { createRehearsedKernel } from "../../src/adapters/rehearsal/pod-kernel.ts";
import { createServerTrust } from "../../src/adapters/server-trust.ts";
import { runAgent } from "../../src/loop/agent.ts";
import type { Clock } from "../../src/ports.ts";
import { createFakeBus, type FakeBus } from "./fake-bus.ts";
import type { FullDisk } from "./full-disk.ts";
import { temporaryRoot } from "./machine.ts";
import { applyParts } from "./parts.ts";
import { createScriptedUnits } from "./scripted-units.ts";
import { accepted, BOOT, file } from "./targets.ts";

/** A target with one file and one unit. */
export const TARGET = accepted(1, {
	files: [file("/etc/kubernetes/a", "a")],
	units: [{ name: "k.service", restartOn: [] }],
});

/** A clock a hundred times as fast: minutes of backoff pass in a moment. */
export const fastClock: Clock = {
	sinceBoot: () => performance.now() * 100,
	monotonic: () => performance.now() * 100,
	wall: () => Date.now(),
	sleep: (ms, signal) =>
		new Promise((resolve) => {
			const end = () => {
				clearTimeout(timer);
				signal.removeEventListener("abort", end);
				resolve();
			};
			const timer = setTimeout(end, signal.aborted ? 0 : Math.min(ms / 100, 20_000_000));
			signal.addEventListener("abort", end);
		}),
};

/** An agent on a fake bus, and a disk that may be full. `boot` may be changed while it runs. */
export function startAgent(
	t: ExecutionContext,
	options: { bus?: FakeBus; root?: string; units?: ReturnType<typeof createScriptedUnits>; full?: FullDisk } = {},
) {
	const { bus = createFakeBus(), root = temporaryRoot(t), units = createScriptedUnits(), full } = options;
	const stop = new AbortController();
	const boot = { id: BOOT, goingDown: false };
	const parts = applyParts(root, units, full?.disk, full?.wrap);
	let token: string | undefined = "one-time";
	const ended = runAgent(
		{
			...parts,
			...bus.parts,
			trust: createServerTrust(undefined),
			createProber: (routes) => createProber({ loopback: "127.0.0.1", root, plain: true }, units, routes),
			podKernel: createRehearsedKernel(root),
			clock: fastClock,
			facts: { read: async () => machineFacts({ bootId: boot.id }) },
			token: () => token,
			dropToken: () => {
				token = undefined;
			},
			ready: () => {},
			standIns: false,
			isGoingDown: async () => boot.goingDown,
			rejoinAfterMs: 30_000,
		},
		stop.signal,
	);
	const end = async () => {
		stop.abort();
		return await ended;
	};
	t.teardown(end);
	return { bus, root, units, boot, log: parts.log, memory: parts.memory, end, ended };
}
