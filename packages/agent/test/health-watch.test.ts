import type { Probe } from "@rollcall/protocol";
import test from "ava";
import { createHealthWatch } from "../src/loop/health-watch.ts";
import type { Prober } from "../src/ports.ts";

const PROBE = {
	kind: "routes",
	component: "pod-network",
	intervalSeconds: 5,
	timeoutSeconds: 2,
	deadlineSeconds: 120,
} as const;

/** A watch over one component, on a clock that stands until it is pushed. */
function scene() {
	let now = 0;
	let result: Awaited<ReturnType<Prober["probe"]>> = { healthy: false, reason: "no routes yet" };
	let changes = 0;
	const sleepers: (() => void)[] = [];
	const clock = {
		monotonic: () => now,
		sinceBoot: () => now,
		wall: () => now,
		sleep: (_ms: number) => new Promise<void>((resolve) => void sleepers.push(resolve)),
	};
	const watch = createHealthWatch({
		prober: { probe: async () => result },
		clock,
		random: () => 0,
		changed: () => changes++,
	});
	const settle = () => new Promise((resolve) => setImmediate(resolve));
	return {
		watch: (since: "started" | "unknown" | "healthy") => watch.watch([PROBE as Probe], since),
		becomes(healthy: boolean) {
			result = healthy ? { healthy: true } : { healthy: false, reason: "no routes yet" };
		},
		async look(at: number) {
			now = at;
			for (const wake of sleepers.splice(0)) wake();
			await settle();
		},
		settle,
		health: () => watch.health(),
		changes: () => changes,
	};
}

test("a component that has just been started is not told to be ill before it had time to start", async (t) => {
	const { watch, becomes, look, settle, health, changes } = scene();
	watch("started");
	await settle();
	await look(5_000);
	t.deepEqual([health(), changes()], [[], 0]);
	becomes(true);
	await look(9_000);
	t.deepEqual(health(), [{ component: "pod-network", healthy: true }]);
	becomes(false);
	await look(9_500);
	t.like(health()[0], { healthy: false });
	t.is(changes(), 2);
});

test("one that does not start in that time is told, and one that ran before at once", async (t) => {
	const late = scene();
	late.watch("started");
	await late.settle();
	await late.look(10_000);
	t.like(late.health()[0], { healthy: false, reason: "no routes yet" });
	const taken = scene();
	taken.watch("unknown");
	await taken.settle();
	t.like(taken.health()[0], { healthy: false });
	const running = scene();
	running.watch("healthy");
	running.watch("started");
	await running.settle();
	t.like(running.health()[0], { healthy: false });
});
