import { rmSync } from "node:fs";
import test from "ava";
import { nodeDisk } from "../src/adapters/files/disk.ts";
import { applyTarget } from "../src/loop/apply.ts";
import { createTargetKeeper } from "../src/loop/target-keeper.ts";
import { createFault, type Fault } from "./support/faulty-disk.ts";
import { temporaryRoot, tree } from "./support/machine.ts";
import { applyParts } from "./support/parts.ts";
import { createScriptedUnits } from "./support/scripted-units.ts";
import { accepted, file, MACHINE } from "./support/targets.ts";

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
