import { setTimeout as delay } from "node:timers/promises";
import type { CheckView } from "@rollcall/protocol";
import { InvalidArgumentError } from "commander";
import type { ApiAnswer } from "../api/answer.ts";
import { beginCheck, lookAtCheck, stopCheck } from "../api/check.ts";
import type { Api } from "../api/client.ts";
import { Failure } from "../errors.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { statusLine } from "../live/status-line.ts";
import { type AddCommand, printJson, type Session } from "../session.ts";
import { tell } from "../terminal.ts";
import { findingLine } from "../views/finding-line.ts";
import { addCheckImage } from "./check-image.ts";
import { stopSignal } from "./stop-signal.ts";
import { tellRehearsal } from "./tell-rehearsal.ts";
import { parseDurationIn } from "./values.ts";

const LOOK_EVERY_MS = 500;
/** A coordinator that is away for so long is given up. It ends the check by itself then. */
const PATIENCE_MS = 30_000;

const AFTER = `
The coordinator runs a small pod on every Ready node, in a namespace of its own (rollcall-check), and has them ask their way: from pod to
pod between all pairs (a sample above 20 nodes), a service, names inside and outside of the cluster, and the API by its service's
address; it asks a port of the nodes itself, writes to a volume where the cluster document declares volumes, and removes all of it. A machine
that has a seat and is no node is a finding, once two minutes or the time of --start are over. One check at a time. Ctrl-C ends it; it is cleaned up then as well. A line for each finding, with the next step; ends with 1 when something
fails. The result is an event (cluster-checked).
The pods' image is the one of images.overrides.check, else docker.io/library/busybox, over the document's mirrors. For a site without
internet \`rollcall check image\` makes an archive of it.

Examples:
  rollcall check
  rollcall check --outside intranet.example
  rollcall check --outside none --keep
  rollcall check -o json`;

interface Options {
	readonly keep?: boolean;
	readonly outside?: string;
	readonly start: number;
}

/** `rollcall check`. */
export const addCheck: AddCommand = (program, run) => {
	const check = program
		.command("check")
		.description("whether the cluster works: pods on every node ask their way")
		.option("--keep", "leave the pods, to look at them; the next check removes them")
		.option(
			"--outside <name>",
			"a name outside of the cluster that pods find; none: there is no such name",
			parseOutside,
		)
		.option(
			"--start <time>",
			"how long nodes and pods may take to start",
			parseDurationIn({ least: 5, most: 1800 }),
			180,
		)
		.addHelpText("after", AFTER)
		.action((options: Options, command) => run(command, (session) => checkCluster(session, options)));
	addCheckImage(check, run);
};

async function checkCluster(session: Session, { keep = false, outside, start }: Options): Promise<ExitCode> {
	const api = await session.connect();
	const { signal, stopped, release } = stopSignal(session);
	try {
		const wish = { keep, startSeconds: start, ...(outside && { outside: outside === "none" ? null : outside }) };
		await tellRehearsal(session, api);
		const begun = await beginCheck(api, wish);
		const { json, value } = await follow(session, api, begun, signal);
		if (session.json) printJson(session, json);
		if (value.kept) tell(session.err, `the pods are in the namespace ${value.kept}; the next check removes them`);
		if (value.outcome === "ok") return EXIT.ok;
		if (stopped()) return EXIT.interrupted;
		const failed = value.findings.filter(({ state }) => state === "fail").length;
		if (session.json) return EXIT.failed;
		throw value.outcome === "interrupted"
			? new Failure("the check was ended before its end", { next: "check again" })
			: new Failure(`the cluster does not work as a whole: ${failed === 1 ? "1 fault" : `${failed} faults`}`, {
					next: "begin with the first, and check again",
				});
	} finally {
		release();
	}
}

/** Tells what is found until it is over. On Ctrl-C the check is ended, and its end waited for. */
async function follow(
	session: Session,
	api: Api,
	begun: ApiAnswer<CheckView>,
	signal: AbortSignal,
): Promise<ApiAnswer<CheckView>> {
	const line = statusLine(session);
	let answer = begun;
	let told = 0;
	let heard = session.now();
	let stopping = false;
	for (;;) {
		const { findings, state, step } = answer.value;
		line.end();
		if (!session.json)
			for (const finding of findings.slice(told)) tell(session.out, findingLine(finding, session.out.paint));
		told = findings.length;
		if (state === "done") return answer;
		line.show(state === "stopping" ? `ending: ${step}` : step);
		await delay(LOOK_EVERY_MS, undefined, stopping ? {} : { signal }).catch(() => undefined);
		try {
			if (signal.aborted && !stopping) {
				stopping = true;
				line.end();
				tell(session.err, "ending the check; its pods are removed");
				answer = await stopCheck(api);
			} else answer = await lookAtCheck(api);
			if (answer.value.checkId !== begun.value.checkId)
				throw new Failure("another check runs now", { next: "check again" });
			heard = session.now();
		} catch (error) {
			const away = error instanceof Failure && (error.exit === EXIT.unreachable || error.exit === EXIT.timeout);
			if (!away || session.now() - heard > PATIENCE_MS) throw error;
		}
	}
}

/** `none` stays a word here: commander takes no null. */
function parseOutside(text: string): string {
	if (/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(text) && /[a-z]/.test(text)) return text;
	throw new InvalidArgumentError("it is a DNS name in small letters, or none.");
}
