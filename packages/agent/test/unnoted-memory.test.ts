import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeLog } from "@rollcall/test-support/etcd-log";
import test, { type ExecutionContext } from "ava";
import { applyTarget } from "../src/loop/apply.ts";
import { createEtcdMemoryKeeper } from "../src/loop/etcd-memory.ts";
import { createTargetKeeper } from "../src/loop/target-keeper.ts";
import type { Memory } from "../src/ports.ts";
import { MOUNT, WITH_ETCD } from "./support/etcd.ts";
import { temporaryRoot } from "./support/machine.ts";
import { applyParts } from "./support/parts.ts";
import { createScriptedUnits } from "./support/scripted-units.ts";
import { accepted, BOOT, MACHINE } from "./support/targets.ts";

const MEMORY = { memberId: "77", clusterId: "88", bootId: BOOT };
const DATA = "var/lib/etcd";
const STATE = "run/rollcall/state";
const RUN = { machineId: MACHINE, signal: new AbortController().signal, started: () => {} };

/** An agent's next life on the same machine. `standIns`: its etcd may be one that writes nothing. */
function nextLife(t: ExecutionContext, root: string, units = createScriptedUnits(), standIns = false) {
	const parts = applyParts(root, units);
	const etcd = createEtcdMemoryKeeper({ ...parts, bootId: BOOT, standIns, changed: () => {} });
	const keeper = createTargetKeeper({ ...parts, etcd, random: () => 0, changed: () => {}, machineId: () => MACHINE });
	t.teardown(() => keeper.stop());
	return { etcd, keeper, units, mounts: () => units.actions.filter((action) => action.includes(MOUNT)) };
}

/** A machine whose target with etcd is the good one. `noRoom`: the agent finds none to note whose memory it is. */
async function member(t: ExecutionContext, { noRoom }: { readonly noRoom: boolean }) {
	const root = temporaryRoot(t);
	const without = (memory: Memory): Memory => ({
		...memory,
		saveEtcd(held) {
			if (held?.is && noRoom) throw new Error("etcd.json: no space left on the device (ENOSPC)");
			memory.saveEtcd(held);
		},
	});
	const parts = applyParts(root, createScriptedUnits(), undefined, without);
	t.like(await applyTarget(parts, accepted(1, WITH_ETCD), RUN), { state: "applied" });
	writeLog(root, BigInt(MEMORY.memberId), BigInt(MEMORY.clusterId));
	t.deepEqual(parts.etcd.present(), MEMORY);
	return root;
}

test("memory whose marker could not be noted for want of room, and that went, is lost: etcd does not begin again in this boot", async (t) => {
	const root = await member(t, { noRoom: true });
	t.false(readFileSync(join(root, STATE, "etcd.json"), "utf8").includes(MEMORY.memberId));
	rmSync(join(root, DATA), { recursive: true });
	const { etcd, keeper, mounts } = nextLife(t, root);
	await keeper.start();
	t.deepEqual(mounts(), []);
	t.is(etcd.present(), null);
	t.is(etcd.held()?.lost, "unknown");
	t.true(existsSync(join(root, STATE, "etcd.json")));
	t.is(nextLife(t, root).etcd.held()?.lost, "unknown", "its next life knows it, too");
});

test("where the good target holds etcd, its memory is held although nothing was noted of it, and is lost where no data lies there", async (t) => {
	const root = await member(t, { noRoom: false });
	rmSync(join(root, STATE, "etcd.json"));
	const found = nextLife(t, root);
	await found.keeper.start();
	t.deepEqual(found.etcd.present(), MEMORY);
	rmSync(join(root, STATE, "etcd.json"));
	rmSync(join(root, DATA), { recursive: true });
	const next = nextLife(t, root);
	await next.keeper.start();
	t.deepEqual(next.mounts(), []);
	t.is(next.etcd.held()?.lost, "unknown");
});

test("so it is where the good target cannot be read either, by the units that ran", async (t) => {
	const root = await member(t, { noRoom: true });
	rmSync(join(root, DATA), { recursive: true });
	writeFileSync(join(root, STATE, "good.json"), "{");
	const { etcd, keeper, mounts } = nextLife(t, root);
	await keeper.start();
	t.is(etcd.held()?.lost, "unknown");
	t.deepEqual(mounts(), []);
});

test("an etcd that may be a stand-in, which writes nothing, goes on without data", async (t) => {
	const root = temporaryRoot(t);
	const units = createScriptedUnits();
	const parts = applyParts(root, units);
	await applyTarget(parts, accepted(1, WITH_ETCD), RUN);
	const { etcd, keeper } = nextLife(t, root, units, true);
	await keeper.start();
	t.is(etcd.held()?.lost, undefined);
	t.true(units.running.has(MOUNT));
});
