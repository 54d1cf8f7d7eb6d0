import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Probe } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { createTargetKeeper } from "../src/loop/target-keeper.ts";
import { temporaryRoot, tree } from "./support/machine.ts";
import { applyParts } from "./support/parts.ts";
import { createScriptedUnits } from "./support/scripted-units.ts";
import { accepted, file, MACHINE, unitProbe } from "./support/targets.ts";

const UNIT = file("/run/systemd/system/k.service", "[Service]\n");
const K = { name: "k.service", restartOn: [] };

/** A keeper in its first or next life. */
function setUp(t: ExecutionContext, root = temporaryRoot(t), units = createScriptedUnits()) {
	const parts = applyParts(root, units);
	const states: string[] = [];
	const keeper = createTargetKeeper({
		...parts,
		random: () => 0,
		machineId: () => MACHINE,
		changed: () => {
			const standing = keeper.standing();
			if (standing) states.push(`${standing.generation} ${standing.progress.state}`);
		},
	});
	t.teardown(() => keeper.stop());
	return { root, units, parts, states, keeper, log: parts.log };
}

test("a target comes up: applying, then applied, with the health of its components", async (t) => {
	const { keeper, units, states } = setUp(t);
	await keeper.start();
	keeper.offer(accepted(1, { files: [UNIT], units: [K], probes: [unitProbe("kubelet", "k.service")] }));
	await eventually("applied", () => keeper.standing()?.progress.state === "applied");
	t.is(keeper.running()?.target.generation, 1);
	t.deepEqual(keeper.health(), [{ component: "kubelet", healthy: true }]);
	t.deepEqual(units.actions, ["reload", "restart k.service"]);
	t.deepEqual([...new Set(states)], ["1 applying", "1 applied"]);
});

test("a unit that does not start: rejected with systemd's words, and the previous target runs again", async (t) => {
	const { keeper, units, root } = setUp(t);
	await keeper.start();
	keeper.offer(accepted(1, { files: [UNIT], units: [K] }));
	await eventually("applied", () => keeper.standing()?.progress.state === "applied");
	const before = tree(root);
	units.actions.length = 0;
	units.broken.set("bad.service", "Job for bad.service failed");
	const bad = file("/run/systemd/system/bad.service", "[Service]\n");
	keeper.offer(accepted(2, { files: [bad], units: [{ name: "bad.service", restartOn: [] }] }));
	await eventually("rejected", () => keeper.standing()?.progress.state === "rejected");
	t.deepEqual(keeper.standing(), {
		generation: 2,
		progress: {
			state: "rejected",
			step: "units",
			unit: "bad.service",
			reason: "bad.service: Job for bad.service failed",
		},
	});
	t.deepEqual(tree(root), before);
	t.is(keeper.running()?.target.generation, 1);
	t.true(units.running.has("k.service"));
	t.deepEqual(units.actions, [
		"stop k.service",
		"reload",
		"restart bad.service",
		"stop bad.service",
		"reload",
		"restart k.service",
	]);
});

test("a unit that does not follow on going back holds up others only until it does: none stays on files of a rejected target", async (t) => {
	const { keeper, units, root } = setUp(t);
	const names = ["a.service", "b.service"];
	const of = (generation: number, content: string, probes: Probe[]) =>
		accepted(generation, {
			files: [
				...names.map((name) => file(`/run/systemd/system/${name}`, "[Service]\n")),
				file("/etc/kubernetes/x", content),
			],
			units: names.map((name) => ({ name, restartOn: ["/etc/kubernetes/x"] })),
			probes,
		});
	await keeper.start();
	keeper.offer(of(1, "good", []));
	await eventually("applied", () => keeper.standing()?.progress.state === "applied");
	keeper.offer(of(2, "bad", [unitProbe("c", "c.service")]));
	await eventually(
		"both run on the files of the second",
		() => units.actions.filter((one) => one === "restart b.service").length === 2,
	);
	units.broken.set("a.service", "Job for a.service failed");
	await eventually("rejected", () => keeper.standing()?.progress.state === "rejected");
	t.is(readFileSync(join(root, "etc/kubernetes/x"), "utf8"), "good");
	await keeper.stop();
	units.broken.clear();
	units.actions.length = 0;
	const next = setUp(t, root, units);
	await next.keeper.start();
	t.deepEqual(
		units.actions.filter((one) => one.startsWith("restart")),
		["restart a.service", "restart b.service"],
	);
	units.actions.length = 0;
	await next.keeper.stop();
	const last = setUp(t, root, units);
	await last.keeper.start();
	t.deepEqual(units.actions, []);
});

test("a component that stays down: rejected after its deadline, naming the component and its last reason", async (t) => {
	const { keeper, root } = setUp(t);
	await keeper.start();
	const probe = { ...unitProbe("etcd", "etcd.service"), deadlineSeconds: 1 };
	keeper.offer(accepted(1, { files: [file("/etc/kubernetes/a", "a")], probes: [probe] }));
	await eventually("rejected", () => keeper.standing()?.progress.state === "rejected");
	const progress = keeper.standing()?.progress;
	t.regex(
		progress?.state === "rejected" ? `${progress.step}: ${progress.reason}` : "",
		/^probes: etcd is not healthy after 1 s: etcd.service is inactive/,
	);
	t.is(progress?.state === "rejected" ? progress.unit : undefined, "etcd.service");
	t.deepEqual(tree(root), {});
});

test("a newer target takes over from one that hangs", async (t) => {
	const { keeper, units, root } = setUp(t);
	await keeper.start();
	units.hanging.add("k.service");
	keeper.offer(accepted(1, { files: [UNIT, file("/etc/kubernetes/one", "1")], units: [K] }));
	await eventually("the unit hangs", () => units.actions.includes("restart k.service"));
	keeper.offer(accepted(2, { files: [file("/etc/kubernetes/two", "2")] }));
	await eventually("applied", () => keeper.standing()?.progress.state === "applied");
	t.is(keeper.running()?.target.generation, 2);
	t.deepEqual(tree(root), { "/etc/kubernetes/two": "644 2" });
	t.true(units.actions.includes("stop k.service"));
});

test("an older target, or the same one again, is ignored", async (t) => {
	const { keeper, states } = setUp(t);
	await keeper.start();
	const second = accepted(2, { files: [file("/etc/kubernetes/a", "2")] });
	keeper.offer(second);
	await eventually("applied", () => keeper.standing()?.progress.state === "applied");
	const before = states.length;
	keeper.offer(accepted(1, { files: [file("/etc/kubernetes/a", "1")] }));
	keeper.offer(second);
	await keeper.stop();
	t.is(states.length, before);
	t.is(keeper.running()?.target.generation, 2);
});

test("an agent that starts again takes up its target and mends what is missing", async (t) => {
	const first = setUp(t);
	await first.keeper.start();
	first.keeper.offer(accepted(1, { files: [UNIT, file("/etc/kubernetes/a", "a")], units: [K] }));
	await eventually("applied", () => first.keeper.standing()?.progress.state === "applied");
	await first.keeper.stop();
	writeFileSync(join(first.root, "etc/kubernetes/a"), "tampered");
	first.units.running.clear();
	first.units.actions.length = 0;
	const next = setUp(t, first.root, first.units);
	await next.keeper.start();
	t.is(next.keeper.running()?.target.generation, 1);
	t.is(readFileSync(join(first.root, "etc/kubernetes/a"), "utf8"), "a");
	t.deepEqual(first.units.actions, ["start k.service"]);
	t.deepEqual(next.keeper.standing(), { generation: 1, progress: { state: "applied" } });
});

test("a reset stops the units, removes the files and ends in generation 0; a target may come again", async (t) => {
	const { keeper, units, root } = setUp(t);
	await keeper.start();
	const target = accepted(1, {
		files: [UNIT, file("/etc/kubernetes/a", "a")],
		units: [K],
		probes: [unitProbe("kubelet", "k.service")],
	});
	keeper.offer(target);
	await eventually("applied", () => keeper.standing()?.progress.state === "applied");
	await keeper.reset();
	t.is(keeper.running(), undefined);
	t.is(keeper.standing(), undefined);
	t.deepEqual(keeper.health(), []);
	t.deepEqual(tree(root), {});
	t.false(existsSync(join(root, "etc/kubernetes")));
	t.deepEqual([...units.running], []);
	keeper.offer(target);
	await eventually("applied", () => keeper.standing()?.progress.state === "applied");
	t.true(units.running.has("k.service"));
});

test("a target that was asked for before a reset does not come while it goes on, and comes after it", async (t) => {
	const { keeper, units, root } = setUp(t);
	await keeper.start();
	const target = accepted(1, { files: [UNIT], units: [K] });
	keeper.offer(target);
	await eventually("applied", () => keeper.standing()?.progress.state === "applied");
	const reset = keeper.reset();
	keeper.offer(target);
	await reset;
	t.deepEqual([tree(root), units.running.size, keeper.newest()], [{}, 0, undefined]);
	keeper.offer(target);
	await eventually("applied again", () => keeper.standing()?.progress.state === "applied");
});

test("a target that comes while units of the one before are still being stopped has its own files, not those that were staged for that one", async (t) => {
	const units = createScriptedUnits();
	const { stop } = units;
	let isStopping = false;
	units.stop = async (unit) => {
		isStopping = true;
		await stop(unit);
		await new Promise(() => {});
	};
	const { keeper, root } = setUp(t, temporaryRoot(t), units);
	await keeper.start();
	const a = (content: string) => file("/etc/kubernetes/a", content);
	const first = { files: [UNIT, a("first"), file("/etc/kubernetes/gone", "first")], units: [K] };
	keeper.offer(accepted(1, first));
	await eventually("applied", () => keeper.standing()?.progress.state === "applied");
	keeper.offer(accepted(2, { files: [a("second")], units: [] }));
	await eventually("its files are staged", () => isStopping);
	keeper.offer(accepted(3, first));
	await eventually(
		"applied",
		() => keeper.standing()?.generation === 3 && keeper.standing()?.progress.state === "applied",
	);
	t.like(tree(root), { "/etc/kubernetes/a": "644 first", "/etc/kubernetes/gone": "644 first" });
	t.true(units.running.has("k.service"));
});
