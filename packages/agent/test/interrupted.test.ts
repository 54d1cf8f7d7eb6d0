import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyContent } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { nodeDisk } from "../src/adapters/files/disk.ts";
import { applyTarget } from "../src/loop/apply.ts";
import { keep } from "../src/loop/keep.ts";
import { createTargetKeeper } from "../src/loop/target-keeper.ts";
import { createFault, type Fault } from "./support/faulty-disk.ts";
import { temporaryRoot, tree } from "./support/machine.ts";
import { applyParts } from "./support/parts.ts";
import { createScriptedUnits } from "./support/scripted-units.ts";
import { accepted, file, MACHINE, unitProbe } from "./support/targets.ts";

const UNIT = "/run/systemd/system/k.service";
const OLD = accepted(1, {
	files: [
		file("/etc/kubernetes/a", "old"),
		file("/etc/kubernetes/gone", "old"),
		file("/etc/kubernetes/same", "same"),
		file(UNIT, "old"),
	],
	units: [{ name: "k.service", restartOn: [] }],
});
const NEW = accepted(2, {
	files: [
		file("/etc/kubernetes/a", "new"),
		file("/etc/kubernetes/fresh/b", "new", "0600"),
		file("/etc/kubernetes/same", "same"),
		file(UNIT, "new"),
	],
	units: [{ name: "k.service", restartOn: [] }],
});
/** The agent's next life, on a disk that works. */
function startKeeper(root: string, units: ReturnType<typeof createScriptedUnits>, disk = nodeDisk) {
	const parts = applyParts(root, units, disk);
	return createTargetKeeper({ ...parts, random: () => 0, changed: () => {}, machineId: () => MACHINE });
}

const run = () => ({ machineId: MACHINE, signal: new AbortController().signal, started: () => {} });

/** What a target's files look like on disk. */
function lookOf({ target }: typeof OLD): Record<string, string> {
	return Object.fromEntries(
		target.content.files.map(({ path, mode, content }) => [path, `${mode.slice(1)} ${content}`]),
	);
}

/** The tree without what lies beside for a while. */
function shown(root: string): Record<string, string> {
	return Object.fromEntries(Object.entries(tree(root)).filter(([path]) => !path.includes("/.rollcall-")));
}

/** Applies OLD on a good disk, then NEW with a fault. Returns whether the fault was reached at all. */
async function interrupted(root: string, units: ReturnType<typeof createScriptedUnits>, fault: Omit<Fault, "code">) {
	await applyTarget(applyParts(root, units), OLD, run());
	units.actions.length = 0;
	const faulty = createFault({ ...fault, code: "EIO" });
	const parts = applyParts(root, units, faulty.disk);
	// A fault that only fails once hits files; one that kills hits anything.
	const hit = fault.dead ? { memory: faulty.wrap(parts.memory), units: faulty.wrap(units) } : {};
	const outcome = await applyTarget({ ...parts, ...hit }, NEW, run()).catch(() => ({ state: "aborted" as const }));
	return { outcome, reached: faulty.count() >= fault.failAt };
}

test("a file operation that fails, whichever it is, leaves the old target or brings the new one, never a mix", async (t) => {
	const outcomes = new Set<string>();
	for (let failAt = 1; ; failAt++) {
		const root = temporaryRoot(t);
		const units = createScriptedUnits();
		const { outcome, reached } = await interrupted(root, units, { failAt, dead: false });
		if (!reached) {
			t.true(failAt > 10, "enough operations were tried");
			break;
		}
		outcomes.add(outcome.state);
		const visible = Object.entries(tree(root)).filter(([path]) => !path.includes("/.rollcall-"));
		t.deepEqual(Object.fromEntries(visible), lookOf(outcome.state === "applied" ? NEW : OLD), `operation ${failAt}`);
		// What one failure left beside is found in the next life.
		const keeper = startKeeper(root, units);
		await keeper.start();
		await keeper.stop();
		t.deepEqual(
			tree(root),
			lookOf(outcome.state === "applied" ? NEW : OLD),
			`operation ${failAt}: ${JSON.stringify(outcome)}`,
		);
		t.true(units.running.has("k.service"));
		if (outcome.state === "rejected") t.regex(outcome.reason, /EIO/);
		rmSync(root, { recursive: true });
	}
	t.true(outcomes.has("rejected"));
});

test("an agent that dies at any file operation, memory write or unit action ends the apply when it starts again, without a coordinator", async (t) => {
	for (let failAt = 1; ; failAt++) {
		const root = temporaryRoot(t);
		const units = createScriptedUnits();
		const { reached } = await interrupted(root, units, { failAt, dead: true });
		if (!reached) {
			t.true(failAt > 10, "enough operations were tried");
			break;
		}
		const keeper = startKeeper(root, units);
		await keeper.start();
		const generation = keeper.running()?.target.generation;
		t.deepEqual(tree(root), lookOf(generation === 2 ? NEW : OLD), `operation ${failAt}: generation ${generation}`);
		t.true(units.running.has("k.service"));
		// A unit whose file changed was restarted after the change, at some time.
		if (generation === 2) t.true(units.actions.includes("restart k.service"), `operation ${failAt}`);
		await keeper.stop();
		rmSync(root, { recursive: true });
	}
});

test("a write that fails once the target is the good one takes nothing of it away, now and in the next lives", async (t) => {
	for (const first of [undefined, OLD]) {
		for (let failures = 1; failures < 6; failures++) {
			const root = temporaryRoot(t);
			const units = createScriptedUnits();
			if (first) await applyTarget(applyParts(root, units), first, run());
			const parts = applyParts(root, units);
			let left = 0;
			const full = () => {
				if (left-- > 0) throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
			};
			const memory: typeof parts.memory = {
				...parts.memory,
				promote() {
					parts.memory.promote();
					left = failures;
				},
				saveLedger(ledger) {
					full();
					parts.memory.saveLedger(ledger);
				},
				saveNext(accepted) {
					full();
					parts.memory.saveNext(accepted);
				},
			};
			t.deepEqual(await applyTarget({ ...parts, memory }, NEW, run()), { state: "applied" });
			t.deepEqual(shown(root), lookOf(NEW), `${failures} failures`);
			// A target that cannot be applied goes back to the one that counts as good.
			const bad = accepted(3, { files: [file("/etc/kubernetes/bad", "bad")], probes: [unitProbe("x", "x.service")] });
			for (let attempt = 0; attempt < 3; attempt++) {
				t.like(await applyTarget({ ...parts, memory }, bad, run()), { state: "rejected" });
				t.deepEqual(shown(root), lookOf(NEW), `${failures} failures, try ${attempt}`);
			}
			const keeper = startKeeper(root, units);
			await keeper.start();
			t.is(keeper.running()?.target.generation, 2);
			t.deepEqual(tree(root), lookOf(NEW), `${failures} failures, next life`);
			await keeper.stop();
		}
	}
});

test("a last good target that cannot be read takes nothing away, and the next one comes up over it", async (t) => {
	const root = temporaryRoot(t);
	const units = createScriptedUnits();
	await applyTarget(applyParts(root, units), OLD, run());
	const good = join(root, "run/rollcall/state/good.json");
	for (const text of ["", "{", readFileSync(good, "utf8").replace('"units"', '"unitsOfAnotherVersion"')]) {
		writeFileSync(good, text);
		units.actions.length = 0;
		const keeper = startKeeper(root, units);
		await keeper.start();
		t.deepEqual(units.actions, []);
		t.deepEqual(tree(root), lookOf(OLD));
		t.is(keeper.running(), undefined);
		const bad = accepted(3, { files: [file("/etc/kubernetes/a", "bad")], probes: [unitProbe("x", "x.service")] });
		keeper.offer(bad);
		await eventually("it is rejected", () => keeper.standing()?.progress.state === "rejected");
		t.deepEqual(tree(root), lookOf(OLD));
		t.true(units.running.has("k.service"));
		await keeper.stop();
	}
	const keeper = startKeeper(root, units);
	await keeper.start();
	keeper.offer(accepted(4, NEW.target.content));
	await eventually("it is applied", () => keeper.standing()?.progress.state === "applied");
	t.deepEqual(tree(root), lookOf(NEW));
	await keeper.stop();
});

test("a file that is put right reaches its unit, wherever the agent dies on the way", async (t) => {
	for (let failAt = 1; ; failAt++) {
		const root = temporaryRoot(t);
		const units = createScriptedUnits();
		await applyTarget(applyParts(root, units), OLD, run());
		writeFileSync(join(root, UNIT), "tampered");
		units.actions.length = 0;
		const faulty = createFault({ failAt, code: "EIO", dead: true });
		const parts = applyParts(root, units, faulty.disk);
		const hit = { ...parts, memory: faulty.wrap(parts.memory), units: faulty.wrap(units) };
		await keep(hit, OLD, new AbortController().signal);
		const keeper = startKeeper(root, units);
		await keeper.start();
		await keeper.stop();
		t.deepEqual(tree(root), lookOf(OLD), `operation ${failAt}`);
		t.true(units.actions.includes("restart k.service"), `operation ${failAt}: ${units.actions.join()}`);
		if (faulty.count() < failAt) {
			t.true(failAt > 5, "enough operations were tried");
			break;
		}
	}
});

test("an empty target takes everything away that another brought, last started first, and is the good one then", async (t) => {
	for (let failAt = 1; ; failAt++) {
		const root = temporaryRoot(t);
		const units = createScriptedUnits();
		const names = ["containerd.service", "images.service", "k.service"];
		const full = { ...OLD.target.content, units: names.map((name) => ({ name, restartOn: [] })) };
		await applyTarget(applyParts(root, units), accepted(1, full), run());
		units.actions.length = 0;
		const faulty = createFault({ failAt, code: "EIO", dead: true });
		const parts = applyParts(root, units, faulty.disk);
		const hit = { memory: faulty.wrap(parts.memory), units: faulty.wrap(units) };
		const empty = accepted(2, emptyContent());
		const outcome = await applyTarget({ ...parts, ...hit }, empty, run()).catch(() => ({ state: "aborted" }));
		if (faulty.count() < failAt) {
			t.is(outcome.state, "applied");
			t.deepEqual(units.actions, [...names.reverse().map((name) => `stop ${name}`), "reload"]);
			t.deepEqual(tree(root), {});
			t.is(parts.memory.good()?.target.generation, 2);
			break;
		}
		const keeper = startKeeper(root, units);
		await keeper.start();
		const ended = keeper.running()?.target.generation === 2;
		t.deepEqual(tree(root), ended ? {} : lookOf(OLD), `operation ${failAt}`);
		t.is(units.running.size, ended ? 0 : 3, `operation ${failAt}`);
		await keeper.stop();
	}
});

test("an agent that starts again where all is well changes no file and touches no unit", async (t) => {
	const root = temporaryRoot(t);
	const units = createScriptedUnits();
	await applyTarget(applyParts(root, units), OLD, run());
	units.actions.length = 0;
	const faulty = createFault({ failAt: 0, code: "EIO", dead: false });
	const disk = faulty.disk;
	const keeper = createTargetKeeper({
		...applyParts(root, units, disk),
		random: () => 0,
		changed: () => {},
		machineId: () => MACHINE,
	});
	await keeper.start();
	t.is(keeper.running()?.target.generation, 1);
	t.deepEqual(units.actions, []);
	t.is(faulty.count(), 0);
	await keeper.stop();
});
