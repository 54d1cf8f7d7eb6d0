import test from "ava";
import { Scene } from "./snapshot-scene.ts";

for (const what of ["is gone", "was cut short", "has no key that can be read"])
	test(`another snapshot is taken at once where the file of the newest one ${what}, although nothing changed in etcd`, async (t) => {
		const scene = new Scene();
		await scene.look(1);
		const lose = (): void => {
			if (what === "is gone") scene.files.length = 0;
			else if (what !== "was cut short") scene.keyLost = new Error("cannot be read");
			else scene.sizeBytes = 0;
		};
		lose();
		t.true((await scene.keeper().take()).taken, "a person asks for one");
		lose();
		scene.now++;
		const { length } = scene.done;
		scene.onSleep = () => {
			scene.sizeBytes = 1;
			scene.keyLost = undefined;
		};
		await scene.look(1);
		t.deepEqual(scene.done.slice(length), ["etcd-snapshot-taken"], "long before the next one is due");
		t.is(scene.fleet.snapshots?.kept.length, 3);
		await scene.look(2);
		t.is(scene.fleet.snapshots?.kept.length, 2, "none more, and old ones go");
	});

for (const [what, lose, said] of [
	["file", (scene: Scene) => scene.files.splice(0), /is not there any more/],
	[
		"key",
		(scene: Scene) => Object.assign(scene, { keyLost: new Error("its key is gone; bring the file back") }),
		/its key is gone/,
	],
] as const)
	test(`a snapshot whose ${what} goes while machines begin with it is told once, with what to do`, async (t) => {
		const scene = new Scene();
		await scene.look(1);
		const { snapshots, etcd } = scene.fleet;
		const [snapshot] = snapshots?.kept ?? [];
		if (!snapshot || !snapshots || !etcd) return t.fail();
		const members = etcd.members.map((one) => ({ ...one, removed: "done" as const }));
		const restoring = { snapshot, seq: 1 };
		scene.fleet = { ...scene.fleet, etcd: { ...etcd, members }, snapshots: { ...snapshots, restoring } };
		const { length } = scene.done;
		await scene.look(3);
		t.deepEqual(scene.done.slice(length), [], "it is there");
		lose(scene);
		await scene.look(3);
		t.deepEqual(scene.done.slice(length), ["etcd-snapshot-failed"]);
		t.regex(scene.fleet.snapshots?.trouble ?? "", said);
		t.regex(scene.fleet.snapshots?.trouble ?? "", /bring the file back, or .*rollcall etcd restore/);
	});
