import { existsSync } from "node:fs";

/** setpriv(1) of util-linux, which sets the signal that a process gets when its parent is gone (PR_SET_PDEATHSIG). */
const SETPRIV = "/usr/bin/setpriv";

/**
 * What a program gets when the process that started it is gone. With `TERM` it can end its own children; `KILL` also ends one that was
 * stopped, and is for those whose children end by themselves.
 */
export type LastSignal = "KILL" | "TERM";

/**
 * A program and its arguments for `spawn`, such that it does not outlive this process, however that ends. Its pid is the program's own. As they are
 * where there is no setpriv.
 */
export function tied(program: string, args: readonly string[], last: LastSignal = "TERM"): [string, string[]] {
	if (!existsSync(SETPRIV)) return [program, [...args]];
	return [SETPRIV, ["--pdeathsig", last, "--", program, ...args]];
}
