import { setTimeout as delay } from "node:timers/promises";
import type { MachinePhase, MachineView, Trouble } from "@rollcall/protocol";
import type { Api } from "../api/client.ts";
import { getMachine } from "../api/machine.ts";
import { listMachines } from "../api/machines.ts";
import { Failure, usageFailure } from "../errors.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type AddCommand, printJson, type Session } from "../session.ts";
import { tell } from "../terminal.ts";
import { nameOf, titleOf } from "../views/machine-title.ts";
import { stopSignal } from "./stop-signal.ts";
import { collectMachines, MACHINE, parseCount, parseDuration, parsePhase } from "./values.ts";

const POLL_MS = 500;

const AFTER = `
With --all there must be at least one machine, or as many as --count says, and for the phase ready nothing may be wrong with the
fleet as a whole: no empty seat, no lost member, no stuck boot, and an API that answers. Exit code 5 when it does not come true in time,
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
		.argument("[machine...]", MACHINE, collectMachines)
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
			const trouble = options.all && options.for === "ready" ? (await api.status()).value.trouble : [];
			if (missing.length === 0 && enough && trouble.length === 0) {
				if (session.json) printJson(session, { machines });
				else for (const machine of machines) tell(session.out, `${titleOf(machine)}: ${machine.phase}`);
				return EXIT.ok;
			}
			if (signal.aborted) return EXIT.interrupted;
			if (performance.now() > end) throw late({ missing, trouble, known: machines.length }, options);
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

interface Lack {
	readonly missing: readonly MachineView[];
	readonly trouble: readonly Trouble[];
	readonly known: number;
}

function late({ missing, trouble, known }: Lack, options: WaitOptions): Failure {
	const [first] = missing;
	const few = known < options.count && options.all ? `; ${known} of ${options.count} machines are known` : "";
	const what = missing.length > 0 || few ? `${missing.length} not ${options.for}` : "the fleet is not well";
	return new Failure(`${what} after ${options.timeout} s${few}`, {
		exit: EXIT.timeout,
		details: [
			...trouble.map(({ text }) => text),
			...missing.slice(0, 32).map((machine) => `${titleOf(machine)}: ${machine.phase}: ${machine.reason}`),
		],
		next: trouble[0]?.next ?? (first ? (first.next ?? `rollcall why ${nameOf(first)}`) : "rollcall machines"),
	});
}
