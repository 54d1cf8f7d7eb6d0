import type { CommandAnswer } from "@rollcall/protocol";
import { InvalidArgumentError } from "commander";
import type { Api } from "../api/client.ts";
import { sendCommand } from "../api/commands.ts";
import { followEvents } from "../api/event-stream.ts";
import { Failure } from "../errors.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type AddCommand, printJson, type Session } from "../session.ts";
import { tell } from "../terminal.ts";
import { printable } from "../text/printable.ts";
import { nameOf, titleOf } from "../views/machine-title.ts";
import { askBeforeLoss, whereSeated } from "./ask-before-loss.ts";
import { addLossOptions, inTurn, LOSS_AFTER, type LossOptions, lossQuery } from "./loss.ts";
import { stopSignal } from "./stop-signal.ts";
import { MACHINE, parseDurationIn, parseMachine } from "./values.ts";
import { waitUntilReady } from "./wait-until-ready.ts";

/** `enrolled`: the command is done. `ready`: the machine runs its target again, all of it healthy. */
type Until = "enrolled" | "ready";

const ASKS = `
On a terminal it asks first, where the machine has a seat.
`;

/** What the API takes as a deadline, in seconds. */
const DEADLINE = { least: 10, most: 7200 };

interface LongOptions extends LossOptions {
	/** How far to wait; true for as far as it makes sense. */
	readonly wait?: Until | true;
	readonly deadline: number;
	readonly yes?: boolean;
}

/** What a machine with a seat loses by it. */
const LOST = {
	reboot: "boots again: what it runs and what it holds in RAM is gone",
	reset: "stops what it runs, loses what was written, and applies its target anew; the memory of etcd stays",
} as const;

/** What `reboot` and `reset` have in common: they are recorded with a deadline, and end in done or failed. */
export function longCommand(kind: "reboot" | "reset", description: string, after: string): AddCommand {
	return (program, run) => {
		addLossOptions(program.command(kind).description(description).argument("<machine>", MACHINE, parseMachine))
			.option("-w, --wait [until]", "until it failed, or is ready again; =enrolled: only until it is done", parseUntil)
			.option("--deadline <time>", "it counts as failed when it takes longer, like 10m", parseDurationIn(DEADLINE), 600)
			.option("-y, --yes", "do not ask")
			.addHelpText("after", `${LOSS_AFTER}${ASKS}${after}`)
			.action((id: string, options: LongOptions, command) =>
				run(command, (session) => start(session, kind, { id, ...options })),
			);
	};
}

async function start(
	session: Session,
	kind: "reboot" | "reset",
	options: LongOptions & { readonly id: string },
): Promise<ExitCode | undefined> {
	const api = await session.connect();
	const id = await askBeforeLoss(session, api, { ...options, lost: whereSeated(LOST[kind]) });
	if (id === undefined) return EXIT.failed;
	// Taken before the command is sent, so that its end cannot slip by.
	const before = options.wait ? (await api.status()).value.seq : 0;
	const asked = { kind, deadlineSeconds: options.deadline };
	const { json, value } = await inTurn(session, options, () => sendCommand(api, id, asked, lossQuery(options)));
	if (!options.wait) {
		if (session.json) printJson(session, json);
		else tell(session.out, `${titleOf(value)}: ${kind} accepted; \`rollcall why ${nameOf(value)}\` shows its end`);
		return undefined;
	}
	tell(session.err, `${titleOf(value)}: ${kind} accepted, waiting for its end`);
	const exit = await waitForEnd(session, api, { kind, answer: value, before });
	if (exit !== EXIT.ok || options.wait === "enrolled") return exit;
	return waitUntilReady(session, api, value);
}

interface Awaited {
	readonly kind: string;
	readonly answer: CommandAnswer;
	readonly before: number;
}

async function waitForEnd(session: Session, api: Api, { kind, answer, before }: Awaited): Promise<ExitCode> {
	const { machineId, commandId, deadlineAt = session.now() } = answer;
	const { signal, stopped, release } = stopSignal(session);
	const done = new AbortController();
	// The coordinator ends it at its deadline. Some seconds more are for a coordinator that is away just then.
	const timer = setTimeout(() => done.abort(), Math.max(0, deadlineAt - session.now()) + 30_000);
	let outcome: { outcome: "done" | "failed"; reason: string } | undefined;
	try {
		await followEvents(api.connection, {
			after: before,
			signal: AbortSignal.any([signal, done.signal]),
			onFrame: (frame) => {
				if (frame.kind !== "event" || frame.event.type !== "command-ended") return;
				if (frame.event.machineId !== machineId || frame.event.commandId !== commandId) return;
				outcome = frame.event;
				done.abort();
			},
		});
	} finally {
		clearTimeout(timer);
		release();
	}
	if (stopped()) return EXIT.interrupted;
	if (outcome?.outcome === "done") {
		tell(session.json ? session.err : session.out, `${titleOf(answer)}: ${kind} done (${printable(outcome.reason)})`);
		return EXIT.ok;
	}
	throw new Failure(`${kind} ${outcome ? `failed: ${outcome.reason}` : "did not end by its deadline"}`, {
		machineId,
		exit: outcome ? EXIT.failed : EXIT.timeout,
		next: `rollcall why ${nameOf(answer)}`,
	});
}

function parseUntil(text: string): Until {
	if (text === "enrolled" || text === "ready") return text;
	throw new InvalidArgumentError("it is ready or enrolled, as in --wait=enrolled; the machine stands before it.");
}
