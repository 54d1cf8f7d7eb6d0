import { TIME_PATHS, type TimeService } from "@rollcall/protocol";
import type { Source } from "./read-text.ts";

const PROGRAM_FOLDERS = ["/usr/sbin", "/sbin", "/usr/local/sbin"];
/** Debian's and Fedora's (chronyd(8), `-f`). */
const CHRONY_FILES = ["/etc/chrony/chrony.conf", "/etc/chrony.conf"];
const SYSTEMD_FOLDERS = ["/usr/lib/systemd", "/lib/systemd"];
const UNIT_FOLDERS = ["/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];
const TIMESYNCD = { kind: "timesyncd", unit: "systemd-timesyncd.service", path: TIME_PATHS[2] } as const;

/** What sets the machine's clock: chrony where that is there and reads sources from a folder that is known, else systemd-timesyncd. */
export function readTimeService(source: Source): TimeService | undefined {
	const has = (folders: readonly string[], name: string) => folders.some((one) => source.names(one).includes(name));
	if (!has(PROGRAM_FOLDERS, "chronyd")) return has(SYSTEMD_FOLDERS, "systemd-timesyncd") ? TIMESYNCD : undefined;
	const folders = sourceFolders(source);
	const path = TIME_PATHS.find((one) => folders.has(one.slice(0, one.lastIndexOf("/"))));
	const unit = has(UNIT_FOLDERS, "chrony.service") ? "chrony.service" : "chronyd.service";
	return path && { kind: "chrony", unit, path };
}

/** The folders from which chrony reads sources (chrony.conf(5), `sourcedir`). */
function sourceFolders(source: Source): ReadonlySet<string> {
	const lines = CHRONY_FILES.flatMap((path) => (source.text(path) ?? "").split("\n"));
	return new Set(
		lines.flatMap((line) => {
			const [word = "", ...folders] = line.trim().split(/\s+/);
			return word.toLowerCase() === "sourcedir" ? folders.map((one) => one.replace(/\/+$/, "")) : [];
		}),
	);
}
