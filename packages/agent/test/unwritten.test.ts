import { eventually } from "@rollcall/test-support/eventually";
import test, { type ExecutionContext } from "ava";
import { createRenewal } from "../src/loop/renewal.ts";
import { createTargetKeeper } from "../src/loop/target-keeper.ts";
import { LIFE, setUp, TARGET } from "./support/certified.ts";
import { createFullDisk } from "./support/full-disk.ts";
import { accepted, MACHINE, unitProbe } from "./support/targets.ts";

const READS = { name: "reads.service", restartOn: ["/etc/kubernetes/pki/one.crt"] };

/** A machine whose state folder may be full, with its keeper and what renews its certificates. `turns`: how often anything waited. */
async function machine(t: ExecutionContext) {
	const full = createFullDisk();
	const scene = setUp(t, undefined, undefined, full);
	let turns = 0;
	const clock = {
		...scene.parts.clock,
		sleep: (ms: number, signal: AbortSignal) => {
			turns++;
			return scene.parts.clock.sleep(ms, signal);
		},
	};
	const parts = { ...scene.parts, clock, random: () => 0, changed: () => {}, machineId: () => MACHINE };
	const keeper = createTargetKeeper(parts);
	await keeper.start();
	const ended = new AbortController();
	const renewing = createRenewal({ ...parts, keeper }).run(ended.signal);
	t.teardown(async () => {
		ended.abort();
		await renewing;
		await keeper.stop();
	});
	const more = async () => {
		const before = turns;
		await eventually("some turns more", () => turns > before + 30);
	};
	return { ...scene, parts, full, keeper, more };
}

test("certificates that cannot be written down reach their files and units all the same, and are ordered again only when they are due", async (t) => {
	const { by, files, full, keeper, more, parts, pass } = await machine(t);
	keeper.offer(accepted(1, { ...TARGET.target.content, units: [READS] }));
	await eventually("it is applied", () => keeper.standing()?.progress.state === "applied");
	parts.units.actions.length = 0;
	full.fillAt(1);
	pass((LIFE * 2) / 3);
	await eventually("the file follows", () => files()["/etc/kubernetes/pki/one.crt"] === "600 certificate one 3\n");
	await eventually("its unit follows", () => parts.units.actions.includes("restart reads.service"));
	await more();
	t.is(by.orders.length, 2);
	t.deepEqual(parts.units.actions, ["restart reads.service"]);
	t.is(parts.memory.credentials().certificates[0]?.certificate, "certificate one 1\n");
	pass((LIFE * 2) / 3);
	await eventually("they follow again", () => files()["/etc/kubernetes/pki/one.crt"] === "600 certificate one 5\n");
	await more();
	t.is(by.orders.length, 3);
	full.room();
	await eventually("they are written down", () =>
		parts.memory.credentials().certificates.some(({ certificate }) => certificate === "certificate one 5\n"),
	);
	await more();
	t.is(by.orders.length, 3);
	t.deepEqual(parts.memory.ledger().pending ?? [], []);
});

test("a unit that does not follow certificates while nothing can be written down follows them later", async (t) => {
	const { files, full, keeper, more, parts, pass } = await machine(t);
	keeper.offer(accepted(1, { ...TARGET.target.content, units: [READS] }));
	await eventually("it is applied", () => keeper.standing()?.progress.state === "applied");
	parts.units.broken.set("reads.service", "not yet");
	full.fillAt(1);
	pass((LIFE * 2) / 3);
	await eventually("the file follows", () => files()["/etc/kubernetes/pki/one.crt"] === "600 certificate one 3\n");
	await more();
	parts.units.broken.clear();
	t.true(await eventually("its unit follows", () => parts.units.running.has("reads.service")));
});

test("a target that cannot be written down is tried again with the certificates that came, and comes up when there is room", async (t) => {
	const { by, full, keeper, more, parts } = await machine(t);
	full.fillAt(1);
	keeper.offer(TARGET);
	await eventually("it is rejected", () => keeper.standing()?.progress.state === "rejected");
	t.like(keeper.standing()?.progress, { state: "rejected", step: "files" });
	await more();
	t.is(by.orders.length, 1);
	full.room();
	await eventually("it is applied", () => keeper.standing()?.progress.state === "applied");
	t.is(by.orders.length, 1);
	t.is(parts.memory.credentials().certificates.length, 2);
});

test("a reset forgets also what could not be written down", async (t) => {
	const { by, full, keeper, more, parts, pass } = await machine(t);
	keeper.offer(TARGET);
	await eventually("it is applied", () => keeper.standing()?.progress.state === "applied");
	full.fillAt(1);
	pass((LIFE * 2) / 3);
	await eventually("it is renewed", () => by.orders.length === 2);
	await keeper.reset();
	full.room();
	await more();
	t.deepEqual(parts.memory.credentials(), { certificates: [], secrets: [] });
	t.true(parts.credentials.filled(TARGET.target.content).absent.has("/etc/kubernetes/pki/one.crt"));
});

test("certificates that were renewed while a newer target was applied reach their files and units in the agent's next life, also when that target fails", async (t) => {
	const first = await machine(t);
	const units = [READS];
	first.keeper.offer(accepted(1, { ...TARGET.target.content, units }));
	await eventually("it is applied", () => first.keeper.standing()?.progress.state === "applied");
	const probes = [unitProbe("never", "never.service", LIFE)];
	first.keeper.offer(accepted(2, { ...TARGET.target.content, units, probes }));
	await eventually("it is applied just now", () => first.parts.memory.ledger().open?.phase === "swapped");
	first.pass((LIFE * 2) / 3);
	await eventually("they are renewed", () => first.by.orders.length === 2);
	// Whoever is stopped leaves everything as it is, as one that is killed does.
	await first.keeper.stop();
	t.is(first.files()["/etc/kubernetes/pki/one.crt"], "600 certificate one 1\n");

	const next = setUp(t, first.root, first.by);
	next.parts.units.running.add("reads.service");
	const keeper = createTargetKeeper({ ...next.parts, random: () => 0, changed: () => {}, machineId: () => MACHINE });
	t.teardown(() => keeper.stop());
	void keeper.start();
	await eventually("it is rejected", () => {
		next.pass(LIFE);
		return keeper.standing()?.progress.state === "rejected";
	});
	// Between the tries of that target, each of which brings them, too.
	const mended = await eventually("they follow", () => next.parts.log.lines.find((line) => line.startsWith("mended ")));
	t.regex(mended, /pki\/one\.crt.*restart reads\.service/);
	t.is(keeper.running()?.target.generation, 1);
});
