import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import {
	apply,
	beforeNext,
	createSnapshots,
	decodeEntry,
	describe,
	EMPTY_FLEET,
	encodeEntry,
	fleetFromJson,
	fleetToJson,
	migrateFleet,
	readableLine,
	readSigningRequest,
	stateDigest,
} from "@rollcall/coordinator/parsers";
import { canonicalJson, EventSchema } from "@rollcall/protocol";
import { bytesOf, holds, type Parser, refused, TAKEN, textOf } from "../parser.ts";

/** Logs that earlier versions wrote, with their snapshots. */
const LOGS = new URL("../../../packages/coordinator/test/logs/", import.meta.url).pathname;

function kept(file: string): string[] {
	const folders = readdirSync(LOGS, { withFileTypes: true }).filter((one) => one.isDirectory());
	return folders.map(({ name }) => readFileSync(join(LOGS, name, file), "utf8"));
}

/** Each kind of event once, as a bare entry that follows nothing. */
function entries(): Uint8Array[] {
	const seen = new Map<string, unknown>();
	for (const line of kept("entries.jsonl").flatMap((text) => text.trimEnd().split("\n")))
		for (const event of (JSON.parse(line) as { events: { type: string }[] }).events)
			if (!seen.has(event.type)) seen.set(event.type, event);
	const made = [...seen.values()].map((event) =>
		bytesOf({ v: 2, by: "0.1.0 0123456789ab", prev: null, events: [event] }),
	);
	const all = bytesOf({ v: 2, by: "0.1.0 0123456789ab", prev: null, events: [...seen.values()].slice(0, 12) });
	return [...made, all, gzipSync(all)];
}

/** The states that those logs fold to. */
function states(): unknown[] {
	return kept("entries.jsonl").map((text) => {
		const events = text
			.trimEnd()
			.split("\n")
			.flatMap((line, index) => decodeEntry(index + 1, bytesOf(line), "unknown").entry.events);
		return fleetToJson(events.reduce(apply, EMPTY_FLEET));
	});
}

const DIGEST = `sha256:${"0a".repeat(32)}`;

function withHead(bytes: Uint8Array): Uint8Array {
	if (textOf(bytes.subarray(0, 9)) === '{"format"') return bytes;
	const body = textOf(bytes);
	const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
	return bytesOf(`${JSON.stringify({ format: 1, digest })}\n${body}\n`);
}

/** What stores give back. */
export const LOG_PARSERS: readonly Parser[] = [
	{
		name: "log-entry",
		seeds: entries,
		feed(bytes) {
			const read = decodeEntry(1, bytes, "unknown");
			const { events, flaws } = read.entry;
			holds(
				flaws.every(({ reason }) => reason.length <= 512),
				"a flaw has more words than it may",
			);
			let fleet = EMPTY_FLEET;
			for (const event of events) {
				holds(EventSchema.safeParse(event).success, "an event is none");
				holds(typeof describe(event) === "string", "an event has no words");
				fleet = apply(fleet, event);
			}
			const again = decodeEntry(2, encodeEntry(events, beforeNext(read)), beforeNext(read));
			holds(again.entry.flaws.length === 0, `what was written has a flaw: ${again.entry.flaws[0]?.reason}`);
			holds(canonicalJson(again.entry.events) === canonicalJson(events), "what was written is read as something else");
			const json: unknown = JSON.parse(JSON.stringify(fleetToJson(fleet)));
			const back = fleetFromJson(json);
			holds(
				back !== undefined && stateDigest(back) === stateDigest(fleet),
				"the state is another one when it is read again",
			);
			holds(migrateFleet(json) !== undefined, "the state has not its own form");
			return events.length === 0 ? refused(flaws[0]?.reason ?? "no event") : TAKEN;
		},
	},
	{
		name: "state",
		seeds: () => states().map(bytesOf),
		feed(bytes) {
			let json: unknown;
			try {
				json = JSON.parse(textOf(bytes));
			} catch {
				return refused("not JSON");
			}
			const migrated = migrateFleet(json);
			if (!migrated) return refused("of another form");
			const fleet = fleetFromJson(migrated);
			holds(fleet !== undefined, "a state of its form is none");
			holds(
				migrateFleet(JSON.parse(JSON.stringify(fleetToJson(fleet)))) !== undefined,
				"what was written has another form",
			);
			return TAKEN;
		},
	},
	{
		name: "snapshot-file",
		// A body without its head gets a right one.
		seeds: () => [
			...kept("snapshot").map(bytesOf),
			...states().map((fleet) => bytesOf({ origin: "a", position: 3, link: DIGEST, fleet })),
		],
		async feed(bytes) {
			const dataFolder = mkdtempSync(join(tmpdir(), "rollcall-fuzz-snapshot-"));
			try {
				writeFileSync(join(dataFolder, "snapshot.json"), withHead(bytes));
				const words: string[] = [];
				const options = {
					dataFolder,
					toJson: fleetToJson,
					fromJson: (json: unknown) => fleetFromJson(migrateFleet(json)),
				};
				const read = await createSnapshots({ ...options, onDamaged: (reason) => words.push(reason) }).load();
				holds(read !== undefined || words.length === 1, "it refused without a word");
				return read ? TAKEN : refused((words[0] ?? "").replaceAll(dataFolder, ""));
			} finally {
				rmSync(dataFolder, { recursive: true });
			}
		},
	},
	{
		name: "own-log-line",
		seeds: () => [
			bytesOf({
				level: 50,
				time: 1_795_863_737_428,
				part: "api",
				msg: "a request failed",
				err: { message: "x", stack: "Error: x\n at a" },
			}),
		],
		feed(bytes) {
			const line = readableLine(textOf(bytes));
			holds(line.endsWith("\n"), "it is no line");
			// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not come through
			holds(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/.test(line), "a control character comes through");
			return TAKEN;
		},
	},
	{
		name: "signing-request",
		seeds: () => [bytesOf(REQUEST)],
		async feed(bytes) {
			const wish = await readSigningRequest(textOf(bytes));
			if (!("fault" in wish)) return TAKEN;
			holds(typeof wish.fault === "string" && wish.fault.length <= 512, "its fault is not said in words");
			return refused(wish.fault ?? "");
		},
	},
];

/** A request of a kubelet, P-256. */
const REQUEST = `-----BEGIN CERTIFICATE REQUEST-----
MIIBFDCBvAIBADAyMRUwEwYDVQQKDAxzeXN0ZW06bm9kZXMxGTAXBgNVBAMMEHN5
c3RlbTpub2RlOnBjLTcwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATQO8rDsy5R
2HyvoVEXTmK/eqZcGq+0G1Q2VloA/7wUeIG6NlpR/POaYTYJtAFtp9pElejfaENg
isSqo4uuZ7IGoCgwJgYJKoZIhvcNAQkOMRkwFzAVBgNVHREEDjAMggRwYy03hwTA
AAIHMAoGCCqGSM49BAMCA0cAMEQCICuCKAjHRTx6LelG5ON7S0Iu8ac18eAPmpgv
kSEv71L7AiA3JCCnGTwWo/HmNunOcnp62gSdTsC8x6LorqeX0yED/A==
-----END CERTIFICATE REQUEST-----
`;
