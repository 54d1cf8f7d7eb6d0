import { rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { type Event, systemReason } from "@rollcall/protocol";
import type { Api } from "../api/client.ts";
import { followEvents } from "../api/event-stream.ts";
import { supportFiles } from "../api/support.ts";
import { Failure } from "../errors.ts";
import { newPrivateFile } from "../files/new-file.ts";
import { type AddCommand, printJson, type Session } from "../session.ts";
import { tell } from "../terminal.ts";
import { redacted } from "../text/redacted.ts";

const MOST_EVENTS = 5000;
const MOST_FILE_BYTES = 8 * 2 ** 20;
const AFTER = `
One archive with versions, the cluster document without its secrets, what is known of the fleet and of each machine that is not well,
boots, certificates' ends, metrics, the newest events, and the end of journals. Files that others may not read are digests, and what
looks like a key, a token or a password is left out of everything: it is safe to send. Look at it before you do.

Examples:
  rollcall support-bundle
  rollcall support-bundle --out lab.tar.gz`;

/** `rollcall support-bundle`. */
export const addSupportBundle: AddCommand = (program, run) => {
	program
		.command("support-bundle")
		.description("one archive for whoever helps you, without secrets")
		.option("--out <file>", "where to write it (default: rollcall-support-DATE.tar.gz)")
		.addHelpText("after", AFTER)
		.action((options: { out?: string }, command) => run(command, (session) => bundle(session, options.out)));
};

async function bundle(session: Session, asked: string | undefined): Promise<undefined> {
	const now = new Date(session.now()).toISOString();
	const out = asked ?? `rollcall-support-${now.slice(0, 19).replaceAll(":", "")}.tar.gz`;
	const api = await session.connect();
	const [{ default: tar }, { createGzip }] = await Promise.all([import("tar-stream"), import("node:zlib")]);
	// Opened before anything is asked for: what cannot be written should not be gathered.
	const file = await newPrivateFile(out);
	const archive = tar.pack();
	const written = pipeline(archive, createGzip(), file.createWriteStream());
	written.catch(() => undefined);
	const names: string[] = [];
	const add = (name: string, text: string) => {
		archive.entry({ name: `rollcall-support/${name}`, mtime: new Date(now) }, redacted(text.slice(-MOST_FILE_BYTES)));
		names.push(name);
	};
	try {
		add("about.json", JSON.stringify({ madeAt: now, server: api.connection.server, node: process.version }, null, 1));
		for await (const { name, text } of supportFiles(api)) add(name, text);
		add("events.jsonl", await newestEvents(api));
		archive.finalize();
		await written;
	} catch (error) {
		archive.destroy();
		const full = await written.then(() => undefined, systemError);
		await rm(out, { force: true });
		if (!full) throw error;
		throw new Failure(`${out}: ${systemReason(full)}`, { next: "make room there, or name another file with --out" });
	}
	if (session.json) printJson(session, { file: out, files: names });
	else tell(session.out, `${out}: ${names.length} files, without secrets; look at it before you send it`);
	return undefined;
}

/** What the system refused, not what ended because of it. */
function systemError(error: NodeJS.ErrnoException): Error | undefined {
	return error.syscall === undefined ? undefined : error;
}

/** The newest events, a line of JSON each. */
async function newestEvents(api: Api): Promise<string> {
	const { seq } = (await api.status()).value;
	const done = new AbortController();
	const lines: string[] = [];
	await followEvents(api.connection, {
		after: Math.max(0, seq - MOST_EVENTS),
		signal: AbortSignal.any([done.signal, AbortSignal.timeout(60_000)]),
		onFrame: (frame) => {
			if (frame.kind === "caught-up") done.abort();
			else lines.push(lineOf(frame));
		},
	});
	return `${lines.join("\n")}\n`;
}

function lineOf({ event, text }: { readonly event: Event; readonly text: string }): string {
	return JSON.stringify({ ...event, at: new Date(event.at).toISOString(), text });
}
