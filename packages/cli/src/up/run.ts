import { access } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MachineView, Trouble } from "@rollcall/protocol";
import { declareCluster } from "../api/declare-cluster.ts";
import { readDocumentFile } from "../api/document-file.ts";
import { Failure } from "../errors.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { feedFleet } from "../live/fleet-feed.ts";
import { PROGRAM_ROOT } from "../program-root.ts";
import { printLines, type Session, widthFor } from "../session.ts";
import { say } from "../terminal.ts";
import { durationText } from "../text/duration.ts";
import { machineTable } from "../views/machine-table.ts";
import { freePort, pickLoopbacks } from "./addresses.ts";
import { allAnswer } from "./answering.ts";
import { startCoordinator } from "./coordinator.ts";
import { allReady, missingReasons, ownMachines } from "./expected-machines.ts";
import { makeFolders, removeFolder, type UpFolders, writeCoordinatorConfig } from "./folders.ts";
import { claimFolder, removeLeftovers } from "./leftovers.ts";
import { offerContext } from "./operator-context.ts";
import { PowerSwitches } from "./power-switch.ts";
import { AGENT_BINARY, REHEARSAL_SCRIPT, runRehearsalMachine } from "./rehearsal-machine.ts";
import { openReporter } from "./reporter.ts";
import { checkPort } from "./taken-port.ts";

/** The cluster document that is declared when none is named. */
const REHEARSAL_DOCUMENT = join(PROGRAM_ROOT, "deploy/examples/rehearsal.yaml");

/** What `rollcall up` was told. */
export interface UpOptions {
	readonly machines: number;
	readonly untilReady: boolean;
	readonly timeoutSeconds: number;
	/** Absent: the example, unless the coordinator of `data` knows a document already. */
	readonly file?: string | undefined;
	readonly data?: string | undefined;
	readonly keep: boolean;
	readonly port?: number | undefined;
	/** Bytes of RAM per machine. */
	readonly memory?: number | undefined;
}

/** Things to undo at the end, last first. One that fails is told and does not keep the others. */
type Undo = { readonly what: string; readonly act: () => Promise<void> }[];

/** `rollcall up`: everything starts, is shown, and ends again. `stop` is aborted by Ctrl-C. */
export async function runUp(session: Session, options: UpOptions, stop: AbortSignal): Promise<ExitCode> {
	const undo: Undo = [];
	try {
		return await start(session, options, { stop, undo });
	} finally {
		for (const { what, act } of undo.toReversed()) {
			await act().catch((error: Error) => say(session.err, `rollcall: ${what}: ${error.message}`));
		}
	}
}

interface Life {
	readonly stop: AbortSignal;
	readonly undo: Undo;
}

async function start(session: Session, options: UpOptions, { stop, undo }: Life): Promise<ExitCode> {
	const begin = performance.now();
	const text = await readDocumentFile(options.file ?? REHEARSAL_DOCUMENT);
	await checkAgent();
	const names = Array.from({ length: options.machines }, (_, index) => `rehearsal-${index + 1}`);
	const loopbacks = await pickLoopbacks(names.length, Math.random);
	if (!loopbacks) throw new Failure("no free block of loopback addresses was found", { next: "end another rehearsal" });

	if (options.port !== undefined) await checkPort(options.port);
	const gone = await removeLeftovers(tmpdir());
	if (gone > 0)
		say(session.err, `rollcall: removed ${gone === 1 ? "a folder" : `${gone} folders`} of runs that were killed`);
	const folders = await makeFolders(options.data);
	if (options.data === undefined && !options.keep) {
		await claimFolder(folders.base);
		undo.push({ what: `removing ${folders.base}`, act: () => removeFolder(folders.base) });
	}
	await writeCoordinatorConfig(folders, { http: options.port ?? (await freePort()), nats: await freePort() });
	const coordinator = await startCoordinator(folders, stop);
	undo.push({ what: "ending the coordinator", act: () => coordinator.stop() });
	const { api } = coordinator;
	if (options.file !== undefined || (await api.status()).value.cluster === undefined) await declareCluster(api, text);
	const context = await offerContext(api.connection, session.env);
	undo.push({ what: `taking the coordinator out of ${context.path}`, act: context.withdraw });

	const reporter = openReporter(session, {
		title: `REHEARSAL: ${names.length} rehearsal machines on this computer, coordinator at ${api.connection.server}`,
		footer: footer(options, folders, context),
		expected: names.length,
	});
	const ending = new AbortController();
	const signal = AbortSignal.any([stop, ending.signal]);
	const switches = new PowerSwitches((await api.status()).value.seq);
	const machinesRunning = names.map((name, index) =>
		runRehearsalMachine(
			{
				...{ name, folders, api, memory: options.memory, onNotice: reporter.notice },
				loopback: loopbacks[index] ?? "",
				power: switches.of(name),
			},
			signal,
		),
	);
	undo.push({
		what: "ending the rehearsal machines",
		act: async () => {
			ending.abort();
			reporter.close();
			await Promise.all(machinesRunning);
		},
	});

	let machines: readonly MachineView[] = [];
	let trouble: readonly Trouble[] = [];
	const isWell = () => allReady(machines, names) && trouble.length === 0;
	let readyAfter: number | undefined;
	let confirming = false;
	const timer = options.untilReady ? setTimeout(() => ending.abort(), options.timeoutSeconds * 1000) : undefined;
	undo.push({ what: "the timer", act: async () => clearTimeout(timer) });
	await Promise.all([
		coordinator.supervise(signal, reporter.notice),
		feedFleet(api, {
			after: 0,
			signal,
			patient: true,
			onFleet: (all, found) => {
				machines = all;
				trouble = found;
				switches.see(ownMachines(all, names));
				reporter.fleet(all, found);
				if (options.untilReady && !confirming && isWell()) {
					confirming = true;
					void allAnswer(api, ownMachines(all, names), signal).then((answered) => {
						confirming = false;
						if (!answered || !isWell()) return;
						readyAfter = performance.now() - begin;
						ending.abort();
					});
				}
			},
			onEvent: (event, text) => {
				reporter.event(event, text);
				switches.hear(event);
			},
			onLost: (reason) => reporter.notice(`the event stream was interrupted (${reason}); trying again`),
			onBack: () => reporter.notice(undefined),
		}),
	]).catch((error: unknown) => {
		reporter.close();
		throw error;
	});
	reporter.close();
	if (readyAfter !== undefined) return tellReady(session, ownMachines(machines, names), readyAfter);
	if (stop.aborted) {
		say(session.err, "rollcall: ending the rehearsal machines and the coordinator");
		return options.untilReady ? EXIT.interrupted : EXIT.ok;
	}
	const ready = ownMachines(machines, names).filter((machine) => machine.phase === "ready").length;
	const after = `${ready} of ${names.length} rehearsal machines ready after ${options.timeoutSeconds} s`;
	const isShort = ready === names.length && trouble.some(({ kind }) => kind === "empty-seat");
	throw new Failure(ready === names.length ? `the fleet is not well, with ${after}` : after, {
		exit: EXIT.timeout,
		details: [...trouble.map(({ text }) => text), ...(await missingReasons(machines, names, folders))],
		next: isShort
			? "run it again with more --machines, or declare fewer seats"
			: "run it again with --keep to look at the logs, or with a longer --timeout",
	});
}

async function checkAgent(): Promise<void> {
	for (const file of [AGENT_BINARY, REHEARSAL_SCRIPT]) {
		await access(file).catch(() => {
			throw new Failure(`the agent or its rehearsal is not built: ${file} is not there`, {
				next: "npm run bundle builds both",
			});
		});
	}
}

function footer(options: UpOptions, folders: UpFolders, context: { name: string; inUse: boolean }): string[] {
	const kept = options.data !== undefined || options.keep ? [`Everything is kept in ${folders.base}.`] : [];
	// npm starts us from a checkout, where `rollcall` is on nobody's PATH.
	const command = process.env.npm_command === undefined ? "rollcall" : "npx rollcall";
	const asked = context.inUse ? command : `${command} --context ${context.name}`;
	return [
		`In a second terminal: ${asked} machines; and so watch, why MACHINE, logs MACHINE, help`,
		...kept,
		"Ctrl-C ends all of it.",
	];
}

function tellReady(session: Session, machines: readonly MachineView[], milliseconds: number): ExitCode {
	const took = milliseconds < 10_000 ? `${(milliseconds / 1000).toFixed(1)}s` : durationText(milliseconds);
	if (!session.json) {
		printLines(session, machineTable(machines, session.now(), { width: widthFor(session), paint: session.out.paint }));
	}
	const aside = session.json ? session.err : session.out;
	say(aside, `REHEARSAL: ${machines.length} of ${machines.length} rehearsal machines ready after ${took}`);
	return EXIT.ok;
}
