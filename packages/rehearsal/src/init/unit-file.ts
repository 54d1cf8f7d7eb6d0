import { ownValue } from "@rollcall/protocol";
import { CommandLineError, parseCommand, splitWords, type UnitCommand } from "./command-line.ts";

/** What a unit file asks for, as far as it is rehearsed. Times in milliseconds. */
export interface UnitFile {
	readonly description: string;
	readonly type: "simple" | "oneshot";
	readonly startPre: readonly UnitCommand[];
	readonly start: readonly UnitCommand[];
	/** What is run before it is ended (`ExecStop=`). */
	readonly stop: readonly UnitCommand[];
	readonly restart: "no" | "on-failure" | "always";
	readonly restartMs: number;
	readonly startLimit: { readonly burst: number; readonly intervalMs: number };
	readonly remainAfterExit: boolean;
	/** Paths of which each must be there (`ConditionPathExists=`), with a `!` before those that must not; else a start does nothing. */
	readonly conditionPaths: readonly string[];
	readonly environment: Readonly<Record<string, string>>;
	/** Paths, with a `-` before those that may be missing. */
	readonly environmentFiles: readonly string[];
	/** Units that must be started before (`Requires=`), and that should be (`Wants=`). */
	readonly requires: readonly string[];
	readonly wants: readonly string[];
}

/** A unit file that cannot be read; the message names the setting and what is wrong with it. */
class UnitFileError extends Error {
	override readonly name = "UnitFileError";
}

/** The settings of a unit file in order: `Service.ExecStart` and value. An empty value takes back what came before. */
type Setting = readonly [key: string, value: string];

/**
 * Reads a unit file and its drop-ins, in the order in which they count (systemd.unit(5), systemd.service(5)). Settings that
 * are not rehearsed (resource limits, sandboxing, ...) are passed over. Throws UnitFileError.
 */
export function parseUnitFile(texts: readonly string[]): UnitFile {
	const settings = texts.flatMap(readSettings);
	const all = (key: string): string[] => {
		const values = settings.filter(([name]) => name === key).map(([, value]) => value);
		return values.slice(values.lastIndexOf("") + 1);
	};
	const last = (key: string): string | undefined => all(key).at(-1);
	const read = <T>(key: string, how: (value: string) => T): T[] =>
		all(key).map((value) => {
			try {
				return how(value);
			} catch (error) {
				if (error instanceof CommandLineError)
					throw new UnitFileError(`${key.replace(/^.*\./, "")}=: ${error.message}`);
				throw error;
			}
		});
	const [type, restart] = [last("Service.Type") ?? "simple", last("Service.Restart") ?? "no"];
	if (!["simple", "exec", "idle", "notify", "notify-reload", "oneshot"].includes(type))
		throw new UnitFileError(`Type=${type} is not rehearsed; simple, exec, notify and oneshot are`);
	const interval =
		last("Unit.StartLimitIntervalSec") ?? last("Unit.StartLimitInterval") ?? last("Service.StartLimitInterval");
	const start = read("Service.ExecStart", parseCommand);
	if (start.length === 0) throw new UnitFileError("the service has no ExecStart=");
	if (start.length > 1 && type !== "oneshot")
		throw new UnitFileError("more than one ExecStart= is for Type=oneshot only");
	return {
		description: last("Unit.Description") ?? "",
		type: type === "oneshot" ? "oneshot" : "simple",
		startPre: read("Service.ExecStartPre", parseCommand),
		start,
		stop: read("Service.ExecStop", parseCommand),
		restart: restart === "no" || restart === "on-success" ? "no" : restart === "always" ? "always" : "on-failure",
		restartMs: parseSpan(last("Service.RestartSec") ?? "100ms"),
		startLimit: {
			burst: Number(last("Unit.StartLimitBurst") ?? "5"),
			intervalMs: interval === undefined ? 10_000 : parseSpan(interval),
		},
		remainAfterExit: /^(?:1|yes|true|on)$/i.test(last("Service.RemainAfterExit") ?? "no"),
		conditionPaths: all("Unit.ConditionPathExists"),
		environment: Object.fromEntries(
			read("Service.Environment", splitWords)
				.flat()
				.map((word): [string, string] => [word.split("=", 1)[0] ?? "", word.slice(word.indexOf("=") + 1)]),
		),
		environmentFiles: all("Service.EnvironmentFile"),
		requires: [...all("Unit.Requires"), ...all("Unit.BindsTo")].flatMap((value) => value.split(/\s+/)),
		wants: all("Unit.Wants").flatMap((value) => value.split(/\s+/)),
	};
}

/** Reads a time span (systemd.time(7)): `5`, `100ms`, `1min 30s`, `infinity`. Returns milliseconds. Throws UnitFileError. */
export function parseSpan(text: string): number {
	if (text.trim() === "infinity") return Number.POSITIVE_INFINITY;
	const units: Record<string, number> = { ms: 1, "": 1000, s: 1000, sec: 1000, m: 60_000, min: 60_000, h: 3_600_000 };
	const parts = [...text.trim().matchAll(/\s*(\d+(?:\.\d+)?)\s*([a-z]*)/gy)];
	const length = parts.reduce((sum, [part]) => sum + part.length, 0);
	if (parts.length === 0 || length !== text.trim().length)
		throw new UnitFileError(`"${text}" is not a time span, like 5s`);
	return parts.reduce((sum, [, count, unit = ""]) => {
		const factor = ownValue(units, unit);
		if (factor === undefined) throw new UnitFileError(`"${text}" is not a time span, like 5s`);
		return sum + Number(count) * factor;
	}, 0);
}

/** Lines of an INI-like file: comments begin with `#` or `;`, a backslash at the end of a line continues it. */
function readSettings(text: string): Setting[] {
	const settings: Setting[] = [];
	let section = "";
	const lines = text.replaceAll(/\\\n(?:[ \t]*[#;].*\n)*/g, " ").split("\n");
	for (const line of lines.map((line) => line.trim())) {
		if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
		const header = /^\[([^\]]+)\]$/.exec(line)?.[1];
		const at = line.indexOf("=");
		if (header !== undefined) section = header;
		else if (at < 1) throw new UnitFileError(`"${line.slice(0, 80)}" is neither a section nor a setting`);
		else settings.push([`${section}.${line.slice(0, at).trim()}`, line.slice(at + 1).trim()]);
	}
	return settings;
}
