import { type Plant, swapped } from "./plant.ts";

const KEEP = "agent/src/loop/keep.ts";
const APPLY = "agent/src/loop/apply.ts";

/** Faults in the agent. */
export const AGENT: Readonly<Record<string, Plant>> = {
	"a target that fails takes etcd's memory with it": {
		...swapped(
			"agent/src/loop/roll-back.ts",
			"kept: kept?.unit, changed, signal, swapFiles",
			"kept: undefined, changed, signal, swapFiles",
		),
		// A first one that fails stays where it is, as long as its member wrote anything.
		also: [swapped(APPLY, "if (!goesOn(parts)) await", "await")],
	},
	"a good target that cannot be read takes down what runs": swapped(
		"agent/src/loop/target-keeper.ts",
		"		if (memory.goodIsDamaged())\n			return log",
		"		if (!memory)\n			return log",
	),
	"no room behind a target that is the good one takes its files away": {
		...swapped(
			APPLY,
			"	endDone(parts);\n	await letMemoryGo(parts, content",
			"	tidyUp(parts);\n	await letMemoryGo(parts, content",
		),
		also: [swapped("agent/src/loop/roll-back.ts", "if (!open || isDone(open, good)) return;", "if (!open) return;")],
	},
	"a reset takes etcd's memory with it": swapped(
		KEEP,
		"owned: ledger.units, kept: etcd.held()?.unit, changed: [], signal",
		"owned: ledger.units, changed: [], signal",
	),
	"etcd's memory goes without the coordinator's word": swapped(
		"agent/src/loop/let-go.ts",
		"if (!held || !etcd.mayGo(forgets)) return;",
		"if (!held) return;",
	),
	"etcd begins again in a boot that lost its memory": swapped(
		KEEP,
		"const wanted = etcd.held()?.lost ? ",
		"const wanted = false ? ",
	),
	"etcd begins again where nothing was noted of its memory": swapped(
		"agent/src/loop/etcd-memory.ts",
		"let held = heldAtStart(noted, memory.good()?.target.content ?? damaged, { look: dataAt, standIns });",
		"let held = noted;",
	),
	"nothing is in the way of etcd where its memory was": swapped(
		"agent/src/loop/etcd-memory.ts",
		"			etcdData.bar(path, below);",
		"			void below;",
	),
	"certificates that were renewed do not reach the files": swapped(
		"agent/src/loop/renewal.ts",
		"				written = await keeper.mend();\n				judge();",
		"				judge();",
	),
	"a machine that was suspended renews late": swapped(
		"agent/src/loop/renewal.ts",
		"const now = clock.sinceBoot();",
		"const now = clock.monotonic();",
	),
	"units are ended in the order in which they were started": swapped(
		"agent/src/domain/plan-units.ts",
		"unit !== view.kept).reverse(),",
		"unit !== view.kept),",
	),
	"changed files restart no unit": swapped(
		"agent/src/domain/plan-units.ts",
		'else if (touched(unit, changed)) begin.push({ unit: unit.name, action: "restart" });',
		"",
	),
	"certificates are not renewed": swapped(
		"agent/src/loop/renewal.ts",
		"if (!running || (due > now && !asked)) {",
		"if (!running || !asked) {",
	),
	"a target counts as applied before its probes": swapped(
		APPLY,
		"	await firstSuccess(parts, content.probes, run.signal);\n	run.signal.throwIfAborted();",
		"",
	),
	"a rejected target is not tried again": swapped(
		"agent/src/loop/target-keeper.ts",
		'if (outcome.step === "check") return;',
		"return;",
	),
	"an apply that fails leaves its files": swapped(
		"agent/src/loop/roll-back.ts",
		"			files.restore(changes, open.folders);\n",
		"",
	),
	"a report counts as sent that nobody answered": swapped(
		"agent/src/loop/reporter.ts",
		"			if (!(error instanceof LinkError)) throw error;\n			return false;",
		"			return true;",
	),
	"an older target takes the place of a newer one": swapped(
		"agent/src/loop/target-keeper.ts",
		"if (generation < highest() || (generation === known?.generation && digest === known.digest))",
		"if (generation === known?.generation)",
	),
	"who ends between the swap of files and the restarts of units forgets to restart them": swapped(
		APPLY,
		'before.open !== undefined && before.open.phase !== "staging" ? before.open : undefined;',
		"undefined as typeof before.open;",
	),
	"who ends in the midst of a renewal leaves units on old files": swapped(
		"agent/src/loop/keep.ts",
		"		if (paths.length > 0) note(parts, now, ledger);\n",
		"",
	),
};
