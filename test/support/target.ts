import { existsSync, lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Target } from "@rollcall/protocol";
import type { TestMachine } from "./machine.ts";

/** The configuration of a node's balancer. */
export const BALANCER_CONFIG = "/etc/kubernetes/balancer/haproxy.cfg";

/** What the machine's agent keeps as its last good target. Undefined before the first one. */
export function targetOf(machine: TestMachine): Target | undefined {
	const file = join(machine.root, "run/rollcall/state/good.json");
	if (!existsSync(file)) return undefined;
	return Target.parse((JSON.parse(readFileSync(file, "utf8")) as { target: unknown }).target);
}

/** The files of that target by path, each with what becomes another when it is written again. */
export function writtenFiles(machine: TestMachine): ReadonlyMap<string, string> {
	const files = targetOf(machine)?.content.files ?? [];
	return new Map(
		files.map(({ path }) => {
			const { ino, mtimeMs } = lstatSync(join(machine.root, path));
			return [path, `${ino} ${mtimeMs}`];
		}),
	);
}

/** The paths that were written, came or went since `before`. */
export function writtenSince(machine: TestMachine, before: ReadonlyMap<string, string>): string[] {
	const now = writtenFiles(machine);
	return [...new Set([...before.keys(), ...now.keys()])].filter((path) => before.get(path) !== now.get(path));
}
