import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { renderTarget } from "../../src/render/render-target.ts";
import { debian, HAPROXY } from "../boot/programs/debian.ts";
import { example, fleetOf, labFacts } from "./fleet-of.ts";
import { type NodeTree, readTree } from "./node-tree.ts";
import { startBalancer } from "./running-balancer.ts";
import { runningApiServers, standInApiServer } from "./stand-in-api-server.ts";

/** Three control planes, node-0 to node-2, and a worker. */
const ha = fleetOf(
	example("ha"),
	[0, 1, 2, 3].map((index) => labFacts(index)),
);
const [, CONTROL, , WORKER] = ha.seated.map(({ machine, seat }): NodeTree => {
	const rendered = renderTarget(ha.fleet, machine, seat);
	if (!rendered.ok) throw new Error(rendered.reason);
	return readTree(rendered.content);
}) as [NodeTree, NodeTree, NodeTree, NodeTree];
/** The control plane whose balancer is tried: not the first one that was declared. */
const OWN = "node-1";

const testBalancer = testNeeding(await debian(HAPROXY));

testBalancer("the balancer follows a change of the control planes in the same pod, and ends with it", async (t) => {
	const { one, two } = await runningApiServers(t, "one", "two");
	const balancer = await startBalancer(t, WORKER, { "node-0": one.port });
	await balancer.until("one");
	const old = await balancer.hold();
	const begun = performance.now();
	await balancer.declare({ "node-1": two.port });
	const there = await balancer.until("two");
	await old.ended;
	const cut = performance.now() - begun;
	await balancer.declare({ "node-0": one.port, "node-1": two.port });
	const back = await balancer.until("one");
	t.log(
		`new connections followed after ${there.toFixed(0)} and ${back.toFixed(0)} ms, an open one after ${cut.toFixed(0)} ms`,
	);
	t.is(await balancer.health(), 200);
	t.is(balancer.exitCode(), null);
	t.notRegex(balancer.output(), /ALERT/);

	await balancer.stop();
	await t.throwsAsync(balancer.health());
});

for (const [how, leave, comeBack] of [
	["does not say that it is ready", "unready", "ready"],
	["is away", "stop", "start"],
] as const) {
	testBalancer(
		`a control plane's balancer leads to the API server beside it, to the others while that ${how}, and back, open connections too`,
		async (t) => {
			const servers = await runningApiServers(t, "own", "second", "third");
			const { own, second, third } = servers;
			const balancer = await startBalancer(t, CONTROL, {
				"node-0": second.port,
				[OWN]: own.port,
				"node-2": third.port,
			});
			const change = {
				unready: () => own.ready(false),
				ready: () => own.ready(true),
				stop: own.stop,
				start: own.start,
			};
			// Where the computer is busy, a server may be too slow for one look of the balancer, and is another one's for a moment.
			const all = (...names: readonly string[]) =>
				eventually(`answers of ${names.join(" and ")} alone`, async () => {
					const answers = await Promise.all(Array.from({ length: 12 }, () => balancer.ask()));
					return [...new Set(answers)].sort().join() === names.join();
				});
			await balancer.until("own");
			t.true(await all("own"));

			const before = await balancer.hold();
			t.is(before.name, "own");
			let begun = performance.now();
			await change[leave]();
			await before.ended;
			await balancer.until("second", "third");
			const away = performance.now() - begun;
			// Both of the others serve, as `option allbackups` has it.
			t.true(await all("second", "third"));

			const meanwhile = await balancer.hold();
			t.not(meanwhile.name, "own");
			begun = performance.now();
			await change[comeBack]();
			await meanwhile.ended;
			const back = performance.now() - begun;
			t.true(await all("own"));
			t.log(
				`${away.toFixed(0)} ms to another API server, ${back.toFixed(0)} ms until the last connection to it was cut`,
			);
			t.notRegex(balancer.output(), /ALERT.*(?:config|parsing)/);
		},
	);
}

testBalancer(
	"a control plane that boots finds whichever API server comes first, and then the one beside it",
	async (t) => {
		const [own, other] = [await standInApiServer(t, "own"), await standInApiServer(t, "other")];
		const balancer = await startBalancer(t, CONTROL, { "node-0": other.port, [OWN]: own.port });
		// Nobody is there yet: whoever asks is sent away and comes again.
		t.notRegex(await balancer.ask(), /^(?:own|other)$/);
		await other.start();
		await balancer.until("other");
		await own.start();
		await balancer.until("own");
		t.is(await balancer.ask(), "own");
	},
);

testBalancer("the first control plane finds the API server beside it when that comes up", async (t) => {
	const own = await standInApiServer(t, "own");
	const balancer = await startBalancer(t, CONTROL, { [OWN]: own.port });
	t.not(await balancer.ask(), "own");
	await own.start();
	await balancer.until("own");
	await own.stop();
	await own.start();
	await balancer.until("own");
});

testBalancer("a control plane whose own API server is down follows a change of the others", async (t) => {
	const own = await standInApiServer(t, "own");
	const { second, third } = await runningApiServers(t, "second", "third");
	const balancer = await startBalancer(t, CONTROL, { [OWN]: own.port, "node-0": second.port });
	await balancer.until("second");
	await balancer.declare({ [OWN]: own.port, "node-2": third.port });
	const there = await balancer.until("third");
	t.log(`new connections followed after ${there.toFixed(0)} ms`);
	await own.start();
	await balancer.until("own");
	t.is(await balancer.ask(), "own");
});
