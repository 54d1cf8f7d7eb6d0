import type { UnitState } from "@rollcall/agent";
import { messageOf, serial } from "@rollcall/protocol";
import { expandWords, type UnitCommand } from "./command-line.ts";
import { programOf, type RunningCommand } from "./commands.ts";
import type { UnitFile } from "./unit-file.ts";

/** What a unit needs of its machine. */
export interface UnitSurroundings {
	/** Starts one command of the unit. */
	startCommand(words: readonly string[], environment: Readonly<Record<string, string>>): Promise<RunningCommand>;
	/** The variables of the unit's `EnvironmentFile=`s. Throws when one is missing. */
	readEnvironment(paths: readonly string[]): Promise<Record<string, string>>;
	/** Whether a path of the machine is there. */
	exists(path: string): boolean;
	/** The last line that the unit wrote. */
	lastLine(): string | undefined;
	log(line: string): void;
}

/** A service unit: at most one run at a time, one call after the other. */
export interface Unit {
	/** What its file said when it was read last. Counts from the next start on. */
	file: UnitFile;
	/** Starts it unless it runs. Resolves when it runs (oneshot: when it is done). Throws an Error in systemd's words. */
	start(): Promise<void>;
	/** Ends it. A failed unit stays failed, as with systemd. */
	stop(): Promise<void>;
	state(): UnitState;
}

/** A process that ended like this did as it was told: exit code 0, or SIGHUP, SIGINT, SIGPIPE, SIGTERM (systemd.service(5)). */
const CLEAN = new Set([0, 129, 130, 141, 143]);

/** How long a command of `ExecStop=` may take; shorter than systemd's 90 s, since whoever ends a rehearsal waits for it. */
const STOP_COMMAND_MS = 10_000;

/** A unit that does not run. */
export function createUnit(name: string, first: UnitFile, machine: UnitSurroundings): Unit {
	let state: UnitState = { active: "inactive", detail: "inactive (dead)" };
	let running: RunningCommand | undefined;
	let stopping = false;
	let restart: NodeJS.Timeout | undefined;
	let starts: number[] = [];
	const inTurn = serial();
	const become = (active: UnitState["active"], sub: string): void => {
		state = { active, detail: `${active} (${sub})` };
	};
	/** Notes a failure, and returns it with the last words of the unit. */
	const fail = (words: string, again: boolean): string => {
		const line = machine.lastLine();
		const full = `${words}${line === undefined ? "" : `; last line: ${line}`}`;
		become("failed", full);
		machine.log(`${name}: failed, ${words}`);
		if (again) startAgain();
		return full;
	};
	const startAgain = (): void => {
		if (stopping) return;
		state = { active: "activating", detail: `activating (auto-restart); before: ${state.detail}` };
		restart = setTimeout(() => {
			inTurn(run).catch(() => {});
		}, unit.file.restartMs);
	};
	/** Runs one command to its end. Throws when its exit code counts as failure. */
	const finish = async (command: UnitCommand, environment: Record<string, string>): Promise<void> => {
		if (stopping) throw new Error(`Job for ${name} canceled.`);
		running = await machine.startCommand(expandWords(command.words, environment), environment);
		const code = await running.ended;
		running = undefined;
		if (code === 0 || command.ignoreFailure) return;
		const words = fail(`exit code ${code} of ${programOf(command.words)}`, unit.file.restart !== "no");
		throw new Error(`Job for ${name} failed: ${words}`);
	};
	const limitStarts = (): void => {
		const { burst, intervalMs } = unit.file.startLimit;
		if (burst === 0 || intervalMs === 0) return;
		const now = performance.now();
		starts = starts.filter((at) => now - at < intervalMs).slice(-burst);
		if (starts.length >= burst) {
			const words = fail(`start-limit-hit: ${burst} starts within ${intervalMs / 1000} s`, false);
			throw new Error(`Job for ${name} failed: start request repeated too quickly: ${words}`);
		}
		starts.push(now);
	};
	const run = async (): Promise<void> => {
		clearTimeout(restart);
		if (state.active === "active" || stopping) return;
		const unmet = unit.file.conditionPaths.find(
			(path) => machine.exists(path.replace(/^!/, "")) === path.startsWith("!"),
		);
		if (unmet !== undefined) return machine.log(`${name}: skipped, unmet condition ConditionPathExists=${unmet}`);
		limitStarts();
		const { file } = unit;
		become("activating", "start");
		const environment = { ...file.environment, ...(await environmentOf(file)) };
		for (const command of file.startPre) await finish(command, environment);
		if (file.type === "oneshot") {
			for (const command of file.start) await finish(command, environment);
			if (file.remainAfterExit) become("active", "exited");
			else become("inactive", "dead");
			return;
		}
		const [command] = file.start;
		const main = await machine.startCommand(expandWords(command?.words ?? [], environment), environment);
		running = main;
		become("active", `running, ${main.detail}`);
		void main.ended.then((code) => {
			if (running !== main) return;
			running = undefined;
			if (CLEAN.has(code) || command?.ignoreFailure) {
				if (file.remainAfterExit) return become("active", "exited");
				become("inactive", `dead, exit code ${code}`);
				if (file.restart === "always") startAgain();
			} else fail(`exit code ${code} of ${programOf(command?.words ?? [])}`, file.restart !== "no");
		});
	};
	const environmentOf = async (file: UnitFile): Promise<Record<string, string>> => {
		try {
			return await machine.readEnvironment(file.environmentFiles);
		} catch (error) {
			const words = fail(messageOf(error), false);
			throw new Error(`Job for ${name} failed: ${words}`);
		}
	};
	/** Runs what is to be run before the end. Nothing of it can fail the stop, as with systemd. */
	const runStopCommands = async (): Promise<void> => {
		const { environment, stop } = unit.file;
		for (const { words } of stop) {
			const command = await machine.startCommand(expandWords(words, environment), environment);
			const late = setTimeout(() => void command.stop(), STOP_COMMAND_MS);
			const code = await command.ended;
			clearTimeout(late);
			if (code !== 0) machine.log(`${name}: exit code ${code} of ${programOf(words)}, while it was stopped`);
		}
	};
	const end = async (): Promise<void> => {
		clearTimeout(restart);
		if (state.active === "active") await runStopCommands();
		const main = running;
		running = undefined;
		await main?.stop();
		if (state.active !== "failed") become("inactive", "dead");
		stopping = false;
	};
	const unit: Unit = {
		file: first,
		start: () => inTurn(run),
		stop() {
			stopping = true;
			// A command that must end before the unit counts as started would keep all others waiting.
			if (state.active === "activating") void running?.stop();
			return inTurn(end);
		},
		state: () => state,
	};
	return unit;
}
