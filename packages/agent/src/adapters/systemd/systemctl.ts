import { UnitError } from "../../errors.ts";
import type { UnitState, Units } from "../../ports.ts";
import { runCommand } from "../command.ts";
import { readJournal } from "./journalctl.ts";

/** Time limits in milliseconds. */
const ASK_MS = 15_000;
const CHANGE_MS = 120_000;
/** No start takes longer, whatever it does. */
const START_MS = 7_200_000;
/** Less processor time than this between two looks that found work is none: a service that idles takes a little, too. */
const LEAST_WORK_MS = 1_000;
const STATES = ["active", "activating", "inactive", "failed"] as const;

/** How long a start may do nothing, and how often that is looked at, in milliseconds. */
const PATIENCE = { stalledMs: 120_000, lookMs: 5_000 };

/** The real systemd, over `systemctl` and `journalctl` as found in PATH. */
export function createSystemdUnits({ stalledMs, lookMs } = PATIENCE): Units {
	async function systemctl(
		action: string,
		args: readonly string[],
		timeoutMs: number,
		stop?: AbortSignal,
	): Promise<string> {
		const result = await runCommand("systemctl", ["--no-ask-password", action, ...args], timeoutMs, { stop });
		if (result.code === 0) return result.stdout;
		const output = (result.stderr || result.stdout).trim().replaceAll(/\s+/g, " ");
		throw new UnitError(
			`${args.at(-1) ?? "systemd"}: ${action} failed: ${output || `exit code ${result.code}`}`.slice(0, 900),
		);
	}

	async function state(unit: string): Promise<UnitState> {
		const text = await systemctl("show", ["-p", "ActiveState,SubState,Result,LoadState", "--", unit], ASK_MS);
		const fields = new Map(
			text.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const),
		);
		const word = fields.get("ActiveState") ?? "";
		// What reloads is running; what goes down is not a failure yet.
		const active = word === "reloading" ? "active" : (STATES.find((known) => known === word) ?? "unknown");
		const detail = `${word} (${fields.get("SubState") ?? "?"}), result ${fields.get("Result") ?? "?"}, ${fields.get("LoadState") ?? "?"}`;
		return { active, detail };
	}

	/** Starting fails at once while systemd holds a unit back for having failed too often; our retries have a backoff of their own. */
	async function begin(action: "start" | "restart", unit: string, hasFailed = false): Promise<void> {
		if (hasFailed) await systemctl("reset-failed", ["--", unit], ASK_MS);
		try {
			await whileItWorks(unit, (stop) => systemctl(action, ["--", unit], START_MS, stop));
		} catch (error) {
			const { detail } = await state(unit);
			if (!detail.includes("start-limit-hit")) throw new UnitError(`${(error as Error).message} [${detail}]`);
			await systemctl("reset-failed", ["--", unit], ASK_MS);
			await whileItWorks(unit, (stop) => systemctl(action, ["--", unit], START_MS, stop));
		}
	}

	/**
	 * Waits for a start as long as it does something: importing the images of an archive takes as long as it takes. Work is processor time
	 * of the unit and of those that it requires, since another program may do it for the unit.
	 */
	async function whileItWorks<T>(unit: string, start: (stop: AbortSignal) => Promise<T>): Promise<T> {
		const stalled = new AbortController();
		let [worked, since] = [0, performance.now()];
		const timer = setInterval(async () => {
			const work = await workOf(unit);
			if (work - worked >= LEAST_WORK_MS) [worked, since] = [work, performance.now()];
			if (performance.now() - since >= stalledMs) stalled.abort();
		}, lookMs);
		try {
			return await start(stalled.signal);
		} catch (error) {
			if (!stalled.signal.aborted) throw error;
			throw new UnitError(`${unit}: the start did nothing for ${stalledMs / 1000} s`);
		} finally {
			clearInterval(timer);
		}
	}

	/** Milliseconds of processor time that a unit and those that it requires have taken; 0 where systemd does not count it. */
	async function workOf(unit: string): Promise<number> {
		const show = async (units: readonly string[], property: string) => {
			const text = await systemctl("show", ["-p", property, "--value", "--", ...units], ASK_MS).catch(() => "");
			return text.split(/\s+/).filter((word) => word !== "");
		};
		const required = (await show([unit], "Requires")).filter((name) => name.endsWith(".service")).slice(0, 8);
		const nanoseconds = (await show([unit, ...required], "CPUUsageNSec")).map(Number);
		// "[not set]", and the largest number there is, stand for none.
		return nanoseconds.filter((value) => value < 2 ** 63).reduce((sum, value) => sum + value / 1e6, 0);
	}

	return {
		reload: async () => void (await systemctl("daemon-reload", [], CHANGE_MS)),
		start: (unit, hasFailed) => begin("start", unit, hasFailed),
		restart: (unit, hasFailed) => begin("restart", unit, hasFailed),
		stop: async (unit) => void (await systemctl("stop", ["--", unit], CHANGE_MS)),
		state,
		logs: readJournal,
		reboot: async () => void (await systemctl("reboot", [], ASK_MS)),
	};
}
