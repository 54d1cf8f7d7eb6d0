import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { MachineView } from "@rollcall/protocol";
import type { TestMachine } from "../../support/machine.ts";
import type { Place } from "./network.ts";

/** A machine that boots again by itself when it is told to reboot. */
export interface Seat {
	readonly name: string;
	readonly place: Place;
	machine: TestMachine;
	/** Cuts its power, waits, and boots it anew. */
	cut(seconds: number): Promise<void>;
}

/** A machine that holds a seat of etcd, and its place. */
export interface Held {
	readonly view: MachineView;
	readonly seat: Seat;
}

/** The boot that a machine's root says it is; empty while it is off. */
export function bootOf({ root }: TestMachine): string {
	const file = join(root, "proc/sys/kernel/random/boot_id");
	return existsSync(file) ? readFileSync(file, "utf8").trim() : "";
}
