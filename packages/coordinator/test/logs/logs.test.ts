import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EVENT_PAYLOADS } from "@rollcall/protocol";
import test from "ava";
import { createSnapshots } from "../../src/adapters/files/snapshots.ts";
import { Chain } from "../../src/adapters/nats/chain.ts";
import { encodeEntry } from "../../src/adapters/nats/entry.ts";
import { apply } from "../../src/domain/apply.ts";
import { EMPTY_FLEET, type Fleet } from "../../src/domain/fleet.ts";
import { fleetForm, migrateFleet } from "../../src/domain/fleet-form.ts";
import { fleetFromJson, fleetToJson } from "../../src/domain/snapshot.ts";
import type { Entry } from "../../src/ports/log.ts";
import { renderTarget } from "../../src/render/render-target.ts";

/**
 * Logs that earlier versions wrote, entry by entry, each with the snapshot that its version kept of it: a rehearsed fleet with
 * boots, tokens, labels, a removed machine and a coordinator that was killed; and, with what they are about in their names, stories of the simulator
 * (`npm run simulate -- --seed S --about STORY --keep FOLDER`). They stay for ever; a new one is added when the form of entries or of the state changes.
 */
const folder = import.meta.dirname;
const LOGS = readdirSync(folder, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? [one.name] : []));

/** What a later version calls otherwise or does not keep any more, by the place in the state. */
const CHANGED = new Set(["version", "form"]);
/** Values that are called otherwise now: who could read everything is a viewer. */
const RENAMED: readonly (readonly [place: RegExp, before: string, now: string])[] = [
	[/^tokens\.\d+\.scope$/, "read", "viewer"],
];

/** Kinds of events that no kept log has so far: one that is new here has to come into a log. */
const IN_NO_LOG: readonly string[] = [
	"log-filling",
	"log-compacted",
	"tokens-used",
	"token-ending",
	"change-made",
	"requests-refused",
	"boot-observed",
	"machine-rejected",
	"facts-changed",
	"hellos-cut",
	"fenced-incarnation-spoke",
	"machine-reseated",
	"seats-empty",
	"drain-changed",
	"generation-raised",
	"listeners-changed",
	"listeners-believed",
	"secrets-rewritten",
	"operator-certificate-issued",
	"etcd-snapshots-pruned",
	"node-changed",
	"add-ons-failed",
	"claims-waiting",
	"cluster-checked",
	"boot-refused",
	"boot-stuck",
	"machine-booted",
];

/** The state that a version kept of its log, and how far it goes. */
function keptOf(name: string): { readonly position: number; readonly fleet: { readonly form?: string } } {
	const [, body = ""] = readFileSync(join(folder, name, "snapshot"), "utf8").split("\n");
	return JSON.parse(body);
}

function entriesOf(name: string): Entry[] {
	const lines = readFileSync(join(folder, name, "entries.jsonl"), "utf8")
		.trimEnd()
		.split("\n");
	const chain = new Chain(0, "first");
	return lines.map((line, index) => chain.take(index + 1, new TextEncoder().encode(line)));
}

function foldOf(entries: readonly Entry[]): Fleet {
	return entries.flatMap(({ events }) => events).reduce(apply, EMPTY_FLEET);
}

/** Where something that a version kept is missing now, or is another value: places like `machines.0.seat.slot`. */
function lost(before: unknown, now: unknown, place = ""): string[] {
	if (CHANGED.has(place)) return [];
	if (RENAMED.some(([where, was, is]) => where.test(place) && before === was && now === is)) return [];
	if (typeof before !== "object" || before === null)
		return Object.is(before, now) ? [] : [`${place}: ${JSON.stringify(before)}, now ${JSON.stringify(now)}`];
	return Object.entries(before).flatMap(([key, value]) =>
		lost(value, (now as Record<string, unknown> | undefined)?.[key], place === "" ? key : `${place}.${key}`),
	);
}

test("there are logs of earlier versions", (t) => {
	t.true(LOGS.length >= 7);
});

test("every kind of event stands in a log that is kept, so that later versions have to read it, but for those that are named", (t) => {
	const kept = new Set(LOGS.flatMap(entriesOf).flatMap(({ events }) => events.map(({ type }) => `${type}`)));
	t.deepEqual(
		Object.keys(EVENT_PAYLOADS).filter((type) => !kept.has(type)),
		IN_NO_LOG,
	);
});

for (const name of LOGS) {
	test(`the log of ${name} is read without a flaw, and folds to all that its version kept of it`, (t) => {
		const entries = entriesOf(name);
		t.deepEqual(
			entries.flatMap(({ flaws }) => flaws),
			[],
		);
		const kept = keptOf(name);
		const fleet = foldOf(entries.filter(({ position }) => position <= kept.position));
		t.deepEqual(lost(kept.fleet, JSON.parse(JSON.stringify(fleetToJson(fleet)))), []);
	});

	test(`this version renders what the log of ${name} declares: fields that its documents did not have yet have their defaults`, (t) => {
		const fleet = foldOf(entriesOf(name));
		for (const machine of fleet.machines.values())
			if (machine.seat) t.notThrows(() => renderTarget(fleet, machine, machine.seat as never));
		t.pass();
	});

	// Before states had the name of their form, nothing in the log's store stood for entries.
	if (keptOf(name).fleet.form !== undefined)
		test(`the state of ${name}, which stands in the log's store for entries that were taken out, is brought to this version with every value`, (t) => {
			const { fleet } = keptOf(name);
			const now = fleetFromJson(migrateFleet(fleet));
			t.deepEqual(lost(fleet, now && JSON.parse(JSON.stringify(fleetToJson(now)))), []);
		});

	test(`the snapshot of ${name} is taken where it has this version's form, and where not the reason is told`, async (t) => {
		const dataFolder = mkdtempSync(join(tmpdir(), "rollcall-logs-"));
		t.teardown(() => rmSync(dataFolder, { recursive: true, force: true }));
		cpSync(join(folder, name, "snapshot"), join(dataFolder, "snapshot.json"));
		const told: string[] = [];
		const options = {
			dataFolder,
			toJson: fleetToJson,
			fromJson: fleetFromJson,
			onDamaged: (why: string) => told.push(why),
		};
		const isOfNow = keptOf(name).fleet.form === fleetForm();
		t.is((await createSnapshots(options).load()) !== undefined, isOfNow);
		t.regex(told.join(), isOfNow ? /^$/ : /another version/);
	});

	test(`a snapshot of this version of the log of ${name} is read back with every value`, async (t) => {
		const dataFolder = mkdtempSync(join(tmpdir(), "rollcall-logs-"));
		t.teardown(() => rmSync(dataFolder, { recursive: true, force: true }));
		const snapshots = createSnapshots({ dataFolder, toJson: fleetToJson, fromJson: fleetFromJson, onDamaged: t.fail });
		const fleet = foldOf(entriesOf(name));
		await snapshots.save({ origin: "o", position: 7, fleet });
		const read = await snapshots.load();
		// Values, and the indices, which no list of fields names.
		for (const key of Object.keys(fleet) as (keyof Fleet)[]) {
			const [was, is] = [fleet[key], read?.fleet[key]].map((value) => JSON.parse(JSON.stringify(value ?? null)));
			t.deepEqual(is, was, key);
		}
	});

	test(`what this version writes behind the log of ${name} is bound to it`, (t) => {
		const entries = entriesOf(name);
		const lines = readFileSync(join(folder, name, "entries.jsonl"), "utf8")
			.trimEnd()
			.split("\n");
		const chain = new Chain(0, "first");
		for (const [index, line] of lines.entries()) chain.take(index + 1, new TextEncoder().encode(line));
		const seq = foldOf(entries).seq + 1;
		const event = { type: "token-revoked", tokenId: "t", by: "test", seq, at: 1 } as const;
		const next = chain.take(lines.length + 1, encodeEntry([event], chain.before));
		t.deepEqual([next.flaws, next.events], [[], [event]]);
	});
}
