import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TargetContent } from "@rollcall/protocol";
import { writeLog } from "@rollcall/test-support/etcd-log";
import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { applyTarget } from "../src/loop/apply.ts";
import { createEtcdMemoryKeeper } from "../src/loop/etcd-memory.ts";
import { createTargetKeeper } from "../src/loop/target-keeper.ts";
import { MOUNT, WITH_ETCD } from "./support/etcd.ts";
import { temporaryRoot, tree } from "./support/machine.ts";
import { applyParts } from "./support/parts.ts";
import { createScriptedUnits } from "./support/scripted-units.ts";
import { accepted, BOOT, file, MACHINE, unitProbe } from "./support/targets.ts";

const MEMORY = { memberId: "10276657743932975437", clusterId: "14841639068965178418", bootId: BOOT };
const MARKER = "var/lib/etcd/rollcall-member";
const WORKER: Partial<TargetContent> = {
	files: [file("/etc/kubernetes/manifests/proxy.yaml", "proxy")],
	units: [{ name: "kubelet.service", restartOn: [] }],
};

/** The agent of a machine, in its first or next life. */
function setUp(t: ExecutionContext, root = temporaryRoot(t), units = createScriptedUnits()) {
	const parts = applyParts(root, units);
	const keeper = createTargetKeeper({ ...parts, random: () => 0, changed: () => {}, machineId: () => MACHINE });
	t.teardown(() => keeper.stop());
	const becomes = (state: string) =>
		eventually(`the newest target is ${state}`, () => {
			const standing = keeper.standing();
			return standing?.progress.state === state && standing.generation === keeper.newest()?.target.generation;
		});
	const stopped = () => units.actions.includes(`stop ${MOUNT}`);
	return { root, units, parts, keeper, becomes, stopped, etcd: parts.etcd };
}

/** An agent that has applied the target with etcd, whose member has written its log. */
async function member(t: ExecutionContext) {
	const machine = setUp(t);
	await machine.keeper.start();
	machine.keeper.offer(accepted(1, WITH_ETCD));
	await machine.becomes("applied");
	writeLog(machine.root, BigInt(MEMORY.memberId), BigInt(MEMORY.clusterId));
	t.deepEqual(machine.etcd.present(), MEMORY);
	machine.units.actions.length = 0;
	return machine;
}

const WITHOUT_API = { ...WITH_ETCD, probes: [unitProbe("kube-apiserver", "apiserver.service")] };
const MANIFEST = "etc/kubernetes/manifests/etcd.yaml";

test("a first target that fails before its member wrote anything is taken away, and leaves the mount where it is", async (t) => {
	const { keeper, becomes, stopped, units, root } = setUp(t);
	await keeper.start();
	keeper.offer(accepted(1, WITHOUT_API));
	await becomes("rejected");
	t.false(stopped());
	t.true(units.actions.includes("stop kubelet.service"));
	t.deepEqual(Object.keys(tree(root, "/run/systemd/system")), [`/run/systemd/system/${MOUNT}`]);
	t.false(existsSync(join(root, MANIFEST)));
	keeper.offer(accepted(2, WITH_ETCD));
	await becomes("applied");
	t.false(stopped());
	t.is(units.actions.filter((action) => action === `restart ${MOUNT}`).length, 0);
});

test("etcd goes on where a first target fails after its member wrote something: others may need it, or have to read it", async (t) => {
	const machine = setUp(t);
	const { units, root, etcd } = machine;
	let { keeper, becomes } = machine;
	await keeper.start();
	keeper.offer(accepted(1, WITHOUT_API));
	await eventually("etcd begins", () => units.running.has(MOUNT));
	writeLog(root, 1n, 2n);
	await becomes("rejected");
	t.like(keeper.standing()?.progress, { step: "probes" });
	t.like(etcd.present(), { memberId: "1" });
	const goesOn = (when: string) => {
		t.false(machine.stopped() || units.actions.includes("stop kubelet.service"), when);
		t.true(existsSync(join(root, MANIFEST)), when);
	};
	goesOn("it is rejected");
	t.like(keeper.health(), [{ component: "kube-apiserver", healthy: false }]);
	keeper.offer(accepted(2, { ...WITHOUT_API, probes: [unitProbe("scheduler", "scheduler.service")] }));
	await becomes("rejected");
	goesOn("a newer one is rejected");
	await keeper.stop();
	({ keeper, becomes } = setUp(t, root, units));
	void keeper.start();
	await becomes("rejected");
	goesOn("the agent started again");
	units.running.add("scheduler.service");
	await becomes("applied");
	goesOn("it is applied");
	t.is(keeper.running()?.target.generation, 2);
});

test("a target without etcd, whether it fails or succeeds, leaves etcd's memory where it is", async (t) => {
	const { keeper, becomes, stopped, units, etcd } = await member(t);
	keeper.offer(accepted(2, { ...WORKER, probes: [unitProbe("kube-apiserver", "apiserver.service")] }));
	await becomes("rejected");
	t.false(stopped());
	keeper.offer(accepted(3, WORKER));
	await becomes("applied");
	t.false(stopped());
	t.true(units.running.has(MOUNT));
	t.deepEqual(etcd.present(), MEMORY);
});

test("a mount whose unit file changes is not started anew", async (t) => {
	const { keeper, becomes, units, root } = await member(t);
	const changed = file(`/run/systemd/system/${MOUNT}`, "[Mount]\nOptions=size=20%\n");
	keeper.offer(accepted(2, { ...WITH_ETCD, files: [changed] }));
	await becomes("applied");
	t.is(readFileSync(join(root, changed.path), "utf8"), changed.content);
	t.false(units.actions.some((action) => action === `restart ${MOUNT}` || action === `stop ${MOUNT}`));
});

test("a reset leaves etcd's memory where it is, over restarts of the agent, unless the coordinator's word covers it", async (t) => {
	const { keeper, stopped, units, root, etcd } = await member(t);
	await keeper.reset();
	t.false(stopped());
	t.is(keeper.running(), undefined);
	t.deepEqual(Object.keys(tree(root, "/etc")), []);
	t.deepEqual(etcd.present(), MEMORY);
	await keeper.reset([{ ...MEMORY, memberId: "1" }]);
	t.false(stopped(), "the word is about another member");
	const next = setUp(t, root, units);
	await next.keeper.start();
	t.false(stopped());
	t.deepEqual(next.etcd.present(), MEMORY);
	await next.keeper.reset([MEMORY]);
	t.true(stopped());
	t.is(next.etcd.held(), undefined);
	t.is(next.etcd.present(), null);
	t.deepEqual(Object.keys(tree(root, "/run/systemd")), []);
});

test("a target that says that etcd knows the member no more lets its memory go, once it was applied", async (t) => {
	const { keeper, becomes, stopped, etcd, units, root } = await member(t);
	const word = { memory: { forgets: [MEMORY] } };
	keeper.offer(accepted(2, { ...WORKER, ...word, probes: [unitProbe("kubelet", "other.service")] }));
	await becomes("rejected");
	t.false(stopped());
	keeper.offer(accepted(3, { ...WORKER, ...word }));
	await becomes("applied");
	await eventually("it went", () => etcd.held() === undefined);
	t.true(stopped());
	t.is(units.actions.at(-1), `stop ${MOUNT}`);
	t.is(etcd.present(), null);
	// The tmpfs is gone with its mount.
	rmSync(join(root, "var/lib/etcd"), { recursive: true });
	const next = setUp(t, root, units);
	await next.keeper.start();
	t.deepEqual(Object.keys(tree(root, "/run/systemd")), [], "its unit file goes with it");
});

test("data that was marked and is gone, or is another's, is a loss, and etcd does not begin again in this boot", async (t) => {
	const losses: Record<string, (root: string) => void> = {
		"all of it is gone": (root) => rmSync(join(root, "var/lib/etcd"), { recursive: true }),
		"its marker is gone": (root) => rmSync(join(root, MARKER)),
		"its marker is damaged": (root) => writeFileSync(join(root, MARKER), "{"),
		"another member's is there": (root) => writeLog(root, 7n, 2n),
		"another boot's is there": (root) =>
			writeFileSync(join(root, MARKER), JSON.stringify({ ...MEMORY, bootId: "0b0a7e1c-1111-4222-8333-444455550000" })),
	};
	for (const [what, lose] of Object.entries(losses)) {
		const { root, etcd, keeper, becomes, units } = await member(t);
		lose(root);
		t.is(etcd.present(), null, what);
		t.deepEqual(etcd.held()?.lost, MEMORY, what);
		keeper.offer(accepted(2, { ...WITH_ETCD, files: [] }));
		await becomes("rejected");
		t.like(keeper.standing()?.progress, { step: "check" }, what);
		units.running.delete(MOUNT);
		units.actions.length = 0;
		const next = setUp(t, root, units);
		await next.keeper.start();
		t.is(next.etcd.present(), null, what);
		t.false(
			units.actions.some((action) => action.includes(MOUNT)),
			what,
		);
	}
});

test("data that nobody marked in this boot gets its marker once, for root alone; what cannot be read now is no loss", async (t) => {
	const { root, etcd } = await member(t);
	t.deepEqual(JSON.parse(readFileSync(join(root, MARKER), "utf8")), MEMORY);
	const log = join(root, "var/lib/etcd/member/wal", readdirSync(join(root, "var/lib/etcd/member/wal"))[0] ?? "");
	const whole = readFileSync(log);
	writeFileSync(log, whole.subarray(0, 5));
	t.deepEqual(etcd.present(), MEMORY);
	writeFileSync(log, whole);
	t.deepEqual(etcd.present(), MEMORY);
});

test("what lay in the memory of an earlier boot is not taken for this one's", async (t) => {
	const { root } = await member(t);
	const earlier = { ...MEMORY, bootId: "0b0a7e1c-1111-4222-8333-444455550000" };
	writeFileSync(join(root, MARKER), JSON.stringify(earlier));
	const { memory } = setUp(t, root).parts;
	memory.forget("boot");
	t.is(setUp(t, root).etcd.held(), undefined);
});

test("an agent that lost all that it remembered still says whose memory of etcd lies there, by its marker, and keeps it", async (t) => {
	const { root, units } = await member(t);
	rmSync(join(root, "run/rollcall/state"), { recursive: true });
	const next = setUp(t, root, units);
	t.deepEqual(next.etcd.present(), MEMORY);
	await next.keeper.start();
	await next.keeper.reset();
	next.keeper.offer(accepted(2, WORKER));
	await next.becomes("applied");
	t.false(next.stopped());
	t.deepEqual(setUp(t, root, units).etcd.present(), MEMORY);
});

test("etcd's memory stays held when the file about it cannot be read", async (t) => {
	const { root, units } = await member(t);
	writeFileSync(join(root, "run/rollcall/state/etcd.json"), "{");
	const next = setUp(t, root, units);
	await next.keeper.start();
	await next.keeper.reset();
	t.false(next.stopped());
	t.deepEqual(next.etcd.present(), MEMORY);
});

test("where the file about etcd's memory cannot be read and no marker proves it, it counts as lost: etcd does not begin again in this boot", async (t) => {
	const more: Record<string, (root: string) => void> = {
		"a loss was written there": (root) => rmSync(join(root, "var/lib/etcd"), { recursive: true }),
		"the marker is gone": (root) => rmSync(join(root, MARKER)),
		"the marker is damaged": (root) => writeFileSync(join(root, MARKER), "{"),
		"no target says it any more": (root) => {
			rmSync(join(root, "var/lib/etcd"), { recursive: true });
			rmSync(join(root, "run/rollcall/state/good.json"));
		},
	};
	for (const [what, lose] of Object.entries(more)) {
		const { root, units, etcd } = await member(t);
		lose(root);
		etcd.present();
		writeFileSync(join(root, "run/rollcall/state/etcd.json"), "{");
		units.running.delete(MOUNT);
		const next = setUp(t, root, units);
		await next.keeper.start();
		t.is(next.etcd.present(), null, what);
		t.truthy(next.etcd.held()?.lost, what);
		t.false(
			units.actions.some((action) => action.includes(MOUNT)),
			what,
		);
		next.keeper.offer(accepted(2, { ...WITH_ETCD, files: [] }));
		await next.becomes("rejected");
		t.like(next.keeper.standing()?.progress, { step: "check" }, what);
		t.truthy(setUp(t, root, units).etcd.held()?.lost, what);
	}
});

test("memory that went while no agent ran is noticed before anything is mounted in its place", async (t) => {
	const { root, units, keeper } = await member(t);
	await keeper.stop();
	rmSync(join(root, "var/lib/etcd"), { recursive: true });
	units.running.delete(MOUNT);
	const next = setUp(t, root, units);
	await next.keeper.start();
	t.false(units.actions.some((action) => action.includes(MOUNT)));
	t.deepEqual(next.etcd.held()?.lost, MEMORY);
});

test("a loss that cannot be written down for want of room counts all the same, and is written when there is room", async (t) => {
	const { root, units } = await member(t);
	const real = applyParts(root, units).memory;
	let full = true;
	const memory: typeof real = {
		...real,
		saveEtcd(held) {
			if (full) throw new Error("etcd.json: no space left on the device (ENOSPC)");
			real.saveEtcd(held);
		},
	};
	const parts = applyParts(root, units);
	const etcd = createEtcdMemoryKeeper({ ...parts, memory, bootId: BOOT, standIns: false, changed: () => {} });
	rmSync(join(root, "var/lib/etcd/member"), { recursive: true });
	t.is(etcd.present(), null);
	t.like(etcd.held(), { lost: MEMORY });
	units.actions.length = 0;
	const run = { machineId: MACHINE, signal: new AbortController().signal, started: () => {} };
	const outcome = await applyTarget({ ...parts, memory, etcd }, accepted(2, WITH_ETCD), run);
	t.like(outcome, { state: "rejected", step: "check" });
	t.deepEqual(units.actions, []);
	t.is(real.etcd()?.lost, undefined);
	full = false;
	etcd.present();
	t.like(real.etcd(), { lost: MEMORY });
});
