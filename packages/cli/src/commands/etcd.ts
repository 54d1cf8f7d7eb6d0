import { EtcdView, RestoreReply, SnapshotForgotten, SnapshotReply } from "@rollcall/protocol";
import { type AddCommand, printJson, printLines, type Session, widthFor } from "../session.ts";
import { say, tell } from "../terminal.ts";
import { fieldLines } from "../views/field-list.ts";
import { shortName, snapshotTable } from "../views/snapshot-table.ts";
import { REHEARSED, tellRehearsal } from "./tell-rehearsal.ts";
import { parseBeginning, parseSnapshot } from "./values.ts";

/** A large state takes a while to come over the network. */
const TAKE_TIMEOUT_MS = 300_000;

const AFTER = `
etcd's state lies in the RAM of its machines; the coordinator takes snapshots of it (etcd.snapshots in the cluster
document). When no memory is left, after a loss of all power, etcd begins with the newest one by itself.

Examples:
  rollcall etcd
  rollcall etcd -o json
  rollcall etcd snapshot
  rollcall etcd restore none`;

const RESTORE_AFTER = `
WHAT is newest, none (etcd begins empty), or the beginning of a snapshot's name. It counts for the next time that no
memory of etcd is left, and only for that. To make that happen now, boot all machines of etcd anew.

Examples:
  rollcall etcd restore newest
  rollcall etcd restore 3f9a12c0
  rollcall etcd restore none`;

/** `rollcall etcd`, and what can be done with its snapshots. */
export const addEtcd: AddCommand = (program, run) => {
	const etcd = program
		.command("etcd")
		.description("etcd's members and snapshots, and what it begins with when no memory is left")
		.addHelpText("after", AFTER)
		.action((_options, command) => run(command, show));
	etcd
		.command("risk")
		.description("what may be lost now, in one sentence")
		.addHelpText("after", "\nExamples:\n  rollcall etcd risk")
		.action((_options, command) => run(command, risk));
	etcd
		.command("snapshot")
		.description("take a snapshot now, and wait until it is kept")
		.addHelpText("after", "\nExamples:\n  rollcall etcd snapshot")
		.action((_options, command) => run(command, take));
	etcd
		.command("restore")
		.description("choose what etcd begins with, the next time that no memory is left")
		.argument("<what>", "newest, none, or a snapshot", parseBeginning)
		.addHelpText("after", RESTORE_AFTER)
		.action((what: string, _options, command) => run(command, (session) => restore(session, what)));
	etcd
		.command("forget")
		.description("forget a snapshot and remove its file")
		.argument("<snapshot>", "the beginning of its name", parseSnapshot)
		.addHelpText("after", "\nExamples:\n  rollcall etcd forget 3f9a12c0")
		.action((name: string, _options, command) => run(command, (session) => forget(session, name)));
};

async function risk(session: Session): Promise<undefined> {
	const api = await session.connect();
	await tellRehearsal(session, api, REHEARSED);
	const { value } = await api.ask(EtcdView, { path: "/v1/etcd", subject: "etcd" });
	const text = value.risk ?? "etcd was not founded yet: there is nothing to lose";
	if (session.json) printJson(session, { risk: text });
	else tell(session.out, text);
	return undefined;
}

async function show(session: Session): Promise<undefined> {
	const api = await session.connect();
	await tellRehearsal(session, api, REHEARSED);
	const { json, value } = await api.ask(EtcdView, { path: "/v1/etcd", subject: "etcd" });
	if (session.json) {
		printJson(session, json);
		return undefined;
	}
	const options = { width: widthFor(session), paint: session.out.paint };
	printLines(session, fieldLines(fieldsOf(value), session.out.paint, widthFor(session)));
	if (value.snapshots.length > 0) printLines(session, ["", ...snapshotTable(value, session.now(), options)]);
	return undefined;
}

const NEXT: Readonly<Record<EtcdView["next"], string>> = {
	snapshot: "the snapshot that is marked",
	nothing: "nothing: it would begin empty",
	ask: "nobody can tell; say it with `rollcall etcd restore newest` or `none`",
};

function fieldsOf({ members, next, choice, restoring, trouble, declared }: EtcdView) {
	const voters = members.map(({ nodeName, votes }) => (votes ? nodeName : `${nodeName} (catching up)`));
	const every =
		declared === "none" ? "none are taken" : `every ${declared.everyMinutes} min, ${declared.keep} are kept`;
	return [
		["members", voters.length === 0 ? "none" : voters.join(", ")],
		["restoring", restoring && `snapshot ${shortName({ sha256: restoring })}, until etcd is founded`],
		["begins with", `${NEXT[next]}${choice === undefined ? "" : ", as an operator chose"}`],
		["snapshots", every],
		["trouble", trouble],
	] as const;
}

async function take(session: Session): Promise<undefined> {
	const api = await session.connect();
	await tellRehearsal(session, api, REHEARSED);
	const { json, value } = await api.ask(SnapshotReply, {
		method: "POST",
		path: "/v1/etcd/snapshots",
		body: {},
		subject: "a snapshot of etcd",
		timeoutMs: TAKE_TIMEOUT_MS,
	});
	const { taken, snapshot } = value;
	if (session.json) printJson(session, json);
	else
		say(
			session.out,
			`snapshot ${shortName(snapshot)}, revision ${snapshot.revision}${taken ? "" : ": nothing has changed since"}`,
		);
	return undefined;
}

async function restore(session: Session, what: string): Promise<undefined> {
	const api = await session.connect();
	await tellRehearsal(session, api, REHEARSED);
	const { json, value } = await api.ask(RestoreReply, {
		method: "POST",
		path: "/v1/etcd/restore",
		body: { from: what },
		subject: `etcd's next beginning (${what})`,
	});
	if (session.json) {
		printJson(session, json);
		return undefined;
	}
	const { next, snapshot, boot } = value;
	const beginning = snapshot ? `snapshot ${shortName(snapshot)} of ${snapshot.takenAt}` : NEXT[next];
	tell(session.out, `when no memory is left, etcd begins with ${beginning}`);
	if (boot.length > 0) tell(session.out, `these began otherwise, and have to boot anew first: ${boot.join(", ")}`);
	return undefined;
}

async function forget(session: Session, name: string): Promise<undefined> {
	const api = await session.connect();
	const { json, value } = await api.ask(SnapshotForgotten, {
		method: "DELETE",
		path: `/v1/etcd/snapshots/${encodeURIComponent(name)}`,
		subject: `snapshot ${name}`,
	});
	if (session.json) printJson(session, json);
	else say(session.out, `snapshot ${shortName(value)} is forgotten`);
	return undefined;
}
