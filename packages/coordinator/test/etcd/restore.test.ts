import { execFileSync } from "node:child_process";
import { createDecipheriv } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type BootId, ENCRYPTION, type EtcdSnapshot, type EventDraft } from "@rollcall/protocol";
import { stretched } from "@rollcall/test-support/stretch";
import { createPki } from "../../src/adapters/pki/pki.ts";
import type { Fleet } from "../../src/domain/fleet.ts";
import { membersOf } from "../../src/domain/networks/members.ts";
import { record } from "../../src/domain/record.ts";
import { fleetToJson } from "../../src/domain/snapshot.ts";
import { MEMBERS, type Scene, setUpScene, testEtcd, until } from "./scene.ts";

const TAKE = join(import.meta.dirname, "snapshot-process.ts");
const VALUE = ["get", "key", "--print-value-only"];
const SNAPSHOT = "run/rollcall/role/etcd/snapshot.db";

async function startAll(scene: Scene): Promise<void> {
	for (const member of scene.members) member.start();
	await until(scene, "all are healthy", () =>
		[0, 1, 2].every((index) => scene.ask(index, ["endpoint", "health"]) !== undefined),
	);
}

const after = (fleet: Fleet, draft: EventDraft): Fleet => record(fleet, [draft], 1).fleet;

function founded({ fleet, seated }: Scene): Fleet {
	return after(fleet, {
		type: "etcd-founded",
		members: seated.map(({ machine: { machineId, bootId }, seat: { nodeName } }) => ({ machineId, bootId, nodeName })),
		cluster: [...membersOf(fleet, "control-plane")],
	});
}

/** Every machine boots anew: the power was cut. */
function powerCut({ seated }: Scene, fleet: Fleet): Fleet {
	let { machines } = fleet;
	for (const [index, { machine }] of seated.entries()) {
		const bootId = `99999999-0000-4000-8000-00000000000${index}` as BootId;
		machines = machines.set(machine.machineId, { ...machine, bootId, facts: { ...machine.facts, bootId } });
	}
	return { ...fleet, machines };
}

interface TakenNow {
	readonly taken: boolean;
	readonly again: boolean;
	readonly snapshot: EtcdSnapshot;
}

function takeSnapshot({ network, authorities }: Scene, fleet: Fleet, snapshots: string): TakenNow {
	const [ip = "ip", ...before] = network.on(1);
	const text = execFileSync(ip, [...before, process.execPath, TAKE], {
		encoding: "utf8",
		input: JSON.stringify({ fleet: fleetToJson(fleet), authorities, snapshots }),
		timeout: stretched(60_000),
	});
	return JSON.parse(text) as TakenNow;
}

/** The snapshot as etcd gave it, opened with the key beside it. */
function opened(folder: string, { sha256 }: EtcdSnapshot): Buffer {
	const stem = join(folder, sha256.slice("sha256:".length));
	const { key } = JSON.parse(readFileSync(`${stem}.json`, "utf8")) as { key: string };
	const file = readFileSync(`${stem}.snapshot`);
	const { nonceBytes, tagBytes } = ENCRYPTION;
	const cipher = createDecipheriv(
		ENCRYPTION.algorithm,
		Buffer.from(key, "base64"),
		file.subarray(0, nonceBytes),
	).setAuthTag(file.subarray(-tagBytes));
	cipher.setAAD(Buffer.from(ENCRYPTION.additional));
	return Buffer.concat([cipher.update(file.subarray(nonceBytes, -tagBytes)), cipher.final()]);
}

function revisionOf(scene: Scene): number {
	const text = scene.ask(0, ["get", "key", "--write-out=json"]) ?? "{}";
	return (JSON.parse(text) as { header?: { revision?: number } }).header?.revision ?? 0;
}

testEtcd.serial(
	"20: after a loss of all power three real members begin with the snapshot that the coordinator took",
	async (t) => {
		t.timeout(stretched(240_000));
		const scene = await setUpScene(t);
		const { ask, members } = scene;
		await startAll(scene);
		for (let number = 0; number < 20; number++) ask(0, ["put", `key-${number}`, "x".repeat(20_000)]);
		ask(0, ["put", "key", "saved"]);
		const before = revisionOf(scene);
		const fleet = founded(scene);
		const snapshots = join(dirname(scene.authorities), "snapshots");
		const { taken, again, snapshot } = takeSnapshot(scene, fleet, snapshots);
		t.true(taken);
		t.false(again, "nothing had changed since");
		t.is(snapshot.revision, before);
		t.true(snapshot.content.sizeBytes > 400_000);
		t.notRegex(readFileSync(join(snapshots, `${snapshot.sha256.slice(7)}.snapshot`), "latin1"), /key-1/);
		ask(0, ["put", "key", "lost with the power"]);

		for (const member of members) await member.loseMemory();
		const taking = after(fleet, { type: "etcd-snapshot-taken", snapshot });
		const leading = after(taking, { type: "leader-elected", coordinatorId: "test", url: "http://192.0.2.1:7420" });
		const booted = powerCut(scene, leading);
		await t.throwsAsync(scene.fill(booted, 0), { message: /it is to begin with the snapshot/ });
		// Meanwhile the fleet got other authorities: a snapshot from before that is as good.
		const trust = await createPki(scene.authorities, { wall: () => Date.now() }).freshTrust();
		const rotated: EventDraft = { type: "trust-changed", trust, reason: "test" };
		const restoring = after(after(booted, rotated), { type: "etcd-restoring", snapshot });
		const content = opened(snapshots, snapshot);
		for (const [index, member] of members.entries()) {
			await scene.fill(restoring, index);
			const place = join(member.root, SNAPSHOT);
			mkdirSync(dirname(place), { recursive: true });
			if (index === 0) {
				writeFileSync(place, content.subarray(0, -1));
				const damaged = member.restore();
				t.not(damaged.status, 0, "a damaged snapshot is restored");
				t.regex(damaged.output, /could not be restored/);
				await member.loseMemory();
			}
			writeFileSync(place, content);
			const { status, output } = member.restore();
			t.is(status, 0, output);
			t.is(readFileSync(join(member.root, "memory/rollcall-restored"), "utf8"), `${snapshot.sha256}\n`);
		}
		await startAll(scene);
		t.is(ask(2, VALUE), "saved");
		t.is(ask(1, ["member", "list"])?.split("\n").length, MEMBERS);
		if (process.env.ETCD_BIN) t.true(revisionOf(scene) >= before + 1_000_000_000, String(revisionOf(scene)));
		ask(1, ["put", "key", "goes on"]);
		t.is(ask(0, VALUE), "goes on");

		await members[0]?.kill();
		rmSync(join(members[0]?.root ?? "", SNAPSHOT));
		t.is(members[0]?.restore().status, 0, "what is restored is left alone, also without the file");
		members[0]?.start();
		await until(scene, "it is back", () => ask(0, VALUE) === "goes on");

		await members[1]?.loseMemory();
		mkdirSync(join(members[1]?.root ?? "", "memory/member"));
		const half = members[1]?.restore();
		t.is(half?.status, 1);
		t.regex(half?.output ?? "", /was interrupted, .*boot this machine anew/);
		await members[1]?.loseMemory();
		writeFileSync(join(members[1]?.root ?? "", "memory/rollcall-restored"), "sha256:other\n");
		const other = members[1]?.restore();
		t.is(other?.status, 1);
		t.regex(other?.output ?? "", /is not that of snapshot .*boot this machine anew/);
	},
);
