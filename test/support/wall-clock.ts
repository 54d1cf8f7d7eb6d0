import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownFolder, type Scope } from "@rollcall/test-support/own-folder";
import { debianFolders, debianPackages, type Part } from "@rollcall/test-support/part";

const LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
const installed = existsSync(LIBRARY);

/** What tests need that set the clock of processes: Debian's libfaketime. */
export const FAKETIME: Part = installed ? { missing: undefined } : await debianPackages(["libfaketime"]);
const library =
	installed || FAKETIME.missing ? LIBRARY : join((await debianFolders(["libfaketime"]))[0] ?? "", LIBRARY);

/** The wall clock of some processes, which the test sets. */
export interface WallClock {
	/** An offset (`-21d`, `+2h`), as faketime(1) takes it; `+0` is right. */
	set(offset: string): void;
	/** What the processes get. Their monotonic clock stays what it is. */
	readonly environment: Readonly<Record<string, string>>;
}

export function wallClock(t: Scope, offset: string): WallClock {
	const file = join(ownFolder(t), "offset");
	const set = (to: string) => writeFileSync(file, `${to}\n`);
	set(offset);
	return {
		set,
		environment: {
			LD_PRELOAD: library,
			FAKETIME_TIMESTAMP_FILE: file,
			FAKETIME_NO_CACHE: "1",
			DONT_FAKE_MONOTONIC: "1",
		},
	};
}
