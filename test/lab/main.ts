import { setTimeout as delay } from "node:timers/promises";
import { LabUnavailable } from "./image/debian.ts";
import { readKeys } from "./keys.ts";
import { type Lab, openLab } from "./lab.ts";
import type { LabMachine } from "./machine.ts";
import { LAB_USAGE, type LabOptions, readLabOptions, UsageError } from "./options.ts";
import { notReady } from "./progress.ts";
import { createScope, type OwnScope } from "./scope.ts";
import { followConsole, type Shown, showFleet, toCoordinator } from "./show.ts";

const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;
const LOOK_EVERY_MS = 500;

const say = (text: string): void => void process.stderr.write(`lab: ${text}\n`);

/** Runs the lab's command. Returns its exit code. */
async function main(words: readonly string[]): Promise<number> {
	let options: LabOptions | undefined;
	try {
		options = readLabOptions(words);
	} catch (error) {
		if (!(error instanceof UsageError)) throw error;
		process.stderr.write(`lab: ${error.message}\n\n${LAB_USAGE}`);
		return EXIT.usage;
	}
	if (!options) {
		process.stdout.write(LAB_USAGE);
		return EXIT.done;
	}
	const stop = new AbortController();
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
	const scope = createScope();
	try {
		return await runLab(options, { scope, stop });
	} catch (error) {
		if (stop.signal.aborted) return EXIT.interrupted;
		if (!(error instanceof LabUnavailable)) throw error;
		say(error.message);
		return EXIT.failed;
	} finally {
		await scope.end();
	}
}

async function runLab(
	options: LabOptions,
	{ scope, stop }: { scope: OwnScope; stop: AbortController },
): Promise<number> {
	const { acceleration, memoryMiB, nodes, until, timeoutMs } = options;
	const lab = await openLab(scope, { say, ...(acceleration && { acceleration }), ...(memoryMiB && { memoryMiB }) });
	const machines = Array.from({ length: nodes }, (_, index) => lab.machine(index + 1));
	say(`consoles lie in ${lab.folder}; in another terminal: npx rollcall boots ${toCoordinator(lab).join(" ")}`);
	const begun = performance.now();
	for (const machine of machines) if (!stop.signal.aborted) machine.powerOn();
	await showAll({ lab, machines, options, scope, stop });
	let reasons: string[] = [];
	while (!stop.signal.aborted) {
		// Nobody switches one on again: all of them will not get ready any more.
		const over = until ? !machines.every(({ hasPower }) => hasPower) : !machines.some(({ hasPower }) => hasPower);
		reasons = until || over ? await notReady(lab, machines) : [];
		const seconds = (performance.now() - begun) / 1000;
		if (until && reasons.length === 0) {
			await scope.end();
			say(`${nodes} of ${nodes} machines ready after ${seconds.toFixed(1)} s`);
			return EXIT.done;
		}
		if (over || (until && seconds * 1000 > timeoutMs)) {
			await scope.end();
			for (const reason of reasons) say(reason);
			say(`${nodes - reasons.length} of ${nodes} machines ready after ${seconds.toFixed(0)} s`);
			return EXIT.failed;
		}
		await delay(LOOK_EVERY_MS, undefined, { signal: stop.signal }).catch(() => {});
	}
	for (const reason of reasons) say(reason);
	return until ? EXIT.interrupted : EXIT.done;
}

interface Screen {
	readonly lab: Lab;
	readonly machines: readonly LabMachine[];
	readonly options: LabOptions;
	readonly scope: OwnScope;
	readonly stop: AbortController;
}

/** Shows the fleet and the consoles that were asked for; in a terminal, keys change between them. */
async function showAll({ lab, machines, options, scope, stop }: Screen): Promise<void> {
	const terminal = process.stdin.isTTY && process.stdout.isTTY && options.consoles.length === 0;
	let shown: Shown = showFleet(lab, terminal);
	scope.teardown(() => shown.close());
	for (const machine of machines.filter(({ name }) => options.consoles.includes(name))) {
		const one = followConsole(machine, process.stdout, { prefix: `${machine.name} | ` });
		scope.teardown(() => one.close());
	}
	if (!terminal) return;
	say("keys: 1 to 9 show the console of that machine, 0 the fleet, q ends everything");
	let turn = Promise.resolve();
	const change = async (number: number): Promise<void> => {
		const machine = machines[number - 1];
		if (number > 0 && !machine) return;
		await shown.close();
		shown = machine ? followConsole(machine, process.stdout) : showFleet(lab, true);
	};
	scope.teardown(
		readKeys(process.stdin, (key) => {
			if (key.kind === "end") return stop.abort();
			turn = turn.then(() => change(key.number));
		}),
	);
}

process.exitCode = await main(process.argv.slice(2));
