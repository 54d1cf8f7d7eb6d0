import { type Event, type MachineId, type PodRoute, podRoutesDigest, type RoutesReply } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { PodRoutes } from "../../src/keepers/pod-routes.ts";
import { Story } from "../domain/story.ts";

const slots = [{ name: "w", role: "worker", count: "rest" }];
const more = {
	kubernetes: { version: "1.36.2", podNetwork: "routed" },
	networks: { pods: "10.9.0.0/16", nodeAddress: { interface: "eth0" } },
};

/** The keeper of a fleet to which things happen, and who was told what. */
function scene(t: ExecutionContext) {
	const story = new Story();
	story.declare(slots, more);
	const told: [MachineId, string][] = [];
	const lead: { actsIn: number | undefined } = { actsIn: 1 };
	let listener: (event: Event) => void = () => {};
	const routes = new PodRoutes({
		core: {
			fleet: () => story.fleet,
			actsIn: () => lead.actsIn,
			subscribe: (hears) => {
				listener = hears;
				return () => {};
			},
		},
		bus: { notifyRoutes: (machineId, digest) => told.push([machineId, digest]) },
		now: () => story.at,
		monotonic: () => performance.now(),
	});
	t.teardown(() => routes.close());
	const during = (what: () => void) => {
		const before = story.events.length;
		what();
		for (const event of story.events.slice(before)) listener(event);
	};
	const ask = (machineId: MachineId, have?: string): RoutesReply =>
		routes.answer(machineId, { bootId: story.machine(machineId).bootId, ...(have ? { have: have as never } : {}) });
	return { story, told, lead, routes, during, ask };
}

/** The table of an agent that had one and did what it was told. */
function after(table: readonly PodRoute[], reply: RoutesReply): readonly PodRoute[] {
	if (reply.kind === "table") return reply.routes;
	if (reply.kind !== "changes") throw new Error(reply.kind);
	const kept = table.filter(({ nodeName }) => !reply.gone.includes(nodeName));
	const set = new Set(reply.set.map(({ nodeName }) => nodeName));
	return [...kept.filter(({ nodeName }) => !set.has(nodeName)), ...reply.set];
}

test("everybody is told by a digest, and asks for what changed since his own table, however many changes he missed", async (t) => {
	const { story, told, routes, during, ask } = scene(t);
	routes.lead(true);
	let a: MachineId | undefined;
	during(() => {
		a = story.join({ name: "a" });
		story.join({ name: "b" });
	});
	if (!a) return t.fail();
	const id = a;
	await eventually("both to be told", () => told.length === 2);
	let mine = after([], ask(id));
	t.is(mine.length, 2);
	const first = podRoutesDigest(mine);
	t.is(told[0]?.[1], first);
	for (const [count, name] of ["c", "d", "e"].entries()) {
		during(() => void story.join({ name }));
		await eventually("all to be told", () => new Set(told.slice(-3 - count).map(([who]) => who)).size === 3 + count);
	}
	const reply = ask(id, first);
	t.is(reply.kind === "changes" && reply.set.length, 3);
	mine = after(mine, reply);
	t.true(reply.kind === "changes" && podRoutesDigest(mine) === reply.digest);
	t.deepEqual(ask(id, podRoutesDigest(mine)), {
		kind: "changes",
		digest: podRoutesDigest(mine) as never,
		set: [],
		gone: [],
	});
	t.is(ask(id, `sha256:${"0".repeat(64)}`).kind, "table");
});

test("the route of a lost machine stays until its seat is given away, and goes with a machine that is removed", async (t) => {
	const { story, told, routes, during, ask } = scene(t);
	routes.lead(true);
	const ids: MachineId[] = [];
	during(() => {
		for (const name of ["a", "b", "c"]) ids.push(story.join({ name }));
	});
	const [a, b, c] = ids as [MachineId, MachineId, MachineId];
	await eventually("all to be told", () => told.length === 3);
	during(() => {
		story.silent.add(b);
		story.pass(60);
	});
	t.is(story.machine(b).lease, "lost");
	const lost = ask(a);
	t.is(lost.kind === "table" && lost.routes.length, 3);
	during(() => story.take({ kind: "remove", machineId: c, by: "test" }));
	await eventually("the others to be told", () => told.length === 5);
	const left = ask(a);
	t.is(left.kind === "table" && left.routes.length, 2);
});

test("who begins to lead tells all, since the one before may have died before it could; who follows tells nobody", async (t) => {
	const { story, told, routes, during } = scene(t);
	during(() => void story.join({ name: "a" }));
	routes.lead(true);
	await eventually("it to be told", () => told.length === 1);
	routes.lead(false);
	during(() => void story.join({ name: "b" }));
	routes.lead(true);
	await eventually("both to be told", () => told.length === 3);
	const unknown = routes.answer(story.join({ name: "z", boot: 7 }), {
		bootId: "00000000-0000-4000-8000-000000000009" as never,
	});
	t.is(unknown.kind, "problem");
});

test("who was just elected tells nobody until it may act, and then what is true by then, once", async (t) => {
	const { story, told, lead, routes, during } = scene(t);
	during(() => void story.join({ name: "a" }));
	lead.actsIn = undefined;
	routes.lead(true);
	during(() => void story.join({ name: "b" }));
	await new Promise((resolve) => setTimeout(resolve, 100));
	t.is(told.length, 0);
	lead.actsIn = 2;
	await eventually("both to be told", () => told.length === 2);
	t.is(new Set(told.map(([, digest]) => digest)).size, 1);
});

test("a coordinator that has just begun to lead answers with the whole table, and with none while a lost log is rebuilt", async (t) => {
	const { story, told, routes, during, ask } = scene(t);
	const a = story.join({ name: "a" });
	story.join({ name: "b" });
	routes.lead(true);
	const first = ask(a);
	t.is(first.kind === "table" && first.routes.length, 2);
	await eventually("both to be told", () => told.length === 2);
	story.fleet = { ...story.fleet, recoverUntil: story.at + 1_000 };
	during(() => story.take({ kind: "remove", machineId: a, by: "test" }));
	const b = [...story.fleet.machines.keys()][0] as MachineId;
	t.like(ask(b), { kind: "problem", problem: { code: "not-ready" } });
	t.is(told.length, 2);
	story.at += 1_000;
	await eventually("the one that is left to be told", () => told.length === 3);
	const last = ask(b);
	t.is(last.kind === "table" && last.routes.length, 1);
});
