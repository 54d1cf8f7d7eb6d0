import test from "ava";
import { keep } from "../src/loop/keep.ts";
import { createTargetKeeper } from "../src/loop/target-keeper.ts";
import { LIFE, setUp, TARGET } from "./support/certified.ts";
import { accepted, MACHINE } from "./support/targets.ts";

test("a renewal restarts what reads the files that changed, starts what failed, and leaves alone what had ended", async (t) => {
	const { apply, credentials, parts, pass } = setUp(t);
	const reads = { name: "reads.service", restartOn: ["/etc/kubernetes/pki/one.crt"] };
	const names = ["once.service", "failed.service", "runs.service"];
	const units = [reads, ...names.map((name) => ({ name, restartOn: [] }))];
	const target = accepted(1, { ...TARGET.target.content, units });
	await apply(target);
	parts.units.running.delete("once.service");
	parts.units.running.delete("failed.service");
	parts.units.failed.add("failed.service");
	parts.units.actions.length = 0;
	pass(LIFE / 3);
	await credentials.renew(target.target, target.target);
	await keep(parts, target, new AbortController().signal, "renewed");
	t.deepEqual(parts.units.actions, ["restart reads.service", "start failed.service"]);
});

test("an agent that could not look after everything at its start does so with the next renewal", async (t) => {
	const { apply, parts } = setUp(t);
	const target = accepted(1, { ...TARGET.target.content, units: [{ name: "late.service", restartOn: [] }] });
	await apply(target);
	parts.units.running.clear();
	parts.units.broken.set("late.service", "not yet");
	const keeper = createTargetKeeper({ ...parts, random: () => 0, machineId: () => MACHINE, changed: () => {} });
	t.teardown(() => keeper.stop());
	await keeper.start();
	parts.units.broken.clear();
	t.true(await keeper.mend());
	t.true(parts.units.running.has("late.service"));
});
