import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { run } from "@rollcall/test-support/running";
import test from "ava";
import { createMemory } from "../src/adapters/files/memory.ts";
import { lockFolder } from "../src/adapters/files/state-lock.ts";
import { NO_CREDENTIALS } from "../src/domain/credentials.ts";
import { startOrder } from "../src/domain/plan-units.ts";
import { applyTarget } from "../src/loop/apply.ts";
import { createTargetKeeper } from "../src/loop/target-keeper.ts";
import { run as runFrom } from "../src/run.ts";
import { temporaryRoot, tree } from "./support/machine.ts";
import { applyParts } from "./support/parts.ts";
import { createScriptedUnits } from "./support/scripted-units.ts";
import { accepted, BOOT, file, MACHINE, PUBLIC_KEY, unitProbe } from "./support/targets.ts";

const CONTENT = { files: [file("/etc/kubernetes/a", "old")], units: [{ name: "k.service", restartOn: [] }] };
const LOOK = { "/etc/kubernetes/a": "644 old" };

/** What may stand where the agent keeps a file. */
const DAMAGES: Readonly<Record<string, (path: string) => void>> = {
	"a folder": (path) => mkdirSync(join(path, "with/something"), { recursive: true }),
	"a link to nowhere": (path) => symlinkSync("/nowhere/at/all", path),
	"an empty file": (path) => writeFileSync(path, ""),
	"a file that is cut short": (path) => writeFileSync(path, '{"target":'),
};

for (const [what, damage] of Object.entries(DAMAGES))
	test(`${what} in place of the last good target: what runs goes on, and the next target becomes the good one`, async (t) => {
		const root = temporaryRoot(t);
		const units = createScriptedUnits();
		const run = { machineId: MACHINE, signal: new AbortController().signal, started: () => {} };
		await applyTarget(applyParts(root, units), accepted(1, CONTENT), run);
		units.actions.length = 0;
		const good = join(root, "run/rollcall/state/good.json");
		rmSync(good);
		damage(good);
		const parts = { ...applyParts(root, units), random: () => 0, changed: () => {}, machineId: () => MACHINE };
		const keeper = createTargetKeeper(parts);
		t.teardown(() => keeper.stop());
		await keeper.start();
		t.deepEqual(units.actions, []);
		t.deepEqual(tree(root), LOOK);
		keeper.offer(accepted(2, { ...CONTENT, probes: [unitProbe("never", "never.service")] }));
		await eventually("it is rejected", () => keeper.standing()?.progress.state === "rejected");
		t.deepEqual(tree(root), LOOK);
		t.true(units.running.has("k.service"));
		keeper.offer(accepted(3, CONTENT));
		await eventually("it is applied", () => keeper.standing()?.progress.state === "applied");
		t.is(parts.memory.good()?.target.generation, 3);
		t.deepEqual(tree(root), LOOK);
	});

test("what is no file in place of the agent's files gives way to them, and goes with what is forgotten", (t) => {
	const folder = join(temporaryRoot(t), "state");
	const memory = createMemory(folder);
	const target = accepted(1, CONTENT);
	const network = { table: [] };
	const saves: Readonly<Record<string, () => void>> = {
		"identity.json": () => memory.saveIdentity({ bootId: BOOT, seed: `SU${"A".repeat(56)}`, publicKey: PUBLIC_KEY }),
		"ledger.json": () => memory.saveLedger({ files: [], folders: [], units: [] }),
		"next.json": () => memory.saveNext(target),
		"credentials.json": () => memory.saveCredentials(NO_CREDENTIALS),
		"etcd.json": () => memory.saveEtcd({ unit: "e.mount", path: "/var/lib/etcd" }),
		"pod-network.json": () => memory.savePodNetwork(network),
	};
	for (const [name, save] of Object.entries(saves)) {
		for (const place of [name, `.${name}.fresh`]) mkdirSync(join(folder, place, "x"), { recursive: true });
		// The write that finds a folder where it is to write first may fail, and the next one finds none.
		try {
			save();
		} catch {}
		t.notThrows(save, name);
	}
	mkdirSync(join(folder, "good.json"));
	memory.promote();
	t.is(memory.good()?.target.generation, 1);
	t.deepEqual(memory.podNetwork(), network);
	const gone = ["next.json", "good.json", "credentials.json", "etcd.json", "pod-network.json"];
	for (const name of gone) {
		rmSync(join(folder, name), { force: true });
		mkdirSync(join(folder, name));
	}
	memory.forget("boot");
	t.deepEqual(readdirSync(folder).sort(), ["identity.json", "ledger.json"]);
});

const LOCK = JSON.stringify(join(import.meta.dirname, "../src/adapters/files/state-lock.ts"));
const LOCK_MACHINE = `import { lockMachine } from ${LOCK}; lockMachine(process.argv[1], process.argv[2]); console.log("locked"); setInterval(() => {}, 1000);`;

test("a second agent with a state folder of its own refuses to run beside the first, and starts when that one was killed", async (t) => {
	const root = ownFolder(t);
	const start = (state: string) => {
		const words = ["--input-type=module", "-e", LOCK_MACHINE, root, join(root, state)];
		const started = run(process.execPath, words);
		t.teardown(() => started.end("SIGKILL"));
		return started;
	};
	const first = start("run/rollcall/state");
	await eventually("it runs", () => first.output().includes("locked"));
	const second = start("var/lib/other");
	t.is((await second.exited).code, 1);
	t.regex(second.output(), new RegExp(`another agent, process ${first.child.pid}, runs on this machine`));
	await first.end("SIGKILL");
	const third = start("var/lib/other");
	await eventually("it runs", () => third.output().includes("locked"));
	t.is((await start("run/rollcall/state").exited).code, 1);
});

test("a place where an agent cannot take its folder is told with the next step; a folder in place of its lock is nobody's", async (t) => {
	const root = ownFolder(t);
	writeFileSync(join(root, "taken"), "");
	const words = ["--input-type=module", "-e", LOCK_MACHINE, root, join(root, "taken")];
	const refused = run(process.execPath, words);
	t.teardown(() => refused.end());
	t.is((await refused.exited).code, 1);
	t.regex(refused.output(), /taken: EEXIST: .*; it needs a folder that it can write to/);
	const folder = join(root, "state");
	mkdirSync(join(folder, "lock/inside"), { recursive: true });
	chmodSync(folder, 0o700);
	t.notThrows(() => lockFolder(folder));
	t.deepEqual(readdirSync(folder), ["lock"]);
});

test("a folder in place of the agent's configuration is told with its place and the next step", async (t) => {
	const folder = ownFolder(t);
	const text = `the agent's configuration ${folder} cannot be read: it is a folder, not a file; boot this machine anew, so that it is written again, or name another file with --config`;
	await t.throwsAsync(runFrom(folder), { message: text });
});

test("startOrder: what a target does not want any more stays behind what it was started behind", (t) => {
	const wanted = (...names: string[]) => names.map((name) => ({ name, restartOn: [] }));
	t.deepEqual(startOrder(["a.mount", "kubelet.service"], wanted("a.mount")), ["a.mount", "kubelet.service"]);
	t.deepEqual(startOrder(["a.mount", "c.service", "k.service"], wanted("x.mount", "a.mount", "c.service")), [
		...["x.mount", "a.mount", "c.service", "k.service"],
	]);
	t.deepEqual(startOrder(["a.mount", "k.service"], wanted("other.service")), [
		...["a.mount", "k.service", "other.service"],
	]);
	t.deepEqual(startOrder([], wanted("a", "b")), ["a", "b"]);
	t.deepEqual(startOrder(["held.mount"], wanted("held.mount", "b")), ["held.mount", "b"]);
});

test("a reset in the middle of an apply that takes the kubelet away stops it before the mount below it", async (t) => {
	const root = temporaryRoot(t);
	const units = createScriptedUnits();
	const parts = { ...applyParts(root, units), random: () => 0, changed: () => {}, machineId: () => MACHINE };
	const both = ["data.mount", "kubelet.service"].map((name) => ({ name, restartOn: [] }));
	const keeper = createTargetKeeper(parts);
	t.teardown(() => keeper.stop());
	await keeper.start();
	keeper.offer(accepted(1, { ...CONTENT, units: both }));
	await eventually("it is applied", () => keeper.standing()?.progress.state === "applied");
	units.actions.length = 0;
	const begun = Promise.withResolvers<void>();
	const stuck: typeof parts.files = {
		...parts.files,
		stage: async (content, plan, goesOn) => {
			if (plan.changes.length === 0) return await parts.files.stage(content, plan, goesOn);
			begun.resolve();
			await new Promise(() => {});
		},
	};
	const next = createTargetKeeper({ ...parts, files: stuck });
	await keeper.stop();
	await next.start();
	next.offer(accepted(2, { files: [file("/etc/kubernetes/b", "new")], units: both.slice(0, 1) }));
	await begun.promise;
	void next.stop();
	const last = createTargetKeeper(parts);
	t.teardown(() => last.stop());
	await last.reset();
	t.deepEqual(
		units.actions.filter((action) => action.startsWith("stop ")),
		["stop kubelet.service", "stop data.mount"],
	);
});
