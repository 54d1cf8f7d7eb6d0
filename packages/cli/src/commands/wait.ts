import { setTimeout as delay } from "node:timers/promises";
import type { MachinePhase, MachineView } from "@rollcall/protocol";
import type { Api } from "../api/client.ts";
import { getMachine, listMachines } from "../api/machines.ts";
import { Failure, usageFailure } from "../errors.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type AddCommand, printJson, type Session } from "../session.ts";
import { say } from "../terminal.ts";
import { titleOf } from "../views/machine-title.ts";
import { stopSignal } from "./stop-signal.ts";
import { collectMachines, parseCount, parseDuration, parsePhase } from "./values.ts";

const POLL_MS = 500;

const AFTER = `
With --all there must be at least one machine, or as many as --count says. Exit code 5 when it does not come true in time,
with the reason of each machine that is not there yet.

Examples:
  rollcall wait worker-1 --for ready --timeout 5m
  rollcall wait --all --count 10 --for ready --timeout 10m`;

interface WaitOptions {
	readonly all?: boolean;
	readonly for: MachinePhase;
	readonly timeout: number;
	readonly count: number;
}

/** `rollcall wait MACHINE...`. */
export const addWait: AddCommand = (program, run) => {
	program
		.command("wait")
		.description("until machines are in a phase; for scripts")
		.argument("[machine...]", "machine ids or node names", collectMachines)
		.option("--all", "every machine that is known")
		.option("--count <number>", "with --all: at least so many", parseCount, 1)
		.option("--for <phase>", "the phase to wait for", parsePhase, "ready")
		.option("--timeout <time>", "how long, like 90s or 10m", parseDuration, 300)
		.addHelpText("after", AFTER)
		.action((ids: string[] | undefined, options: WaitOptions, command) =>
			run(command, (session) => wait(session, ids ?? [], options)),
		);
};

async function wait(session: Session, ids: readonly string[], options: WaitOptions): Promise<ExitCode> {
	if ((ids.length === 0) !== (options.all === true)) throw usageFailure("give either machines or --all");
	const api = await session.connect();
	const { signal, release } = stopSignal(session);
	const end = performance.now() + options.timeout * 1000;
	try {
		for (;;) {
			const machines = await look(api, ids);
			const missing = machines.filter((machine) => machine.phase !== options.for);
			const enough = machines.length >= (options.all ? options.count : 1);
			if (missing.length === 0 && enough) {
				if (session.json) printJson(session, { machines });
				else for (const machine of machines) say(session.out, `${titleOf(machine)}: ${machine.phase}`);
				return EXIT.ok;
			}
			if (signal.aborted) return EXIT.interrupted;
			if (performance.now() > end) throw late(missing, machines.length, options);
			await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
		}
	} finally {
		release();
	}
}

async function look(api: Api, ids: readonly string[]): Promise<readonly MachineView[]> {
	if (ids.length === 0) return (await listMachines(api)).value;
	return Promise.all(ids.map(async (id) => (await getMachine(api, id)).value.machine));
}

function late(missing: readonly MachineView[], known: number, options: WaitOptions): Failure {
	const [first] = missing;
	const few = known < options.count && options.all ? `; ${known} of ${options.count} machines are known` : "";
	return new Failure(`${missing.length} not ${options.for} after ${options.timeout} s${few}`, {
		exit: EXIT.timeout,
		details: missing.slice(0, 32).map((machine) => `${titleOf(machine)}: ${machine.phase}: ${machine.reason}`),
		next: first ? (first.next ?? `rollcall why ${first.machineId}`) : "rollcall machines",
	});
}
