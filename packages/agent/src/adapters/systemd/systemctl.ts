import { UnitError, type UnitState, type Units } from "../../ports.ts";
import { runCommand } from "./command.ts";
import { readJournal } from "./journalctl.ts";

/** Time limits in milliseconds. Starting waits for a unit's own start timeout, 90 s by systemd's default. */
const ASK_MS = 15_000;
const CHANGE_MS = 120_000;
const STATES = ["active", "activating", "inactive", "failed"] as const;

/** The real systemd, over `systemctl` and `journalctl` as found in PATH. */
export function createSystemdUnits(): Units {
	async function systemctl(action: string, args: readonly string[], timeoutMs: number): Promise<string> {
		const result = await runCommand("systemctl", ["--no-ask-password", action, ...args], timeoutMs);
		if (result.code === 0) return result.stdout;
		const said = (result.stderr || result.stdout).trim().replaceAll(/\s+/g, " ");
		throw new UnitError(
			`${args.at(-1) ?? "systemd"}: ${action} failed: ${said || `exit code ${result.code}`}`.slice(0, 900),
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
	async function begin(action: "start" | "restart", unit: string): Promise<void> {
		try {
			await systemctl(action, ["--", unit], CHANGE_MS);
		} catch (error) {
			const { detail } = await state(unit);
			if (!detail.includes("start-limit-hit")) throw new UnitError(`${(error as Error).message} [${detail}]`);
			await systemctl("reset-failed", ["--", unit], ASK_MS);
			await systemctl(action, ["--", unit], CHANGE_MS);
		}
	}

	return {
		reload: async () => void (await systemctl("daemon-reload", [], CHANGE_MS)),
		start: (unit) => begin("start", unit),
		restart: (unit) => begin("restart", unit),
		stop: async (unit) => void (await systemctl("stop", ["--", unit], CHANGE_MS)),
		state,
		logs: readJournal,
		reboot: async () => void (await systemctl("reboot", [], ASK_MS)),
	};
}
