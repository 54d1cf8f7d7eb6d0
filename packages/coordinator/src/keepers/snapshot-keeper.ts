import { type Digest, type EtcdSnapshot, MAX_SNAPSHOTS, messageOf, serial } from "@rollcall/protocol";
import { keysInUse } from "../domain/certificates/rotation.ts";
import { snapshotText } from "../domain/etcd/snapshot-text.ts";
import {
	fetchedNow,
	newestSnapshot,
	prunable,
	snapshotDueIn,
	snapshotGivers,
	snapshotSettings,
} from "../domain/etcd/snapshots.ts";
import { NO_SNAPSHOTS } from "../domain/etcd/state.ts";
import { strandedMachines } from "../domain/etcd/stranded.ts";
import type { Fleet } from "../domain/fleet.ts";
import { SnapshotError } from "../errors.ts";
import type { Core } from "../ports/core.ts";
import type { EtcdState } from "../ports/etcd.ts";
import type { EtcdSnapshotFolder } from "../ports/etcd-snapshots.ts";
import { clientUrls } from "./etcd-urls.ts";
import { inRounds } from "./rounds.ts";
import { whileLeading } from "./while-leading.ts";

/** Between looks whether something is to be done, in milliseconds. */
const LOOK_MS = 1_000;
/** After a failure, and after a look at a state that had not changed. */
const AGAIN_MS = 30_000;

/** What the keeper of snapshots needs. */
export interface SnapshotKeeperParts {
	readonly core: Pick<Core, "fleet" | "actsIn" | "ready" | "submit">;
	/** Speaks to the members at these URLs. */
	readonly connect: (fleet: Fleet, urls: readonly string[]) => Promise<EtcdState>;
	readonly folder: EtcdSnapshotFolder;
	/** Milliseconds since 1970. */
	readonly now: () => number;
	readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
	readonly onTrouble: (what: string, error: unknown) => void;
}

/** `taken` is false when nothing had changed since the newest one. */
interface Taken {
	readonly taken: boolean;
	readonly snapshot: EtcdSnapshot;
}

/** Takes snapshots of etcd and forgets old ones, for as long as this coordinator leads. */
export interface SnapshotKeeper {
	run(signal: AbortSignal): Promise<void>;
	/** Takes one that begins after this call; those who ask before it begins get the same. Throws SnapshotError, EtcdError. */
	take(): Promise<Taken>;
}

/** A keeper that does not run yet. */
export function createSnapshotKeeper(parts: SnapshotKeeperParts): SnapshotKeeper {
	const { core, folder } = parts;
	const stop = new AbortController();
	/** The next one that has not begun. One that has may have been read before what its caller wants saved was written. */
	let next: Promise<Taken> | undefined;
	/** One thing at a time: a file that is written and not yet recorded must not be taken for one that is forgotten. */
	const inTurn = serial();

	function take(): Promise<Taken> {
		next ??= inTurn(() => {
			next = undefined;
			return takeNext();
		});
		return next;
	}

	/**
	 * What was here already when this coordinator began to lead, and is newer than all that the log knew then: the log may have gone back, which
	 * machines prove only later. Such files stay.
	 */
	let strange: readonly Digest[] | undefined;
	async function strangeFiles(): Promise<readonly Digest[]> {
		const newest = newestKept(core.fleet());
		strange ??= (await folder.list(MAX_SNAPSHOTS)).flatMap((one) => (one.takenAt > newest ? one.sha256 : []));
		return strange;
	}

	/** A file of which it was not answered that it is recorded. The answer alone may have been lost, so it is looked up before the next one. */
	let unsure: Digest | undefined;
	async function takeNext(): Promise<Taken> {
		await strangeFiles();
		const { kept } = core.fleet().snapshots ?? NO_SNAPSHOTS;
		if (unsure !== undefined && !kept.some(({ sha256 }) => sha256 === unsure))
			await whileLeading(folder, core, ["remove"]).remove(unsure);
		unsure = undefined;
		const { refused, ...taken } = await takeOne(parts, stop.signal);
		if (refused === undefined) return taken;
		unsure = taken.snapshot.sha256;
		throw new SnapshotError(refused);
	}

	/** What was kept when files were removed last. */
	let before: readonly Digest[] = [];
	/** After a doubt, or another lead: a log that went back does not know all that was recorded, so that nothing goes since it does not. */
	function startOver(): void {
		before = [];
		unsure = undefined;
	}

	/** Recorded before it is done, so that only who leads removes anything. */
	async function forget(): Promise<void> {
		const files = whileLeading(folder, core, ["remove", "sweep"]);
		const gone = prunable(core.fleet());
		if (gone.length > 0) await core.submit({ kind: "etcd-prune", snapshots: gone });
		const { kept } = core.fleet().snapshots ?? NO_SNAPSHOTS;
		// What a forgotten one leaves is removed by its name, what is cut short by being older than the newest.
		for (const sha256 of before) if (!kept.some((one) => one.sha256 === sha256)) await files.remove(sha256);
		before = kept.map(({ sha256 }) => sha256);
		await files.sweep([...before, ...(await strangeFiles())], newestKept(core.fleet()));
	}

	/** The log was in doubt and did not take what there is: it may be full, or another one led. */
	let untold = false;
	/** That doubt was about entries in the middle of the log, too. */
	let lacksEntries = false;
	/** Also who follows looks for a doubt: it may be over when he leads, and nobody else tells what lies here. */
	function noteDoubt(): void {
		const kinds = core.fleet().log?.doubt?.kinds ?? [];
		lacksEntries = kinds.some((kind) => kind !== "back" && kind !== "proof") || (untold && lacksEntries);
		untold ||= kinds.length > 0;
	}
	/**
	 * What is here and the log does not know is told once the log is in doubt, until it took that, and stays: of a log that went back what is newer than all
	 * that it knows, of one that lacks entries all, since any of them may have recorded a file.
	 */
	async function keepAll(): Promise<void> {
		startOver();
		noteDoubt();
		const [own, newest] = [await strangeFiles(), newestKept(core.fleet())];
		const all = await folder.list(MAX_SNAPSHOTS);
		const there = all.filter(({ sha256, takenAt }) => lacksEntries || takenAt > newest || own.includes(sha256));
		const answer = there.length > 0 && (await core.submit({ kind: "etcd-snapshots-there", snapshots: there }));
		untold = answer && answer.kind === "problem";
	}

	return {
		take,
		async run(signal) {
			// What is being read is given up at once, or an end would wait for all of it.
			const end = (): void => stop.abort();
			signal.addEventListener("abort", end, { once: true });
			let tried: number | undefined;
			/** What is kept, as of the last time that files were removed. */
			let swept: unknown;
			const round = async (): Promise<void> => {
				const mayAct = core.actsIn() !== undefined && core.ready().ready;
				if (!mayAct) {
					strange = undefined;
					startOver();
					noteDoubt();
					return;
				}
				await strangeFiles();
				await tellGone(parts);
				const { kept } = core.fleet().snapshots ?? NO_SNAPSHOTS;
				if (untold || swept !== (core.fleet().log?.doubt ?? kept)) {
					// What cannot be removed must not keep the next one from being taken; it is tried again after that.
					await inTurn(untold || core.fleet().log?.doubt ? keepAll : forget).catch((error: unknown) =>
						parts.onTrouble("old snapshots of etcd could not be removed", error),
					);
					swept = core.fleet().log?.doubt ?? core.fleet().snapshots?.kept ?? kept;
				}
				const due = (await isNewestGone(parts)) ? 0 : snapshotDueIn(core.fleet(), parts.now());
				const ago = tried === undefined ? undefined : parts.now() - tried;
				// A clock that was set back must not keep the next one waiting.
				if (due === 0 && (ago === undefined || ago >= AGAIN_MS || ago < 0)) {
					tried = parts.now();
					await take();
				}
			};
			const onTrouble = async (error: unknown): Promise<void> => {
				parts.onTrouble("no snapshot of etcd could be taken; trying again", error);
				const why = messageOf(error);
				await core.submit({ kind: "etcd-snapshot-failed", reason: `none could be taken: ${why}` });
			};
			await inRounds(round, { sleep: parts.sleep, everyMs: LOOK_MS, onTrouble }, signal);
			signal.removeEventListener("abort", end);
			end();
			await inTurn(async () => {});
		},
	};
}

/**
 * True where the file of the newest snapshot is not there any more, was cut short, or has no key that can be read, while members live that can give another one: etcd could
 * not begin with it.
 */
async function isNewestGone({ core, folder, now }: SnapshotKeeperParts): Promise<boolean> {
	const fleet = core.fleet();
	const newest = newestSnapshot(fleet, fleet.cluster?.document.name);
	if (!newest || strandedMachines(fleet).length > 0 || snapshotDueIn(fleet, now()) === undefined) return false;
	return (await goneText(folder, newest)) !== undefined;
}

/** Why nobody could begin with a snapshot, as far as that is seen without reading all of it. */
async function goneText(folder: EtcdSnapshotFolder, { sha256, sizeBytes }: EtcdSnapshot): Promise<string | undefined> {
	if ((await folder.file(sha256))?.sizeBytes !== sizeBytes)
		return "its file is not there any more or was cut short; bring the file back";
	try {
		await folder.key(sha256);
		return undefined;
	} catch (error) {
		return messageOf(error);
	}
}

/** Tells that machines wait for a snapshot with which they are to begin, and whose file or key went after that was decided. */
async function tellGone({ core, folder }: SnapshotKeeperParts): Promise<void> {
	for (const one of fetchedNow(core.fleet())) {
		const gone = await goneText(folder, one);
		if (gone === undefined) continue;
		const reason = `machines are to begin with the ${snapshotText(one)}: ${gone}, or choose another beginning with rollcall etcd restore`;
		await core.submit({ kind: "etcd-snapshot-failed", reason });
	}
}

/** When the newest snapshot was taken that the log knows; 0 where it knows none. */
function newestKept(fleet: Fleet): number {
	return Math.max(0, ...(fleet.snapshots ?? NO_SNAPSHOTS).kept.map(({ takenAt }) => takenAt));
}

/** `refused`: the file is there, and why nobody said that it is recorded. */
async function takeOne(
	parts: SnapshotKeeperParts,
	signal: AbortSignal,
): Promise<Taken & { readonly refused?: string }> {
	const { core, folder } = parts;
	if (core.actsIn() === undefined)
		throw new SnapshotError("this coordinator does not lead, or began to a few seconds ago; try again in a moment");
	const files = whileLeading(folder, core, ["save"]);
	const fleet = core.fleet();
	const document = fleet.cluster?.document;
	const settings = document && snapshotSettings(document);
	if (!document || !settings || settings === "none")
		throw new SnapshotError("the cluster document asks for none (etcd.snapshots)");
	if (snapshotDueIn(fleet, parts.now()) === undefined)
		throw new SnapshotError("no member of etcd is known to live that could give one");
	const { givers, leaderless } = snapshotGivers(fleet);
	const etcd = await parts.connect(fleet, clientUrls(fleet, givers));
	const { member, revision: now } = await etcd.look({ leaderless });
	const { revision } = fleet.snapshots ?? NO_SNAPSHOTS;
	// What only they hold may be of another history, in which revisions say nothing.
	const before = strandedMachines(fleet).length > 0 ? undefined : revision;
	const newest = newestSnapshot(fleet);
	// Where the newest was forgotten, what is left is of an earlier state.
	if (newest && now === before && newest.revision === before && !(await isNewestGone(parts)))
		return { taken: false, snapshot: newest };
	if (before !== undefined && now < before)
		throw new SnapshotError(`${member} is behind the newest snapshot: revision ${now} after ${before}`);
	const secretsKeys = [...keysInUse(fleet)];
	const of = { revision: now, takenAt: parts.now(), cluster: document.name, secretsKeys, maxBytes: settings.room };
	const snapshot = await files.save(whileWanted(etcd.read(member), signal), of);
	const answer = await core.submit({ kind: "etcd-snapshot", snapshot });
	if (answer.kind === "ok") return { taken: true, snapshot };
	const refused = answer.kind === "problem" ? answer.problem.message : "it could not be recorded";
	return { taken: false, snapshot, refused };
}

async function* whileWanted(pieces: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
	for await (const piece of pieces) {
		if (signal.aborted) throw new SnapshotError("the coordinator stops");
		yield piece;
	}
}
