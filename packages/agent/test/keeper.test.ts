import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { createTargetKeeper } from "../src/loop/target-keeper.ts";
import { temporaryRoot, tree } from "./support/machine.ts";
import { applyParts, until } from "./support/parts.ts";
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
	await until("applied", () => keeper.standing()?.progress.state === "applied");
	t.is(keeper.running()?.target.generation, 1);
	t.deepEqual(keeper.health(), [{ component: "kubelet", healthy: true }]);
	t.deepEqual(units.actions, ["reload", "restart k.service"]);
	t.deepEqual([...new Set(states)], ["1 applying", "1 applied"]);
});

test("a unit that does not start: rejected with systemd's words, and the previous target runs again", async (t) => {
	const { keeper, units, root } = setUp(t);
	await keeper.start();
	keeper.offer(accepted(1, { files: [UNIT], units: [K] }));
	await until("applied", () => keeper.standing()?.progress.state === "applied");
	const before = tree(root);
	units.actions.length = 0;
	units.broken.set("bad.service", "Job for bad.service failed");
	const bad = file("/run/systemd/system/bad.service", "[Service]\n");
	keeper.offer(accepted(2, { files: [bad], units: [{ name: "bad.service", restartOn: [] }] }));
	await until("rejected", () => keeper.standing()?.progress.state === "rejected");
	t.deepEqual(keeper.standing(), {
		generation: 2,
		progress: { state: "rejected", step: "units", reason: "bad.service: Job for bad.service failed" },
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

test("a component that stays down: rejected after its deadline, naming the component and its last reason", async (t) => {
	const { keeper, root } = setUp(t);
	await keeper.start();
	const probe = { ...unitProbe("etcd", "etcd.service"), deadlineSeconds: 1 };
	keeper.offer(accepted(1, { files: [file("/etc/kubernetes/a", "a")], probes: [probe] }));
	await until("rejected", () => keeper.standing()?.progress.state === "rejected");
	const progress = keeper.standing()?.progress;
	t.regex(
		progress?.state === "rejected" ? `${progress.step}: ${progress.reason}` : "",
		/^probes: etcd is not healthy after 1 s: etcd.service is inactive/,
	);
	t.deepEqual(tree(root), {});
});

test("a newer target takes over from one that hangs", async (t) => {
	const { keeper, units, root } = setUp(t);
	await keeper.start();
	units.hanging.add("k.service");
	keeper.offer(accepted(1, { files: [UNIT, file("/etc/kubernetes/one", "1")], units: [K] }));
	await until("the unit hangs", () => units.actions.includes("restart k.service"));
	keeper.offer(accepted(2, { files: [file("/etc/kubernetes/two", "2")] }));
	await until("applied", () => keeper.standing()?.progress.state === "applied");
	t.is(keeper.running()?.target.generation, 2);
	t.deepEqual(tree(root), { "/etc/kubernetes/two": "644 2" });
	t.true(units.actions.includes("stop k.service"));
});

test("an older target, or the same one again, is ignored", async (t) => {
	const { keeper, states } = setUp(t);
	await keeper.start();
	const second = accepted(2, { files: [file("/etc/kubernetes/a", "2")] });
	keeper.offer(second);
	await until("applied", () => keeper.standing()?.progress.state === "applied");
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
	await until("applied", () => first.keeper.standing()?.progress.state === "applied");
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
	await until("applied", () => keeper.standing()?.progress.state === "applied");
	await keeper.reset();
	t.is(keeper.running(), undefined);
	t.is(keeper.standing(), undefined);
	t.deepEqual(keeper.health(), []);
	t.deepEqual(tree(root), {});
	t.false(existsSync(join(root, "etc/kubernetes")));
	t.deepEqual([...units.running], []);
	keeper.offer(target);
	await until("applied", () => keeper.standing()?.progress.state === "applied");
	t.true(units.running.has("k.service"));
});
