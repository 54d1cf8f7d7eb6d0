import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { lossText } from "../src/domain/etcd-memory.ts";
import { applyTarget } from "../src/loop/apply.ts";
import { createEtcdMemoryKeeper } from "../src/loop/etcd-memory.ts";
import { MOUNT, WITH_ETCD } from "./support/etcd.ts";
import { temporaryRoot } from "./support/machine.ts";
import { applyParts } from "./support/parts.ts";
import { createScriptedUnits } from "./support/scripted-units.ts";
import { accepted, BOOT, MACHINE } from "./support/targets.ts";

test("a loss that nobody can name is told as one, also where an earlier agent wrote it as that of member 0", async (t) => {
	const zero = { memberId: "0", clusterId: "0", bootId: BOOT };
	for (const lost of ["unknown", zero]) {
		const root = temporaryRoot(t);
		const parts = applyParts(root, createScriptedUnits());
		const folder = join(root, "run/rollcall/state");
		mkdirSync(folder, { recursive: true });
		writeFileSync(join(folder, "etcd.json"), JSON.stringify({ unit: MOUNT, path: "/var/lib/etcd", lost }));
		const etcd = createEtcdMemoryKeeper({ ...parts, bootId: BOOT, standIns: false, changed: () => {} });
		t.is(etcd.held()?.lost, "unknown");
		t.false(etcd.mayGo([zero]), "nobody can name it, so that nobody lets it go");
		const run = { machineId: MACHINE, signal: new AbortController().signal, started: () => {} };
		const outcome = await applyTarget({ ...parts, etcd }, accepted(1, WITH_ETCD), run);
		t.like(outcome, { state: "rejected", step: "check" });
		t.regex(outcome.state === "rejected" ? outcome.reason : "", /so that it counts as lost/);
	}
	t.regex(lossText({ ...zero, memberId: "7" }), /member 7 was lost/);
});
